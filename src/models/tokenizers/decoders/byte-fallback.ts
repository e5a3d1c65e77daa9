import type { Decoder } from './decoder.js';

const BYTE_TOKEN = /^<0x(\+?[0-9A-Fa-f]{1,2})>$/;
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function byteOf(token: string): number | undefined {
  if (token.length !== 6) return undefined;
  const hex = BYTE_TOKEN.exec(token)?.[1];
  return hex === undefined ? undefined : Number.parseInt(hex, 16);
}

/** A run of bytes as text, or one U+FFFD a byte when it is not UTF-8. */
function textOf(bytes: readonly number[]): readonly string[] {
  try {
    return [strictUtf8.decode(Uint8Array.from(bytes))];
  } catch {
    return bytes.map(() => '\ufffd');
  }
}

/** Runs of `<0x0A>` tokens become the text they are the UTF-8 of. */
export const decodeByteFallback: Decoder = (tokens) => {
  const result: string[] = [];
  let bytes: number[] = [];
  const flush = (): void => {
    if (bytes.length > 0) result.push(...textOf(bytes));
    bytes = [];
  };
  for (const token of tokens) {
    const byte = byteOf(token);
    if (byte !== undefined) {
      bytes.push(byte);
      continue;
    }
    flush();
    result.push(token);
  }
  flush();
  return result;
};
