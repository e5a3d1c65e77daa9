import type { Digest } from '../common/digest.js';

/** What the compiler found in the files; stored with the version and shown to its tenant. */
export interface AdapterSummary {
  /**
   * `base`: a model of its own, stored and served as such. `composition`: made of others, see `ComposedDetails`.
   * `router`: no model, it weighs the bricks of a route.
   */
  readonly kind?: 'base' | 'composition' | 'router';
  readonly method: string;
  readonly task: string | null;
  readonly labels: readonly string[] | null;
  readonly details: Readonly<Record<string, unknown>>;
}

/** One file of a version as it was uploaded. */
export interface StoredFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** An immutable state of an adapter, addressed by the digest of its files. */
export interface AdapterVersion {
  readonly adapterId: string;
  readonly name: string;
  readonly digest: Digest;
  /** Names where its objects lie; see object-layout.ts. */
  readonly importId: string;
  readonly bytes: number;
  readonly summary: AdapterSummary;
  readonly createdAt: Date;
}

export interface Alias {
  readonly name: string;
  readonly digest: Digest;
  readonly movedAt: Date;
}

export interface Adapter {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Date;
  readonly aliases: readonly Alias[];
}

/** What a request's `model` names once it is resolved. */
export type ModelRef =
  | { readonly kind: 'base' }
  | { readonly kind: 'adapter'; readonly version: AdapterVersion; readonly alias: string | undefined };
