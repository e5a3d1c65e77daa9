import type { PretrainConfig } from './sizes.js';

export interface PretrainOptions {
  /** Directory of .txt files. */
  readonly corpus: string;
  /** Where the model is written; a run that was stopped goes on from the checkpoint there. */
  readonly out: string;
  readonly config: PretrainConfig;
  /** Tokens to see, special ones included. */
  readonly tokens: number;
  readonly threads: number;
  readonly seed: number;
  readonly checkpointEvery: number;
  onEvent(event: PretrainEvent): void;
  /** Stops after the step that runs, leaving a checkpoint. */
  readonly signal: AbortSignal;
}

export type PretrainEvent =
  | { readonly type: 'prepared'; readonly vocab: number; readonly corpusTokens: number; readonly resumedFrom: number }
  | {
      readonly type: 'step';
      /** From 1. */
      readonly step: number;
      readonly totalSteps: number;
      readonly tokens: number;
      readonly loss: number;
      /** Moving average over about fifty steps. */
      readonly averageLoss: number;
      readonly gradNorm: number;
      readonly learningRate: number;
      readonly tokensPerSecond: number;
      readonly secondsLeft: number;
    };

export interface PretrainResult {
  readonly finished: boolean;
  readonly steps: number;
  readonly averageLoss: number;
}
