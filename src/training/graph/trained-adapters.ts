import { mulDims, type Dim } from '../../engine/dim.js';
import type { Value } from '../../engine/graph.js';
import { add } from '../../engine/ops/add.js';
import { gather } from '../../engine/ops/gather.js';
import { greater } from '../../engine/ops/greater.js';
import { maximum } from '../../engine/ops/maximum.js';
import { mul } from '../../engine/ops/mul.js';
import { broadcastTo } from '../../engine/ops/reduce-sum.js';
import { reshape, unsqueeze } from '../../engine/ops/reshape.js';
import { sub } from '../../engine/ops/sub.js';
import { adaptedHooks } from '../../adapters/rows/adapted-hooks.js';
import type {
  BottleneckValues,
  EmbeddingValues,
  LowRankValues,
  NormValues,
  PromptValues,
  RowAdapters,
} from '../../adapters/rows/row-adapters.js';
import type { BlockSlot, PrefixValues, RowHooks } from '../../models/row-hooks.js';
import type { EmbeddingSite, NormSite, Site } from '../../models/sites.js';
import { BATCH, SEQ, type Dropout } from './dropout.js';
import type { SquadRoutes } from '../squad/squad-routes.js';
import { swapLast, type AdapterParts } from './module-values.js';
import type { ParameterValues } from './parameter-values.js';

/** Adapters of each row out of trained parameters: the second source of the values of `adaptedHooks`. */
export class TrainedAdapters implements RowAdapters {
  private promptIds: Value | undefined;
  private prefixMask: Value | undefined;

  constructor(
    private readonly values: ParameterValues,
    private readonly parts: AdapterParts,
    private readonly dropout: Dropout,
    private readonly squad?: SquadRoutes,
  ) {}

  /** Hooks with the adapters' mathematics, whole trained tensors, and dropout at the end of the blocks. */
  hooks(isTrained: (layer: number) => boolean): RowHooks {
    const adapted = adaptedHooks(this.parts.adapters ?? this);
    return {
      ...adapted,
      weight: (name) => (this.values.isSingle ? this.parts.whole?.get(name) : undefined),
      block: (slot, layer, output, residual, norm) => {
        const dropped = isTrained(layer) ? this.dropout.drop('hidden', `${slot}.${layer}`, output) : output;
        return adapted.block(slot, layer, dropped, residual, norm);
      },
    };
  }

  lowRank(site: Site, x: Value): LowRankValues | undefined {
    const read = (from: Value): Value => this.dropout.drop('adapter', site.module, from);
    const routed = this.parts.routed?.get(site.module);
    if (routed && this.squad) return { ...this.squad.lowRank(site, x, routed), read };
    const found = this.parts.modules?.get(site.module)?.lowRank;
    if (!found) return undefined;
    return { a: this.values.byRow(found.a), b: this.values.byRow(found.b), read };
  }

  inputScale(site: Site): Value | undefined {
    return this.vector(this.parts.modules?.get(site.module)?.inputScale);
  }

  outputScale(site: Site): Value | undefined {
    return this.vector(this.parts.modules?.get(site.module)?.outputScale);
  }

  bias(site: Site, own: Value | undefined): Value | undefined {
    const whole = this.vector(this.parts.whole?.get(`${site.module}.bias`));
    const { outputScale, scalesBias, biasDelta } = this.parts.modules?.get(site.module) ?? {};
    if (!whole && !scalesBias && !biasDelta) return undefined;
    const before = whole ?? own;
    const scale = scalesBias ? this.vector(outputScale) : undefined;
    const scaled = scale && before ? mul(before, scale) : before;
    const delta = this.vector(biasDelta);
    return scaled && delta ? add(scaled, delta) : (scaled ?? delta);
  }

  embedding(site: EmbeddingSite, ids: Value): EmbeddingValues | undefined {
    const found = this.parts.modules?.get(site.module)?.lowRank;
    if (!found) return undefined;
    const table = swapLast(found.a); // [rows, rank]
    return { low: this.lookUp(table, ids, site.rows), b: this.values.byRow(found.b) };
  }

  prompt(): PromptValues | undefined {
    const { prompt } = this.parts;
    if (!prompt) return undefined;
    const { graph } = this.values;
    this.promptIds ??= graph.input('prompt.ids', 'int32', [BATCH, SEQ]); // token + 1, 0 at real tokens
    const zero = graph.scalar(0, 'int32');
    const token = maximum(sub(this.promptIds, graph.scalar(1, 'int32')), zero);
    const embeddings = this.lookUp(prompt.embeddings, token, prompt.tokens); // [batch, seq, width]
    return { isVirtual: greater(this.promptIds, zero), embeddings };
  }

  norm(site: NormSite, own: NormValues): NormValues | undefined {
    const gain = this.vector(this.parts.whole?.get(`${site.module}.weight`));
    const bias = this.vector(this.parts.whole?.get(`${site.module}.bias`));
    return gain || bias ? { gain: gain ?? own.gain, bias: bias ?? own.bias } : undefined;
  }

  prefix(layer: number): PrefixValues | undefined {
    const { prefix } = this.parts;
    const found = prefix?.layers[layer];
    if (!prefix || !found) return undefined;
    const spread = (value: Value): Value => {
      const [hidden] = value.shape.slice(-1) as [Dim];
      return this.values.isSingle ? broadcastTo(value, [BATCH, prefix.tokens, hidden]) : this.values.byRow(value); // [batch, tokens, hidden]
    };
    // One value for all layers, so that they share the additive mask.
    this.prefixMask ??= broadcastTo(this.values.graph.scalar(1, 'int32'), [BATCH, prefix.tokens]);
    return { keys: spread(found.keys), values: spread(found.values), mask: this.prefixMask };
  }

  bottlenecks(slot: BlockSlot, layer: number): BottleneckValues[] {
    const found = this.parts.bottlenecks?.get(`${slot}.${layer}`);
    if (!found) return [];
    const { input, activation } = found;
    const a = this.values.byRow(found.down);
    const b = this.values.byRow(found.up);
    const aBias = this.values.vectorByRow(found.downBias);
    return [{ input, activation, bias: this.values.vectorByRow(found.upBias), units: { a, aBias, b } }];
  }

  private vector(value: Value | undefined): Value | undefined {
    return value && this.values.vectorByRow(value);
  }

  /** Rows of a table of each row's run: [batch, seq] → [batch, seq, width]. */
  private lookUp(table: Value, ids: Value, rows: number): Value {
    if (this.values.isSingle) return gather(table, ids, 0);
    const [runs, , width] = table.shape as [Dim, Dim, Dim];
    const flat = reshape(table, [mulDims(runs, rows), width]);
    const first = mul(this.values.runOfRow(), this.values.graph.scalar(rows, 'int32')); // [batch]
    return gather(flat, add(ids, unsqueeze(first, [1])), 0);
  }
}
