import type { CloudRequest } from "./exchange.js";
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

/** Where the fields of a request are, under which names, and which ones must be there. */
interface Form {
  where: "body" | "query";
  macKey: string;
  versionKey: string;
  versionNeeded: boolean;
  productNeeded: boolean;
}

/** The body of a POST; a list of complaints becomes a 422. */
export function checkDevicePost(
  request: CloudRequest,
  form: Omit<Form, "where" | "macKey">,
): DeviceRequest | Complaint[] {
  const body = jsonBody(request);
  return Array.isArray(body) ? body : checkFields(body, { ...form, where: "body", macKey: "mac_address" });
}

export function jsonBody(request: CloudRequest): Record<string, unknown> | Complaint[] {
  let input: unknown;
  try {
    input = JSON.parse(request.body);
  } catch {
    return [{ type: "json_invalid", loc: ["body", 0], msg: "JSON decode error", input: {} }];
  }
  const body = asObject(input);
  if (body && /^application\/(json|.*\+json)\b/i.test(request.headers["content-type"] ?? "")) return body;
  const msg = "Input should be a valid dictionary or object to extract fields from";
  return [{ type: "model_attributes_type", loc: ["body"], msg, input: request.body }];
}

/** The query of a GET, as newer servers take it. */
export function checkDeviceGet({ query }: CloudRequest, productNeeded: boolean): DeviceRequest | Complaint[] {
  const form = { macKey: "mac", versionKey: "firmware_version", versionNeeded: false, productNeeded };
  return checkFields(Object.fromEntries(query), { ...form, where: "query" });
}

/** Pydantic's checks. */
function checkFields(fields: Record<string, unknown>, form: Form): DeviceRequest | Complaint[] {
  const { where, macKey, versionKey } = form;
  const complaints: Complaint[] = [];
  const complain = (type: string, key: string, msg: string) =>
    complaints.push({ type, loc: [where, key], msg, input: fields[key] ?? fields });

  const mac = fields[macKey];
  if (mac === undefined) complain("missing", macKey, "Field required");
  // The contract writes it in upper case; what the real service does with lower case is not known.
  else if (canonicalMac(mac) !== mac) complain("value_error", macKey, "Value error, 无效的MAC地址格式");

  const version = fields[versionKey] ?? null;
  if (version === null && form.versionNeeded) complain("missing", versionKey, "Field required");
  else if (version !== null && typeof version !== "string")
    complain("string_type", versionKey, "Input should be a valid string");

  const productId = fields.product_id ?? null;
  // `/firmware/check` of the contract sends a number, newer servers a string; only there both are taken.
  const numeric = form.versionNeeded && typeof productId === "number";
  if (productId === null && form.productNeeded) complain("missing", "product_id", "Field required");
  else if (typeof productId === "string" && (productId.length < 1 || productId.length > 64)) {
    complain("string_length", "product_id", "String should have 1 to 64 characters");
  } else if (productId !== null && typeof productId !== "string" && !numeric) {
    complain("string_type", "product_id", "Input should be a valid string");
  }
  if (complaints.length > 0) return complaints;
  return { mac: mac as string, version: version as string | null, productId: productId as string | number | null };
}
