/** Bytes in sentences and evidence. */
const shownBytes = 24;

/** `08 01`; `no bytes` for an empty message. */
export function showBytes(bytes: Uint8Array): string {
  if (bytes.byteLength === 0) return 'no bytes';
  const shown = Array.from(bytes.subarray(0, shownBytes), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return bytes.byteLength > shownBytes ? `${shown} … (${bytes.byteLength} bytes)` : shown;
}
