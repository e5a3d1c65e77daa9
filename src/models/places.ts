import { ModelError } from '../common/errors.js';
import type { Graph, Value } from '../engine/graph.js';
import { dequantizeWeight } from '../engine/ops/dequantize-weight.js';
import { linear } from '../engine/ops/linear.js';
import type { Trunk } from './base-model.js';
import type { BlockSlot, RowHooks } from './row-hooks.js';
import { requireNorm, requireSite } from './site-lookup.js';
import type { NormSite, SiteRole } from './sites.js';

/** The trunk's modules as graph values, each passed through its hook. */
export class Places {
  constructor(
    readonly graph: Graph,
    readonly trunk: Trunk,
    readonly hooks: RowHooks,
  ) {}

  /** The tensor of that name in floats; for a weight held in int8 those it stands for, which `linear` need not compute. */
  weight(name: string): Value {
    const own = this.hooks.weight?.(name);
    if (own) return own;
    const int8 = this.trunk.int8Weights?.get(name);
    if (int8) {
      const scale = this.graph.weight(`${name}.scale`, int8.scale);
      return dequantizeWeight(this.graph.weight(`${name}.int8`, int8.values), scale);
    }
    const found = this.trunk.weights.get(name);
    if (!found) throw new ModelError(`encoder: ${name}: expected a tensor of that name, got none`);
    return this.graph.weight(name, found);
  }

  linear(role: SiteRole, layer: number, x: Value): Value {
    const site = requireSite(this.trunk.sites, role, layer);
    return this.hooks.linear(site, x, this.weight(`${site.module}.weight`), this.weight(`${site.module}.bias`));
  }

  /** A frozen linear layer that no adapter may touch. */
  plainLinear(module: string, x: Value): Value {
    return linear(x, this.weight(`${module}.weight`), this.weight(`${module}.bias`));
  }

  norm(place: NormSite['place'], layer: number, x: Value): Value {
    const site = requireNorm(this.trunk.sites, place, layer);
    const [gain, bias] = [this.weight(`${site.module}.weight`), this.weight(`${site.module}.bias`)];
    return this.hooks.norm(site, x, gain, bias, this.trunk.config.epsilon);
  }

  block(slot: BlockSlot, layer: number, output: Value, residual: Value): Value {
    return this.hooks.block(slot, layer, output, residual, (x) => this.norm(slot, layer, x));
  }
}
