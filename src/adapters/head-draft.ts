import { IncompatibleAdapterError } from '../common/errors.js';
import { tensor } from '../engine/tensor.js';
import type { Dense, Head, MaskedLmHead } from '../models/heads.js';
import type { HeadLayout } from '../models/head-layout.js';
import type { AdapterBase, AdapterTask } from './adapter-base.js';
import { mergedBias, mergedWeight, type ModuleUpdate } from './update.js';
import { expectShape, type FloatTensor } from './weights.js';

/**
 * The head of an adapter while its parts are gathered: whole parameters that it brings, updates of its layers, and the
 * base's own parts for what it does not bring.
 */
export class HeadDraft {
  private readonly saved = new Map<string, FloatTensor>();
  private readonly updates = new Map<string, ModuleUpdate>();
  /** A head that is given whole (AdapterHub's own head modules). */
  private whole: Head | undefined;

  constructor(
    private readonly base: AdapterBase,
    private readonly layout: HeadLayout,
    private readonly task: AdapterTask,
  ) {}

  save(parameter: string, value: FloatTensor): void {
    const { decoder, decoderBias } = this.layout.maskedLm;
    this.saved.set(parameter === `${decoder}.bias` ? decoderBias : parameter, value);
  }

  update(module: string, update: ModuleUpdate): void {
    this.updates.set(module, update);
  }

  use(head: Head): void {
    this.whole = head;
  }

  /** Parts of the bare model's pooler that the adapter brings and the task does not read. */
  unread(): string[] {
    const pooler = this.layout.pooler?.dense;
    if (pooler === undefined || this.used().has(pooler)) return [];
    const isGiven = this.updates.has(pooler) || [...this.saved.keys()].some((name) => moduleOf(name) === pooler);
    return isGiven ? [pooler] : [];
  }

  /** Names of all parameters of the task's head. */
  parameters(): string[] {
    const { decoder, decoderBias } = this.layout.maskedLm;
    return [...this.used()].flatMap((module) => [
      `${module}.weight`,
      module === decoder ? decoderBias : `${module}.bias`,
    ]);
  }

  /** Weight and bias of a dense module before its update. */
  dense(module: string): Dense {
    const own = this.baseDense(module);
    const biasName = module === this.layout.maskedLm.decoder ? this.layout.maskedLm.decoderBias : `${module}.bias`;
    const brought = this.saved.get(`${module}.weight`);
    const weight = brought ?? own?.weight;
    // A new weight with an old bias would be half a head; the other way round is PEFT's `bias: all`.
    const bias = this.saved.get(biasName) ?? (brought ? undefined : own?.bias);
    if (weight === undefined || bias === undefined) {
      const lacking = weight === undefined ? `${module}.weight` : biasName;
      throw new IncompatibleAdapterError(`${lacking}: must come with the adapter or the base, got neither`, {
        param: lacking,
      });
    }
    expectShape(biasName, bias, weight.shape.slice(0, 1));
    return { weight, bias };
  }

  /** The head, or nothing when the adapter leaves the base's own as it is. */
  build(): Head | undefined {
    const given = this.requireUse();
    if (this.whole) return this.whole;
    if (!given) return undefined;
    if (this.task === 'sequence_classification') return this.sequence();
    if (this.task === 'token_classification') return { kind: 'token', out: this.shaped(this.layout.token.out) };
    return this.task === 'masked_lm' ? this.maskedLm() : undefined;
  }

  private sequence(): Head {
    const { dense, out, activation } = this.layout.sequence;
    const first = this.shaped(dense, this.base.config.hidden);
    return { kind: 'sequence', dense: first, activation, out: this.shaped(out) };
  }

  private maskedLm(): MaskedLmHead {
    const { dense, norm, decoder, activation, epsilon } = this.layout.maskedLm;
    const own = this.base.heads.maskedLm?.norm;
    const { embedding, vocab } = this.base.config;
    const gain = this.saved.get(`${norm}.weight`) ?? own?.gain;
    const bias = this.saved.get(`${norm}.bias`) ?? own?.bias;
    if (gain === undefined || bias === undefined) {
      throw new IncompatibleAdapterError(`${norm}: must come with the adapter or the base, got neither`, {
        param: norm,
      });
    }
    expectShape(`${norm}.weight`, gain, [embedding]);
    expectShape(`${norm}.bias`, bias, [embedding]);
    const first = this.shaped(dense, embedding);
    return {
      kind: 'masked_lm',
      dense: first,
      activation,
      norm: { gain, bias, epsilon },
      decoder: this.shaped(decoder, vocab, embedding),
    };
  }

  /** A dense module with its update merged in. */
  private shaped(module: string, outputs?: number, inputs = this.base.config.hidden): Dense {
    const dense = this.dense(module);
    const [outWidth = 0] = dense.weight.shape;
    expectShape(`${module}.weight`, dense.weight, [outputs ?? Math.max(1, outWidth), inputs]);
    const update = this.updates.get(module);
    if (update === undefined) return dense;
    const weight = mergedWeight(dense.weight.data, outWidth, inputs, update);
    return {
      weight: tensor('float32', dense.weight.shape, weight),
      bias: tensor('float32', [outWidth], mergedBias(dense.bias.data, update)),
    };
  }

  /**
   * True when a part of the task's head was given. BERT's pooler is part of the bare model and may be trained along
   * where nothing reads it; any other part that the task does not use is refused.
   */
  private requireUse(): boolean {
    const used = this.used();
    const { decoderBias } = this.layout.maskedLm;
    const owner = (name: string): string => (name === decoderBias ? this.layout.maskedLm.decoder : moduleOf(name));
    const given = new Set([...[...this.saved.keys()].map(owner), ...this.updates.keys()]);
    for (const module of given) {
      if (used.has(module) || module === this.layout.pooler?.dense) continue;
      throw new IncompatibleAdapterError(
        `${module}: must belong to the head of a ${this.task} adapter, got a part of another`,
        {
          param: module,
        },
      );
    }
    return [...given].some((module) => used.has(module));
  }

  private used(): ReadonlySet<string> {
    const { sequence, token, maskedLm } = this.layout;
    if (this.whole || this.task === 'embedding') return new Set();
    if (this.task === 'sequence_classification') return new Set([sequence.dense, sequence.out]);
    if (this.task === 'token_classification') return new Set([token.out]);
    return new Set([maskedLm.dense, maskedLm.norm, maskedLm.decoder]);
  }

  private baseDense(module: string): Dense | undefined {
    const { heads, pooler } = this.base;
    const { layout } = this;
    if (module === layout.maskedLm.dense) return heads.maskedLm?.dense;
    if (module === layout.maskedLm.decoder) return heads.maskedLm?.decoder;
    if (this.task === 'token_classification' && module === layout.token.out) return heads.token?.out;
    if (module === layout.sequence.out) return heads.sequence?.out;
    const own = module === layout.pooler?.dense ? pooler?.dense : undefined;
    return module === layout.sequence.dense ? (heads.sequence?.dense ?? own) : own;
  }
}

function moduleOf(parameter: string): string {
  return parameter.slice(0, parameter.lastIndexOf('.'));
}
