/** Rows joined to clusters. Of two clusters joined, the one with the smaller first row names both. */
export class DisjointSets {
  private readonly parents: Int32Array;

  constructor(size: number) {
    this.parents = Int32Array.from({ length: size }, (_, row) => row);
  }

  /** The first row of the cluster. */
  find(row: number): number {
    let root = row;
    while (this.parents[root] !== root) root = this.parents[root]!;
    for (let at = row; at !== root;) {
      const above = this.parents[at]!;
      this.parents[at] = root;
      at = above;
    }
    return root;
  }

  union(a: number, b: number): void {
    const [x, y] = [this.find(a), this.find(b)];
    if (x < y) this.parents[y] = x;
    else this.parents[x] = y;
  }
}
