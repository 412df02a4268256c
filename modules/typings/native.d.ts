// What xsc makes native code of (XS in C.md, "Native"). The whole body of a function has to be the one call.

/** @returns what the C function sets as its result */
declare function native(name: string): { call(self: unknown, ...values: readonly unknown[]): never };

/** @param destructor gets the host data when the object is collected */
declare function Native(destructor: string): new () => object;
