/**
 * `embedded:io/socket/tcp` on the chip: a connection, in C (agent_tcp.h), with the SDK's interface. JavaScript, so that the
 * specifier keeps its typings.
 */
export default class TCP extends Native("xs_agent_tcp_destructor") {
  /** @param options left out for one that a listener gives its connection */
  constructor(options) {
    super();
    native("xs_agent_tcp").call(this, options);
  }

  close() {
    native("xs_agent_tcp_close").call(this);
  }

  /** @param into how many bytes, or what is to be filled; left out: all that has come. In the format `number`: one byte */
  read(into) {
    return native("xs_agent_tcp_read").call(this, into);
  }

  /** @returns how many bytes more can be written. @throws Error "not ready" before it is open and after its end, "would block" */
  write(bytes) {
    return native("xs_agent_tcp_write").call(this, bytes);
  }

  get remoteAddress() {
    return native("xs_agent_tcp_get_remoteAddress").call(this);
  }

  get remotePort() {
    return native("xs_agent_tcp_get_remotePort").call(this);
  }

  get format() {
    return native("xs_agent_tcp_get_format").call(this);
  }

  set format(format) {
    native("xs_agent_tcp_set_format").call(this, format);
  }
}
