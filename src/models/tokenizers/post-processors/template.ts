import { type Draft, specialDraft } from '../draft.js';
import { asArray, asCount, asObject, asString, type JsonObject, refuse } from '../json.js';
import type { PostProcessor } from './post-processor.js';

interface Special {
  readonly ids: readonly number[];
  readonly tokens: readonly string[];
}

interface Piece {
  readonly typeId: number;
  /** 0 or 1 for a text, else the special tokens. */
  readonly content: 0 | 1 | Special;
}

function readSpecials(json: unknown, where: string): Map<string, Special> {
  const specials = new Map<string, Special>();
  for (const [name, value] of Object.entries(asObject(json, where))) {
    const at = `${where}[${JSON.stringify(name)}]`;
    const fields = asObject(value, at);
    const ids = asArray(fields['ids'], `${at}.ids`).map((id) => asCount(id, `${at}.ids`));
    const tokens = asArray(fields['tokens'], `${at}.tokens`).map((token) => asString(token, `${at}.tokens`));
    if (ids.length !== tokens.length) refuse(`${at}.tokens`, `as many as ids, ${ids.length}`, tokens.length);
    specials.set(name, { ids, tokens });
  }
  return specials;
}

function readPiece(json: unknown, where: string, specials: ReadonlyMap<string, Special>): Piece {
  const fields = asObject(json, where);
  if ('Sequence' in fields) {
    const sequence = asObject(fields['Sequence'], `${where}.Sequence`);
    const id = sequence['id'];
    if (id !== 'A' && id !== 'B') return refuse(`${where}.Sequence.id`, 'A or B', id);
    return { content: id === 'A' ? 0 : 1, typeId: asCount(sequence['type_id'], `${where}.Sequence.type_id`) };
  }
  const token = asObject(fields['SpecialToken'], `${where}.SpecialToken`);
  const name = asString(token['id'], `${where}.SpecialToken.id`);
  const content = specials.get(name) ?? refuse(`${where}.SpecialToken.id`, 'one of special_tokens', name);
  return { content, typeId: asCount(token['type_id'], `${where}.SpecialToken.type_id`) };
}

function specialsIn(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { content }) => sum + (typeof content === 'number' ? 0 : content.ids.length), 0);
}

/** Lays texts and special tokens out by a template, one for a single text and one for a pair. */
export function buildTemplateProcessing(fields: JsonObject, where: string): PostProcessor {
  const specials = readSpecials(fields['special_tokens'], `${where}.special_tokens`);
  const read = (key: string): Piece[] =>
    asArray(fields[key], `${where}.${key}`).map((piece, i) => readPiece(piece, `${where}.${key}[${i}]`, specials));
  const single = read('single');
  const pair = read('pair');
  if (single.some(({ content }) => content === 1)) return refuse(`${where}.single`, 'only sequence A', 'B');
  return {
    added: (isPair) => specialsIn(isPair ? pair : single),
    process: (drafts, addSpecial) => {
      const result: Draft[] = [];
      for (const { content, typeId } of drafts.some(({ sequence }) => sequence === 1) ? pair : single) {
        if (typeof content === 'number') {
          const draft = drafts.find(({ sequence }) => sequence === content);
          if (draft !== undefined) result.push({ ...draft, typeId });
        } else if (addSpecial) result.push(specialDraft(content.ids, content.tokens, typeId));
      }
      return result;
    },
  };
}
