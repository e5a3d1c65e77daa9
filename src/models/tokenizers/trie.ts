import { IntPairMap } from './int-pair-map.js';

/** Strings with a value each, as a tree over UTF-16 code units: finds every stored prefix in one walk. */
export class Trie {
  static readonly root = 0;
  private readonly children: IntPairMap;
  private readonly values: number[] = [-1];

  constructor(expectedNodes = 16) {
    this.children = new IntPairMap(expectedNodes);
  }

  insert(text: string, value: number): void {
    let node = Trie.root;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      let next = this.children.get(node, unit);
      if (next < 0) {
        next = this.values.push(-1) - 1;
        this.children.set(node, unit, next);
      }
      node = next;
    }
    this.values[node] = value;
  }

  /** The node one code unit further, or -1. */
  step(node: number, unit: number): number {
    return this.children.get(node, unit);
  }

  /** The value stored at a node, or -1. */
  value(node: number): number {
    return this.values[node]!;
  }

  /** The node at the end of a text, or -1. */
  walk(text: string, node: number = Trie.root): number {
    for (let i = 0; i < text.length && node >= 0; i++) node = this.step(node, text.charCodeAt(i));
    return node;
  }
}
