const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * SentencePiece's character map: a double-array trie (Darts-clone) from UTF-8 keys to offsets into a block of
 * zero-terminated texts.
 *
 * Layout: trie size in bytes (uint32, little endian), trie units (uint32 each), texts. A unit holds a label (bits 0-7
 * and 31), whether it has a leaf (bit 8) and the offset of its children (bits 10-30, times 256 when bit 9 is set); a
 * leaf holds its value in bits 0-30.
 */
export class CharsMap {
  /** Whether some printable ASCII character is mapped. */
  readonly mapsAscii: boolean;

  private constructor(
    private readonly units: Uint32Array,
    private readonly texts: Uint8Array,
  ) {
    let mapsAscii = false;
    for (let byte = 0x20; byte < 0x7f; byte++) mapsAscii ||= this.get(String.fromCharCode(byte)) !== undefined;
    this.mapsAscii = mapsAscii;
  }

  /** `undefined` when the bytes are no map. */
  static parse(bytes: Uint8Array): CharsMap | undefined {
    if (bytes.length < 8) return undefined;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const size = view.getUint32(0, true);
    if (size === 0 || size % 4 !== 0 || 4 + size > bytes.length) return undefined;
    const units = Uint32Array.from({ length: size / 4 }, (_, i) => view.getUint32(4 + 4 * i, true));
    return new CharsMap(units, bytes.subarray(4 + size));
  }

  /** Text of the shortest key that `text` begins with. */
  get(text: string): string | undefined {
    let node = childrenOf(this.units[0]!);
    for (const byte of Buffer.from(text)) {
      if (byte === 0) return undefined;
      node ^= byte;
      const unit = this.units[node] ?? 0;
      if ((unit & 0x800000ff) >>> 0 !== byte) return undefined;
      node ^= childrenOf(unit);
      if ((unit & 0x100) !== 0) return this.textAt((this.units[node] ?? 0) & 0x7fffffff);
    }
    return undefined;
  }

  private textAt(start: number): string {
    const end = this.texts.indexOf(0, start);
    return utf8.decode(this.texts.subarray(start, end < 0 ? undefined : end));
  }
}

function childrenOf(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}
