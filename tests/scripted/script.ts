import type { Reason, Result } from "../../modules/base/failure.js";
import type { HttpRequest, HttpResponse } from "../../modules/http/http.js";
import type { Message, MqttOptions, MqttSession } from "../../modules/mqtt/mqtt.js";
import type { Network } from "../../modules/wifi/wifi.js";

/** What the far ends do; a test replaces what it is about. */
export interface Script {
  http(request: HttpRequest): Result<HttpResponse> | Promise<Result<HttpResponse>>;
  /** A reason refuses the connection. */
  broker(options: MqttOptions): Reason | undefined;
  /** In the place of `broker` and `hear`: another far end. */
  mqtt?(options: MqttOptions): Promise<Result<MqttSession>>;
  /** What is published, and what is answered to it at once. */
  hear?(message: Message): Message | "close" | undefined;
  /** A reason refuses the network. */
  join(ssid: string, password: string): Reason | undefined;
  networks: Network[];
  /** The network's DNS; without it every name has an address. */
  resolve?(name: string): string | undefined;
}
