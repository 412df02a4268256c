/**
 * A request that was refused, as `…/rejected` tells it. AWS publishes no list of the codes: two of the texts were
 * observed (they are marked), the others are made up. What a client may rely on is the class of the status.
 */
export class Rejection extends Error {
  readonly statusCode: number;
  readonly errorCode: string;

  constructor(statusCode: number, errorCode: string, message: string) {
    super(message);
    this.statusCode = statusCode;
    this.errorCode = errorCode;
  }
}

const TOKEN = "InvalidCertificateOwnershipToken";
const PARAMETERS = "InvalidParameters";

export const reject = {
  payload: (why: string) => new Rejection(400, "InvalidPayload", `The payload is not valid: ${why}`),
  csr: (why: string) => new Rejection(400, "InvalidCertificateSigningRequest", `The request is not valid: ${why}`),
  /** Observed: aws-iot-device-sdk-js-v2 #69. */
  emptyToken: () => new Rejection(400, TOKEN, "Certificate ownership token cannot be empty."),
  token: () => new Rejection(400, TOKEN, "Certificate ownership token is not valid."),
  expiredToken: () => new Rejection(400, TOKEN, "Certificate ownership token has expired."),
  usedToken: () => new Rejection(400, TOKEN, "Certificate ownership token has been used."),
  unknownTemplate: () => new Rejection(404, "ResourceNotFound", "The provisioning template does not exist."),
  disabledTemplate: () => new Rejection(400, "InvalidTemplate", "The provisioning template is not enabled."),
  parameters: (why: string) => new Rejection(400, PARAMETERS, why),
  missingParameter: (name: string) => new Rejection(400, PARAMETERS, `Missing required parameter: ${name}`),
  /** Observed with `AWS::Region`. */
  reference: (name: string) => new Rejection(400, PARAMETERS, `Cannot resolve reference value: ${name}`),
  resource: (why: string) => new Rejection(400, "ResourceRegistrationFailure", why),
  conflict: (what: string) => new Rejection(409, "ResourceConflictsException", `${what} conflicts with the template.`),
  /** A hook that denies, fails or takes more than five seconds. */
  denied: () => new Rejection(403, "ACCESS_DENIED", "Access denied by the pre-provisioning hook."),
  throttled: () => new Rejection(429, "ThrottlingException", "Rate exceeded"),
} as const;
