import type { MergeStep } from '../composition/merge/merge.js';
import type { HeadChoice } from '../composition/value.js';
import type { HeadLabels } from '../models/heads.js';
import type { GrowingMethod } from './adapt/next-change.js';

/** Numbers of a finished run, of one evaluation or of one label, by name. */
export type Metrics = Readonly<Record<string, number>>;

export type TrainingEvent =
  | {
      readonly type: 'started';
      readonly totalSteps: number;
      readonly examples: number;
      readonly trainedParameters: number;
      /** The step it goes on from; 0 at the start. */
      readonly resumedFrom: number;
    }
  | {
      readonly type: 'step';
      /** From 1. */
      readonly step: number;
      readonly totalSteps: number;
      readonly loss: number;
      /** Before clipping. */
      readonly gradNorm: number;
      readonly learningRate: number;
      readonly tokensPerSecond: number;
      readonly secondsLeft: number;
    }
  /** A module of a merge is done. */
  | ({ readonly type: 'merged'; readonly secondsLeft: number } & MergeStep)
  | { readonly type: 'evaluated'; readonly step: number; readonly metrics: Metrics; readonly isBest: boolean }
  | { readonly type: 'checkpoint'; readonly step: number; readonly directory: string }
  /** What the advisor chose and why: of the plan at step 0, of a change after that step. */
  | { readonly type: 'advice'; readonly step: number; readonly message: string }
  /** The run trains more from here on: why, and what. */
  | ({ readonly type: 'adapted'; readonly message: string; readonly trainedParameters: number } & Adapted)
  | { readonly type: 'warning'; readonly message: string }
  | { readonly type: 'finished'; readonly result: TrainingResult };

/** A change of the method while the run trains, after `step`. */
export interface Adapted {
  readonly step: number;
  readonly method: GrowingMethod;
}

/** What a squad's run made, in the order of the routers' experts. */
export interface MadeSquad {
  readonly experts: readonly { readonly name: string; readonly folder: string }[];
  readonly routers: readonly { readonly task: string; readonly folder: string }[];
  readonly topK: number;
  readonly temperature: number;
}

/** What a fit of AdapterFusion mixes, and what answers where it has no head of its own. */
export interface MadeFusion {
  /** As the fit was told of them, in order. */
  readonly members: readonly string[];
  readonly head?: HeadChoice;
}

export interface TrainingResult {
  /** Directory with the adapter as PEFT or AdapterHub reads it and card.json, or with a whole base model. */
  readonly files: string;
  readonly kind: 'adapter' | 'base' | 'composition';
  /** Of a composition: what its head means. */
  readonly labels?: HeadLabels;
  /** Of a run of several tasks: folders of `files` with an adapter each, which share all but the head. */
  readonly tasks?: readonly string[];
  /** Of a run whose tasks share experts; `files` has a folder for each of them and for each task's router. */
  readonly squad?: MadeSquad;
  /** Of a fusion: `files` are those of the router that a composition of these members goes by. */
  readonly fusion?: MadeFusion;
  /** Of the kept step on the validation data; of the last steps' mean loss without any. */
  readonly metrics: Metrics;
  /** What came of it in a line, where the metrics do not say it. */
  readonly summary?: string;
  /** Optimiser steps done. */
  readonly steps: number;
  /** The step whose parameters were kept. */
  readonly bestStep: number;
  readonly trainedTokens: number;
  /** Of a run that adapts. */
  readonly adapted?: readonly Adapted[];
  readonly stopped: 'finished' | 'early' | 'aborted';
}
