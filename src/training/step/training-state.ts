import { sizeOf, tensor, type Tensor } from '../../engine/tensor.js';
import type { Optimizer } from '../optim/optimizer.js';
import { usageName } from '../squad/squad-shape.js';
import type { RunModel } from './run-model.js';
import { slotName } from './update.js';

type Floats = Tensor<'float32'>;

/**
 * Parameters, optimiser state, and how experts were used. Each tensor has two memories: a step reads the current one and writes the spare one, which
 * `commit` makes current; so a step that fails half-way leaves the state as it was.
 */
export class TrainingState {
  private readonly current = new Map<string, Floats>();
  private readonly spare = new Map<string, Floats>();
  private readonly frozen: ReadonlyMap<string, Floats>;

  constructor(
    model: RunModel,
    optimizer: Optimizer,
    initial: ReadonlyMap<string, Floats>,
    frozen: ReadonlyMap<string, Floats> = new Map(),
  ) {
    this.frozen = new Map([...frozen].map(([name, held]) => [`p.${name}`, held]));
    for (const { name, shape } of model.parameters) {
      const start = initial.get(name);
      if (!start) throw new Error(`training state: ${name}: expected an initial value, got none`);
      this.current.set(`p.${name}`, tensor('float32', shape, Float32Array.from(start.data)));
      for (const slot of optimizer.slots) this.current.set(slotName(slot, name), zeros(shape));
    }
    const { squad } = model.trainable;
    for (const place of squad?.places ?? [])
      this.current.set(usageName(place), zeros([squad?.tasks.length ?? 0, squad?.experts ?? 0]));
    for (const [name, { shape }] of this.current) this.spare.set(name, zeros(shape));
  }

  /** All tensors by the names of graph inputs: `p.<name>`, `s.<slot>.<name>` and `usage.<place>`. */
  feeds(isWanted: (name: string) => boolean): Record<string, Floats> {
    return Object.fromEntries([...this.current, ...this.frozen].filter(([name]) => isWanted(name)));
  }

  /** Where a step writes these outputs. */
  targets(isWritten: (name: string) => boolean): Record<string, Floats> {
    return Object.fromEntries([...this.spare].filter(([name]) => isWritten(name)));
  }

  /** What was written becomes current. */
  commit(written: Iterable<string>): void {
    for (const name of written) {
      const [now, next] = [this.current.get(name), this.spare.get(name)];
      if (!now || !next) continue;
      this.current.set(name, next);
      this.spare.set(name, now);
    }
  }

  /** A copy of the parameters by their own names. */
  parameters(): Map<string, Floats> {
    return new Map(
      [...this.current]
        .filter(([name]) => name.startsWith('p.'))
        .map(([name, held]) => [name.slice(2), tensor('float32', held.shape, Float32Array.from(held.data))]),
    );
  }

  /** Every current tensor, as a checkpoint keeps it; a view, valid until the next step. */
  tensors(): ReadonlyMap<string, Floats> {
    return this.current;
  }

  /** @throws Error  when a tensor is missing or has another shape */
  restore(tensors: ReadonlyMap<string, Tensor>): void {
    for (const [name, held] of this.current) {
      const found = tensors.get(name);
      if (found?.dtype !== 'float32' || found.shape.join() !== held.shape.join())
        throw new Error(`training state: ${name}: expected float32 [${held.shape.join(', ')}], got ${describe(found)}`);
      held.data.set(found.data);
    }
  }
}

function describe(found: Tensor | undefined): string {
  return found ? `${found.dtype} [${found.shape.join(', ')}]` : 'nothing';
}

function zeros(shape: readonly number[]): Floats {
  return tensor('float32', shape, new Float32Array(sizeOf(shape)));
}
