/**
 * `embedded:network/http/server` as the SDK's behaves (examples/io/listener/httpserver/httpserver.js): HTTP/1.1 only, one
 * request a connection, connections that never time out by themselves.
 */

import type ListenerType from "embedded:io/socket/listener";
import type TCPType from "embedded:io/socket/tcp";
import type HTTPServerType from "embedded:network/http/server";
import type { HTTPConnection } from "embedded:network/http/server";
import { Connection } from "./connection.js";

type Options = ConstructorParameters<typeof HTTPServerType>[0];

class HTTPServer {
  #listener: (ListenerType & { close(): void }) | undefined;
  #closed = false;

  /** @throws what the listener throws when the port is taken */
  constructor(options: Options) {
    const self = this;
    const { onConnect } = options;
    const Io = options.io as new (options: object) => ListenerType & { close(): void };
    this.#listener = new Io({
      port: options.port ?? 80,
      target: this,
      onReadable(this: ListenerType, count: number) {
        for (; count > 0; count -= 1) self.#accept(this.read(), onConnect);
      },
    });
  }

  get port(): number {
    if (!this.#listener) throw new TypeError("HTTPServer: closed");
    return this.#listener.port;
  }

  /**
   * Closes the port. Open connections stay open: the SDK means to close them but keeps no list; and as the list is gone
   * then, a connection that closes later throws a TypeError and leaves its socket open. Close connections first.
   */
  close(): void {
    this.#closed = true;
    this.#listener?.close();
    this.#listener = undefined;
  }

  #forget(): void {
    if (this.#closed) throw new TypeError("HTTPServer: closed before its connection");
  }

  /** What `onConnect` throws is dropped with a trace, as the SDK does; its own words. */
  #accept(socket: TCPType | undefined, onConnect: Options["onConnect"]): void {
    try {
      const connection = new Connection(socket!, () => this.#forget());
      onConnect.call(this as unknown as HTTPServerType, connection as unknown as HTTPConnection);
    } catch {
      trace("igoring error!");
    }
  }
}

export default HTTPServer satisfies new (
  options: Options,
) => HTTPServerType;
