import type { AdapterBase } from '../../src/adapters/adapter-base.js';
import type { Brick } from '../../src/adapters/brick.js';
import { PAGE_RANKS } from '../../src/adapters/brick.js';
import type { Site } from '../../src/models/sites.js';

/** A linear layer [out, in] in float64. */
export interface DenseLayer {
  readonly weight: number[][];
  readonly bias: number[];
}

/** The site of a module of the trunk. */
export function siteOf(base: AdapterBase, module: string): Site {
  const site = base.sites.sites.find((other) => other.module === module);
  if (!site) throw new Error(`site table: expected ${module}, got none`);
  return site;
}

/** The frozen layer. */
export function baseLayer(base: AdapterBase, module: string): DenseLayer {
  const { in: inWidth, out } = siteOf(base, module);
  const weight = base.weights.get(`${module}.weight`)!.data;
  return { weight: matrix(weight, out, inWidth), bias: [...base.weights.get(`${module}.bias`)!.data] };
}

/**
 * One layer with a brick applied by the definition of design §2a, on plain arrays: W' = diag(o)·W·diag(i) + Σ Bₚ·Aₚ and
 * b' = b + c.
 */
export function denseLayer(base: AdapterBase, brick: Brick, module: string): DenseLayer {
  const site = siteOf(base, module);
  const { in: inWidth, out, layer, role } = site;
  const { layers } = base.sites;
  const own = baseLayer(base, module);
  const { outputScale, inputScale, bias } = brick.vectors[role] ?? {};
  const weight = own.weight.map((row, o) =>
    row.map((value, i) => value * (outputScale?.[layer * out + o] ?? 1) * (inputScale?.[layer * inWidth + i] ?? 1)),
  );
  const pages = brick.lowRank[role];
  for (let page = 0; page < (pages?.pages ?? 0); page++) {
    for (let rank = 0; rank < PAGE_RANKS; rank++) {
      const at = (page * layers + layer) * PAGE_RANKS + rank;
      for (let o = 0; o < out; o++) {
        for (let i = 0; i < inWidth; i++) weight[o]![i]! += pages!.b[at * out + o]! * pages!.a[at * inWidth + i]!;
      }
    }
  }
  return { weight, bias: own.bias.map((value, o) => value + (bias?.[layer * out + o] ?? 0)) };
}

/** The change of an embedding table by a brick, [rows][width]. */
export function tableChange(
  brick: Brick,
  table: 'word' | 'position' | 'token_type',
  rows: number,
  width: number,
): number[][] {
  const change = Array.from({ length: rows }, () => new Array<number>(width).fill(0));
  for (const part of brick.embeddings.filter((pages) => pages.table === table)) {
    for (let page = 0; page < part.pages; page++) {
      for (let row = 0; row < rows; row++) {
        for (let rank = 0; rank < PAGE_RANKS; rank++) {
          const factor = part.a[(page * rows + row) * PAGE_RANKS + rank]!;
          for (let at = 0; at < width; at++)
            change[row]![at]! += factor * part.b[(page * PAGE_RANKS + rank) * width + at]!;
        }
      }
    }
  }
  return change;
}

export function matrix(data: ArrayLike<number>, rows: number, columns: number): number[][] {
  return Array.from({ length: rows }, (_row, r) =>
    Array.from({ length: columns }, (_column, c) => data[r * columns + c]!),
  );
}

export function multiply(a: readonly (readonly number[])[], b: readonly (readonly number[])[]): number[][] {
  return a.map((row) => b[0]!.map((_column, c) => row.reduce((sum, value, k) => sum + value * b[k]![c]!, 0)));
}

export function plus(a: readonly (readonly number[])[], b: readonly (readonly number[])[], scale = 1): number[][] {
  return a.map((row, r) => row.map((value, c) => value + scale * b[r]![c]!));
}

export function transpose(a: readonly (readonly number[])[]): number[][] {
  return a[0]!.map((_column, c) => a.map((row) => row[c]!));
}

export function identity(size: number): number[][] {
  return Array.from({ length: size }, (_row, r) => Array.from({ length: size }, (_column, c) => (r === c ? 1 : 0)));
}

/** The largest |a − b|. */
export function distance(a: readonly (readonly number[])[], b: readonly (readonly number[])[]): number {
  return Math.max(...a.flatMap((row, r) => row.map((value, c) => Math.abs(value - b[r]![c]!))));
}
