import { PAGE_RANKS, type BottleneckPages } from './brick.js';
import { pageCount, rowOf } from './pages.js';

/** One layer's bottleneck, its scaling folded into `up` and `upBias`. */
export interface BottleneckUnits {
  readonly width: number;
  readonly down: Float32Array; // [width, hidden]
  readonly downBias: Float32Array; // [width]
  readonly up: Float32Array; // [hidden, width]
  readonly upBias: Float32Array; // [hidden]
}

/**
 * Cuts the bottlenecks of one slot into pages of 8 units. A padded unit has no way out (its column of `up` is zero), so
 * it adds nothing whatever its activation makes of 0.
 *
 * @param layers  absent ones undefined
 */
export function packBottleneck(
  place: Pick<BottleneckPages, 'slot' | 'input' | 'activation'>,
  layers: readonly (BottleneckUnits | undefined)[],
  hidden: number,
): BottleneckPages {
  const pages = Math.max(...layers.map((units) => pageCount(units?.width ?? 0)));
  const rows = pages * layers.length * PAGE_RANKS;
  const a = new Float32Array(rows * hidden);
  const b = new Float32Array(rows * hidden);
  const aBias = new Float32Array(rows);
  const bBias = new Float32Array(layers.length * hidden);
  layers.forEach((units, layer) => {
    if (!units) return;
    bBias.set(units.upBias, layer * hidden);
    for (let unit = 0; unit < units.width; unit++) {
      const row = rowOf(unit, layer, layers.length);
      a.set(units.down.subarray(unit * hidden, (unit + 1) * hidden), row * hidden);
      aBias[row] = units.downBias[unit]!;
      for (let out = 0; out < hidden; out++) b[row * hidden + out] = units.up[out * units.width + unit]!;
    }
  });
  return { ...place, pages, a, aBias, b, bBias };
}
