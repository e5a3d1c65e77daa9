import type { Activation } from './heads.js';

/** Module names of a family's heads in its files. */
export interface HeadLayout {
  readonly sequence: { readonly dense: string; readonly activation: Activation; readonly out: string };
  readonly token: { readonly out: string };
  readonly maskedLm: MaskedLmLayout;
  /** A first dense layer that is part of the bare model. */
  readonly pooler?: { readonly dense: string; readonly activation: Activation };
}

export interface MaskedLmLayout {
  readonly dense: string;
  readonly activation: Activation;
  readonly norm: string;
  readonly epsilon: number;
  /** Module of the decoder: `<decoder>.weight` is tied to the word embeddings where the file lacks it. */
  readonly decoder: string;
  /** Full tensor name of the decoder's bias; `<decoder>.bias` is its second name. */
  readonly decoderBias: string;
}
