/** `embedded:io/socket/listener` on the chip: connections that come, in C (agent_tcp.h), with the SDK's interface. */
import TCP from "embedded:io/socket/tcp";

export default class Listener extends Native("xs_agent_listener_destructor") {
  constructor(options) {
    super();
    native("xs_agent_listener").call(this, options);
  }

  close() {
    native("xs_agent_listener_close").call(this);
  }

  /** @returns the oldest that waits, if one does */
  read() {
    return native("xs_agent_listener_read").call(this, new TCP());
  }

  get port() {
    return native("xs_agent_listener_get_port").call(this);
  }

  get format() {
    return "socket/tcp";
  }

  set format(format) {
    if (format !== "socket/tcp") throw new RangeError("format");
  }
}
