/**
 * What XS calls on its way into an abort (`MODDEF_XS_ABORTHOOK`, fxAbort in the SDK's xsPlatform.c): C keeps the reason
 * for the next start. Not for the overflow of a stack. Nothing is imported from here: that it is preloaded is all.
 */
class Hook {
  abort(message: string): void {
    native("xs_agent_abort").call(this, message);
  }
}

Object.assign(globalThis, { abort: Hook.prototype.abort });
