import { ignored } from '../key-rules.js';
import { promptMethod } from '../peft-prompt.js';
import { placePrompt, tokenDim } from './prompt.js';

const encoder = ignored('the file holds what the encoder put out');

/**
 * P-tuning: input tokens that an encoder (MLP or LSTM) made in training. PEFT saves its output, so they are served like
 * those of prompt tuning.
 *
 * Liu et al. 2021, "GPT Understands, Too", arXiv:2103.10385.
 */
export const pTuning = promptMethod({
  name: 'p_tuning',
  type: 'P_TUNING',
  keys: {
    num_layers: ignored('the tokens enter once, at the input'),
    encoder_reparameterization_type: encoder,
    encoder_hidden_size: encoder,
    encoder_num_layers: encoder,
    encoder_dropout: encoder,
  },
  width: tokenDim,
  place: placePrompt,
});
