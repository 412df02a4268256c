/** The answer to GET_SECURITY_INFO: flags, flash encryption's counter, seven key purposes, chip, version. */
export interface Security {
  /** Bit 0: secure boot; bit 2: secure download mode (esptool-js, `types/securityInfo.js`). */
  readonly flags: number;
  /** Flash is encrypted where an odd number of its bits is set. */
  readonly flashEncryptionCount: number;
}

export const openSecurity: Security = { flags: 0, flashEncryptionCount: 0 };

export function securityInfo({ flags, flashEncryptionCount }: Security, chipId: number): Uint8Array {
  const info = new Uint8Array(20);
  const view = new DataView(info.buffer);
  view.setUint32(0, flags, true);
  info[4] = flashEncryptionCount;
  view.setUint32(12, chipId, true);
  return info;
}
