/** Bytes as base64 and hexadecimal text, alike in browsers and in Node.js. */

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/u;
const HEX = /^(?:[0-9a-fA-F]{2})*$/u;
const CHUNK = 0x8000;
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** Padded standard base64. */
export function toBase64(bytes: Uint8Array): string {
  let binary = "";
  for (let start = 0; start < bytes.length; start += CHUNK) {
    binary += String.fromCharCode(...bytes.subarray(start, start + CHUNK));
  }
  return btoa(binary);
}

/** The bytes of padded standard base64; undefined if it is not that. */
export function fromBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0 || !BASE64.test(text)) {
    return undefined;
  }
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** Lower-case hexadecimal text. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The bytes of hexadecimal text in either case; undefined if it is not that. */
export function fromHex(text: string): Uint8Array | undefined {
  if (!HEX.test(text)) {
    return undefined;
  }
  return Uint8Array.from(text.match(/../gu) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** UTF-8 of a text. */
export function toUtf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** The text of UTF-8. Throws `TypeError` if it is not that. */
export function fromUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}
