/** The reason phrases that the SDK's server sends; any other status is "OK" to it. */
import { STATUS_CODES } from "node:http";

const known = [
  100, 101, 200, 201, 202, 203, 204, 205, 206, 207, 300, 301, 302, 303, 304, 305, 307, 400, 401, 402, 403, 404, 405,
  406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 500, 501, 502, 503, 504, 505,
];

export function reasonOf(status: number): string {
  return (known.includes(status) && STATUS_CODES[status]) || "OK";
}
