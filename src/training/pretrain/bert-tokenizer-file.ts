export const BERT_NORMALIZER = {
  type: 'BertNormalizer',
  clean_text: true,
  handle_chinese_chars: true,
  strip_accents: null,
  lowercase: true,
} as const;

export const BERT_PRE_TOKENIZER = { type: 'BertPreTokenizer' } as const;

/** In the order of their ids. */
export const SPECIAL_TOKENS = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'] as const;

export const CONTINUATION = '##';

const sequence = (id: 'A' | 'B', typeId: number) => ({ Sequence: { id, type_id: typeId } });
const special = (id: string, typeId: number) => ({ SpecialToken: { id, type_id: typeId } });

/**
 * tokenizer.json of a lower-case BERT tokenizer with this vocabulary, as the `tokenizers` library writes and reads it.
 *
 * @param tokens  by id; begins with `SPECIAL_TOKENS`
 */
export function bertTokenizerJson(tokens: readonly string[]): Record<string, unknown> {
  const idOf = (token: string) => ({ id: token, ids: [tokens.indexOf(token)], tokens: [token] });
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: SPECIAL_TOKENS.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: BERT_NORMALIZER,
    pre_tokenizer: BERT_PRE_TOKENIZER,
    post_processor: {
      type: 'TemplateProcessing',
      single: [special('[CLS]', 0), sequence('A', 0), special('[SEP]', 0)],
      pair: [special('[CLS]', 0), sequence('A', 0), special('[SEP]', 0), sequence('B', 1), special('[SEP]', 1)],
      special_tokens: { '[CLS]': idOf('[CLS]'), '[SEP]': idOf('[SEP]') },
    },
    decoder: { type: 'WordPiece', prefix: CONTINUATION, cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: CONTINUATION,
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
    },
  };
}

/** tokenizer_config.json beside it. */
export function bertTokenizerConfig(maxTokens: number): Record<string, unknown> {
  return {
    tokenizer_class: 'PreTrainedTokenizerFast',
    model_max_length: maxTokens,
    do_lower_case: true,
    pad_token: '[PAD]',
    unk_token: '[UNK]',
    cls_token: '[CLS]',
    sep_token: '[SEP]',
    mask_token: '[MASK]',
  };
}
