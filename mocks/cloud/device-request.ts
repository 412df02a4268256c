import type { CloudRequest } from "./http.js";
import { asObject, canonicalMac } from "./text.js";

/** A request of the device service after its checks. */
export interface DeviceRequest {
  mac: string;
  version: string | null;
  productId: string | number | null;
}

/** One entry of a FastAPI 422. */
export interface Complaint {
  type: string;
  loc: (string | number)[];
  msg: string;
  input?: unknown;
}

/** Pydantic's checks of the body; a list of complaints becomes a 422. */
export function checkDeviceRequest(
  request: CloudRequest,
  versionKey: string,
  productRequired: boolean,
  versionRequired: boolean,
): DeviceRequest | Complaint[] {
  let input: unknown;
  try {
    input = JSON.parse(request.body);
  } catch {
    return [{ type: "json_invalid", loc: ["body", 0], msg: "JSON decode error", input: {} }];
  }
  const body = asObject(input);
  if (!body || !/^application\/(json|.*\+json)\b/i.test(request.headers["content-type"] ?? "")) {
    const msg = "Input should be a valid dictionary or object to extract fields from";
    return [{ type: "model_attributes_type", loc: ["body"], msg, input: request.body }];
  }
  const complaints: Complaint[] = [];
  const complain = (type: string, key: string, msg: string) =>
    complaints.push({ type, loc: ["body", key], msg, input: body[key] ?? body });

  const mac = body.mac_address;
  if (mac === undefined) complain("missing", "mac_address", "Field required");
  // The contract writes it in upper case; what the real service does with lower case is not known.
  else if (canonicalMac(mac) !== mac) complain("value_error", "mac_address", "Value error, 无效的MAC地址格式");

  const version = body[versionKey] ?? null;
  if (version === null && versionRequired) complain("missing", versionKey, "Field required");
  else if (version !== null && typeof version !== "string")
    complain("string_type", versionKey, "Input should be a valid string");

  const productId = body.product_id ?? null;
  // `/firmware/check` of the contract sends a number, newer servers a string; only there both are taken.
  const numeric = versionRequired && typeof productId === "number";
  if (productId === null && productRequired) complain("missing", "product_id", "Field required");
  else if (typeof productId === "string" && (productId.length < 1 || productId.length > 64)) {
    complain("string_length", "product_id", "String should have 1 to 64 characters");
  } else if (productId !== null && typeof productId !== "string" && !numeric) {
    complain("string_type", "product_id", "Input should be a valid string");
  }
  if (complaints.length > 0) return complaints;
  return { mac: mac as string, version: version as string | null, productId: productId as string | number | null };
}
