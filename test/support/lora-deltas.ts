import type { AdapterFiles } from '../../src/adapters/files.js';
import { readLoraSource } from '../../src/composition/merge/lora-source.js';

/** scale · B · A [out, in] of every module of a LoRA adapter, by path, in float64. */
export function loraDeltas(files: AdapterFiles): Map<string, number[]> {
  const { modules } = readLoraSource(files, 'files');
  return new Map(
    [...modules].map(([path, { a, b, rank, in: inWidth, out, scale }]) => {
      const delta = new Array<number>(out * inWidth).fill(0);
      for (let o = 0; o < out; o++)
        for (let r = 0; r < rank; r++)
          for (let i = 0; i < inWidth; i++) delta[o * inWidth + i]! += scale * b[o * rank + r]! * a[r * inWidth + i]!;
      return [path, delta];
    }),
  );
}

/** Σ wᵢ · ΔWᵢ, module by module. */
export function sumOfDeltas(members: readonly { files: AdapterFiles; weight: number }[]): Map<string, number[]> {
  const sum = new Map<string, number[]>();
  for (const { files, weight } of members) {
    for (const [path, delta] of loraDeltas(files)) {
      const before = sum.get(path) ?? new Array<number>(delta.length).fill(0);
      sum.set(
        path,
        before.map((value, at) => value + weight * delta[at]!),
      );
    }
  }
  return sum;
}

/** ‖x − y‖ / ‖y‖ over all modules; a module that one of them lacks counts as zeros. */
export function deltaDistance(x: ReadonlyMap<string, number[]>, y: ReadonlyMap<string, number[]>): number {
  let [apart, whole] = [0, 0];
  for (const path of new Set([...x.keys(), ...y.keys()])) {
    const size = (x.get(path) ?? y.get(path))!.length;
    for (let i = 0; i < size; i++) {
      apart += ((x.get(path)?.[i] ?? 0) - (y.get(path)?.[i] ?? 0)) ** 2;
      whole += (y.get(path)?.[i] ?? 0) ** 2;
    }
  }
  return Math.sqrt(apart) / (whole === 0 ? 1 : Math.sqrt(whole));
}
