/** Scales a vector to length 1; the zero vector stays as it is. Computed with the largest value out, so it cannot overflow. */
export function toUnitLength(vector: Float32Array): Float32Array {
  const largest = vector.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
  if (largest === 0) return vector;
  const sum = vector.reduce((total, x) => total + (x / largest) ** 2, 0);
  const length = largest * Math.sqrt(sum);
  return vector.map((x) => x / length);
}

/** Little-endian float32 as base64, which is what OpenAI's client asks for unless told otherwise. */
export function toBase64(vector: Float32Array): string {
  const bytes = Buffer.alloc(vector.length * 4);
  vector.forEach((x, i) => bytes.writeFloatLE(x, i * 4));
  return bytes.toString('base64');
}
