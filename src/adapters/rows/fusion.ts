import type { Value } from '../../engine/graph.js';
import { add } from '../../engine/ops/add.js';
import { cast } from '../../engine/ops/cast.js';
import { matmul } from '../../engine/ops/matmul.js';
import { mul } from '../../engine/ops/mul.js';
import { softmax } from '../../engine/ops/softmax.js';
import { where } from '../../engine/ops/where.js';
import { activate } from '../../models/activation.js';
import { NOT_THERE } from './routing/token-law.js';
import type { FusedUnits, FusionValues, MemberRows } from './row-adapters.js';

/** Rows with what each is multiplied by at a token, [batch, seq, rows]; nothing for ones. */
interface Weighed {
  readonly part: MemberRows;
  readonly inner?: Value;
}

/**
 * What AdapterFusion adds to a block: V · Σₑ sₑ·aₑ, aₑ = actₑ(x·Aₑᵀ + aₑ)·Bₑ + bₑ the output of member e and
 * s = softmaxₑ(q(x)·aₑ), q(x) = (Qx + b_q)·K. No output is ever built: with u the units and E[e, u] = 1 where unit u is e's,
 * the scores are (u ⊙ q·Bᵀ)·Eᵀ and the sum is (u ⊙ s·E)·B. A row without members gets nothing.
 *
 * Pfeiffer et al. 2021, "AdapterFusion: Non-Destructive Task Composition for Transfer Learning", §3.2, arXiv:2005.00247. The
 * key's own bias is left out: it adds the same to all scores, which softmax does not see.
 *
 * Cost a token: 2·hidden² beside the members' own units, once more for their scores.
 *
 * @param x [batch, seq, hidden], what the members read
 * @returns [batch, seq, hidden]
 */
export function fusedUpdate(fusion: FusionValues, x: Value): Value {
  const weighed = fusion.parts.flatMap((part) => weighedRows(part, x));
  const query = fusion.query(x); // [batch, seq, hidden]
  const scores = weighed.map((one) => scoresOf(one, query)).reduce(add); // [batch, seq, members]
  const shares = sharesOf(scores, fusion.isPresent);
  const settled = fusion.settle?.(shares) ?? shares;
  return fusion.value(weighed.map((one) => sumOf(one, settled)).reduce(add));
}

function weighedRows({ activation, units, bias }: FusedUnits, x: Value): Weighed[] {
  if (!units) return [{ part: bias }];
  return [
    { part: units, inner: activate(add(matmul(x, units.a, { transposeB: true }), units.aBias), activation) },
    { part: bias },
  ];
}

function scoresOf({ part: { rows, members }, inner }: Weighed, query: Value): Value {
  const products = matmul(query, rows, { transposeB: true }); // [batch, seq, rows]
  return matmul(inner ? mul(inner, products) : products, members, { transposeB: true });
}

function sharesOf(scores: Value, isPresent: Value | undefined): Value {
  if (!isPresent) return softmax(scores);
  return mul(softmax(where(isPresent, scores, NOT_THERE)), cast(isPresent, 'float32'));
}

function sumOf({ part: { rows, members, gates }, inner }: Weighed, shares: Value): Value {
  const own = matmul(shares, members); // [batch, seq, rows]
  const gated = gates ? mul(own, gates) : own;
  return matmul(inner ? mul(inner, gated) : gated, rows);
}
