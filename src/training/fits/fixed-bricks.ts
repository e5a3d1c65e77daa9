import { PAGE_RANKS, type BottleneckPages, type Brick, type GatePlace } from '../../adapters/brick.js';
import { IncompatibleAdapterError } from '../../common/errors.js';
import { tensor, type Tensor } from '../../engine/tensor.js';
import { SITE_ROLES, type SiteRole, type SiteTable } from '../../models/sites.js';

type Floats = Tensor<'float32'>;

/** Bottlenecks that act alike. */
export type UnitKind = Pick<BottleneckPages, 'slot' | 'input' | 'activation'>;

/** A place at which some brick changes something. */
export interface ActivePlace {
  readonly place: GatePlace;
  readonly layer: number;
  /** Of what enters it. */
  readonly width: number;
}

/**
 * The numbers of bricks that stay as they are while it is learned how much of each acts: by place and layer, the ranks and
 * units of all bricks one below the other.
 */
export class FixedBricks {
  /** By name: `kind.place.layer.field`. */
  readonly tensors = new Map<string, Floats>();

  /** @throws IncompatibleAdapterError  for a brick with parts that have no weight at a token */
  constructor(
    readonly bricks: readonly Brick[],
    readonly sites: SiteTable,
  ) {
    bricks.forEach(expectWeighable);
    for (let layer = 0; layer < sites.layers; layer++) {
      for (const role of SITE_ROLES) this.addSite(role, layer);
      for (const kind of this.unitKinds()) this.addUnits(kind, layer);
    }
  }

  /** Where some brick has other numbers than zeros. */
  places(): ActivePlace[] {
    const acting = [...this.tensors].filter(([, { data }]) => data.some((value) => value !== 0));
    const names = new Set(acting.map(([name]) => name.split('.').slice(1, 3).join('.')));
    return [...names].map((name) => {
      const [place, layer] = name.split('.') as [GatePlace, string];
      const site = this.sites.sites.find(({ role }) => role === place);
      return { place, layer: Number(layer), width: site?.in ?? this.sites.hidden };
    });
  }

  unitKinds(): UnitKind[] {
    const kinds = new Map<string, UnitKind>();
    for (const { slot, input, activation } of this.bricks.flatMap(({ bottlenecks }) => bottlenecks))
      kinds.set(`${slot}.${input}.${activation}`, { slot, input, activation });
    return [...kinds.values()];
  }

  /** The brick of each rank of a role. */
  rankOwners(role: SiteRole): Int32Array {
    return owners(this.bricks.map(({ lowRank }) => lowRank[role]?.pages ?? 0));
  }

  /** The brick of each unit of a kind. */
  unitOwners(kind: UnitKind): Int32Array {
    return owners(this.bricks.map((brick) => unitsOf(brick, kind)?.pages ?? 0));
  }

  private addSite(role: SiteRole, layer: number): void {
    const site = this.sites.sites.find((one) => one.role === role);
    const found = this.bricks.flatMap(({ lowRank }) => lowRank[role] ?? []);
    for (const side of ['a', 'b'] as const) {
      const rows = found.flatMap((pages) => this.layerOf(pages[side], pages.pages, layer));
      this.put(`low_rank.${role}.${layer}.${side}`, rows, side === 'a' ? site?.in : site?.out);
    }
    for (const field of ['bias', 'outputScale'] as const) {
      const held = this.bricks.map(({ vectors }) => vectors[role]?.[field]);
      if (!site || held.every((vector) => vector === undefined)) continue;
      const identity = field === 'bias' ? 0 : 1;
      const rows = held.map((vector) =>
        vector
          ? vector.slice(layer * site.out, (layer + 1) * site.out).map((value) => value - identity)
          : new Float32Array(site.out),
      );
      this.put(`${field}.${role}.${layer}.value`, rows, site.out);
    }
  }

  private addUnits(kind: UnitKind, layer: number): void {
    const { hidden } = this.sites;
    const parts = this.bricks.map((brick) => unitsOf(brick, kind));
    const found = parts.flatMap((part) => part ?? []);
    const stem = unitsName(kind, layer);
    for (const [field, width] of [
      ['a', hidden],
      ['aBias', 1],
      ['b', hidden],
    ] as const) {
      const rows = found.flatMap((part) => this.layerOf(part[field], part.pages, layer));
      this.put(`${stem}.${field}`, rows, width);
    }
    const biases = parts.map((part) => part?.bBias.slice(layer * hidden, (layer + 1) * hidden));
    this.put(
      `${stem}.bBias`,
      biases.map((bias) => bias ?? new Float32Array(hidden)),
      hidden,
    );
  }

  /** What pages [pages, layers, …] hold of one layer. */
  private layerOf(all: Float32Array, pages: number, layer: number): Float32Array[] {
    const { layers } = this.sites;
    const size = all.length / (pages * layers);
    return Array.from({ length: pages }, (_, page) =>
      all.subarray((page * layers + layer) * size, (page * layers + layer + 1) * size),
    );
  }

  /** [rows, width] of parts that are whole rows. */
  private put(name: string, parts: readonly Float32Array[], width = 1): void {
    const size = parts.reduce((sum, { length }) => sum + length, 0);
    if (size === 0) return;
    const held = tensor('float32', [size / width, width], new Float32Array(size));
    let at = 0;
    for (const part of parts) {
      held.data.set(part, at);
      at += part.length;
    }
    this.tensors.set(name, held);
  }
}

/** What stands before the fields of bottleneck units in the names of tensors. */
export function unitsName({ slot, input, activation }: UnitKind, layer: number): string {
  return `units.${slot}_block.${layer}.${input}.${activation}`;
}

function unitsOf({ bottlenecks }: Brick, { slot, input, activation }: UnitKind): BottleneckPages | undefined {
  return bottlenecks.find((one) => one.slot === slot && one.input === input && one.activation === activation);
}

function owners(pages: readonly number[]): Int32Array {
  return Int32Array.from(pages.flatMap((count, brick) => Array<number>(count * PAGE_RANKS).fill(brick)));
}

/** As rows of the runtime have it: what is routed has parts at linear layers and bottlenecks only, and no (IA)³ scale. */
function expectWeighable(brick: Brick): void {
  const parts: [string, boolean][] = [
    ['virtual tokens', brick.prefix !== undefined || brick.prompt !== undefined],
    ['embedding tables', brick.embeddings.length > 0],
    ['norms', brick.blockNorms !== undefined || brick.embeddingNorm !== undefined],
    ['a model of its own', brick.model !== undefined],
    [
      'scales',
      SITE_ROLES.some((role) => {
        const { inputScale, outputScale } = brick.vectors[role] ?? {};
        return inputScale !== undefined || (outputScale !== undefined && !brick.lowRank[role]);
      }),
    ],
  ];
  const odd = parts.find(([, holds]) => holds);
  if (!odd) return;
  const rule = 'fit: adapter: expected parts at linear layers and bottlenecks only, which tokens can have shares of';
  throw new IncompatibleAdapterError(`${rule}, got ${odd[0]}`, { param: 'model' });
}
