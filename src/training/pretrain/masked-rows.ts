import { ValidationError } from '../../common/errors.js';
import { tensor, type Tensor } from '../../engine/tensor.js';
import { Random } from '../../common/random.js';

export interface MaskedBatch {
  readonly inputIds: Tensor<'int32'>; // [rows, seq]
  /** Places of the tokens to guess, as indices into the rows joined: row · seq + position. */
  readonly positions: Tensor<'int32'>; // [masked]
  /** The tokens that stood there. */
  readonly targets: Tensor<'int32'>; // [masked]
}

export interface MaskedRowsOptions {
  readonly seed: number;
  readonly rows: number;
  /** Tokens of a row, special ones included, taken in turn by step. */
  readonly rowTokens: readonly number[];
  readonly share: number;
  readonly special: { readonly cls: number; readonly sep: number; readonly mask: number; readonly count: number };
  readonly vocab: number;
}

/**
 * Batches for masked-language modelling: rows `[CLS] … [SEP]` cut from the texts, of which a share of the tokens is to be
 * guessed. Of these 80 % are replaced by [MASK], 10 % by a token drawn uniformly from those that are not special, 10 % are
 * left. Every row has the same number of them, max(1, round(share · tokens)).
 *
 * A batch is a function of the seed and its step alone, so a run that goes on sees what an unbroken one sees. Rows of each
 * length go through the texts in an order of their own, without repeating until all is seen; each pass cuts the texts at
 * another place. What is left over at the end of a text is left out of that pass.
 *
 * Devlin et al. 2019, "BERT", §3.1 and A.1, arXiv:1810.04805; one mask for each pass, as Liu et al. 2019, arXiv:1907.11692.
 */
export class MaskedRows {
  private readonly orders: PieceOrder[];

  /** @throws ValidationError  when the texts are shorter than one row of the longest kind */
  constructor(
    texts: readonly Int32Array[],
    private readonly options: MaskedRowsOptions,
  ) {
    this.orders = options.rowTokens.map((tokens) => new PieceOrder(texts, tokens - 2, options.seed));
  }

  /** @param step  from 0 */
  batch(step: number): MaskedBatch {
    const { rows, rowTokens, share, special, seed } = this.options;
    const kind = step % rowTokens.length;
    const [length, order] = [rowTokens[kind]!, this.orders[kind]!];
    const masked = Math.max(1, Math.round(share * (length - 2)));
    const first = Math.floor(step / rowTokens.length) * rows;
    const random = Random.stream(seed, 'mask', step);
    const ids = new Int32Array(rows * length);
    const positions = new Int32Array(rows * masked);
    const targets = new Int32Array(rows * masked);
    for (let row = 0; row < rows; row++) {
      const start = row * length;
      ids[start] = special.cls;
      ids.set(order.piece(first + row), start + 1);
      ids[start + length - 1] = special.sep;
      const chosen = random
        .permutation(length - 2)
        .slice(0, masked)
        .sort((a, b) => a - b);
      chosen.forEach((offset, i) => {
        const at = start + 1 + offset;
        positions[row * masked + i] = at;
        targets[row * masked + i] = ids[at]!;
        ids[at] = this.shown(ids[at]!, random);
      });
    }
    return {
      inputIds: tensor('int32', [rows, length], ids),
      positions: tensor('int32', [rows * masked], positions),
      targets: tensor('int32', [rows * masked], targets),
    };
  }

  private shown(token: number, random: Random): number {
    const { special, vocab } = this.options;
    const draw = random.uniform();
    if (draw < 0.8) return special.mask;
    return draw < 0.9 ? special.count + random.below(vocab - special.count) : token;
  }
}

/** Pieces of equal length in random order, pass by pass. */
class PieceOrder {
  private pass = -1;
  private starts: { text: number; at: number }[] = [];
  private order: number[] = [];
  private readonly perPass: number;

  constructor(
    private readonly texts: readonly Int32Array[],
    private readonly length: number,
    private readonly seed: number,
  ) {
    // One piece fewer than fits, so that every pass has as many wherever its cuts begin.
    this.perPass = texts.reduce((sum, text) => sum + piecesOf(text, length), 0);
    if (length < 1 || this.perPass === 0) {
      throw new ValidationError(`corpus: expected a text of at least ${2 * length} tokens, got only shorter ones`);
    }
  }

  piece(index: number): Int32Array {
    this.open(Math.floor(index / this.perPass));
    const { text, at } = this.starts[this.order[index % this.perPass]!]!;
    return this.texts[text]!.subarray(at, at + this.length);
  }

  private open(pass: number): void {
    if (pass === this.pass) return;
    const random = Random.stream(this.seed, 'pieces', this.length, pass);
    this.starts = this.texts.flatMap((tokens, text) => {
      const shift = random.below(this.length);
      return Array.from({ length: piecesOf(tokens, this.length) }, (_, i) => ({ text, at: shift + i * this.length }));
    });
    this.order = random.permutation(this.perPass);
    this.pass = pass;
  }
}

function piecesOf(text: Int32Array, length: number): number {
  return Math.max(0, Math.floor(text.length / length) - 1);
}
