import { sizeOf } from '../../engine/tensor.js';

/** Copies the block that both arrays have, both row-major and of equal axes. */
export function copyBlock(
  from: Float32Array,
  fromShape: readonly number[],
  to: Float32Array,
  toShape: readonly number[],
): void {
  const [rows = 1, ...fromRest] = fromShape;
  const [targetRows = 1, ...toRest] = toShape;
  if (fromShape.length <= 1) {
    to.set(from.subarray(0, Math.min(rows, targetRows)));
    return;
  }
  const [fromSize, toSize] = [sizeOf(fromRest), sizeOf(toRest)];
  for (let row = 0; row < Math.min(rows, targetRows); row++) {
    const source = from.subarray(row * fromSize, (row + 1) * fromSize);
    copyBlock(source, fromRest, to.subarray(row * toSize, (row + 1) * toSize), toRest);
  }
}
