import { classWeights } from '../objectives/class-weights.js';
import type { Tokenizer } from '../../models/tokenizers/tokenizer.js';
import { CharacterCounts } from './character-counts.js';
import type { DataCard, LabelCard } from './data-card.js';
import type { Example } from './example.js';
import { LengthCounts } from './length-counts.js';
import { taskLabel } from './task-label.js';

const WORD = /\S+/gu;
const MAX_GROUPS = 1000;

/** Counts what the rows that were kept look like, as the data card shows it. */
export class SplitCounts {
  private readonly labels = new Map<string, [number, number, number]>();
  private readonly groups = new Map<string, number>();
  private readonly characters = new CharacterCounts();
  private readonly lengths = { characters: new LengthCounts(), words: new LengthCounts(), tokens: new LengthCounts() };

  constructor(private readonly tokenizer: Pick<Tokenizer, 'encode'> | undefined) {}

  add(example: Example, split: number): void {
    for (const label of countedLabels(example)) {
      const counts = this.labels.get(label) ?? [0, 0, 0];
      counts[split]!++;
      this.labels.set(label, counts);
    }
    const { text, pair, group } = example;
    if (group !== undefined && (this.groups.has(group) || this.groups.size < MAX_GROUPS)) {
      this.groups.set(group, (this.groups.get(group) ?? 0) + 1);
    }
    this.lengths.characters.add(this.characters.add(text) + (pair === undefined ? 0 : this.characters.add(pair)));
    this.lengths.words.add(countWords(text) + countWords(pair ?? ''));
    if (this.tokenizer) {
      this.lengths.tokens.add(this.tokenizer.encode(text, pair === undefined ? {} : { pair }).ids.length);
    }
  }

  card(): Pick<DataCard, 'labels' | 'imbalance' | 'groups' | 'lengths' | 'characters'> {
    const { characters, words, tokens } = this.lengths;
    const labels = this.labelCards();
    const train = labels.map((label) => label.train).filter((count) => count > 0);
    const byRows = [...this.groups].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
    return {
      labels,
      imbalance: train.length < 2 ? undefined : Math.max(...train) / Math.min(...train),
      groups: byRows.slice(0, 100).map(([group, rows]) => ({ group, rows })),
      lengths: {
        characters: characters.summary(),
        words: words.summary(),
        tokens: this.tokenizer ? tokens.summary() : undefined,
      },
      characters: this.characters.shares(),
    };
  }

  private labelCards(): LabelCard[] {
    const sorted = [...this.labels].sort(([a], [b]) => (a < b ? -1 : 1));
    const trained = sorted.map(([, [train]]) => train);
    const balanced = classWeights(trained, 'balanced');
    const effective = classWeights(trained, 'effective');
    return sorted.map(([label, [train, validation, test]], at) => ({
      label,
      rows: train + validation + test,
      train,
      validation,
      test,
      balancedWeight: balanced[at]!,
      effectiveWeight: effective[at]!,
    }));
  }
}

function countedLabels(example: Example): readonly string[] {
  const { labels, entities } = example;
  const label = taskLabel(example);
  return label === undefined ? (labels ?? entities?.map((span) => span.label) ?? []) : [label];
}

function countWords(text: string): number {
  return text.match(WORD)?.length ?? 0;
}
