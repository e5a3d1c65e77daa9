import { asArray, asBool, asCount, asString, type JsonObject } from '../json.js';
import { type Draft, specialDraft } from '../draft.js';
import type { PostProcessor } from './post-processor.js';
import { trimOffsets } from './trim-offsets.js';

type NamedToken = readonly [token: string, id: number];

function readToken(value: unknown, where: string): NamedToken {
  const [token, id] = asArray(value, where);
  return [asString(token, `${where}[0]`), asCount(id, `${where}[1]`)];
}

function special([token, id]: NamedToken, typeId: number): Draft {
  return specialDraft([id], [token], typeId);
}

/** `[CLS] A [SEP]`, `[CLS] A [SEP] B [SEP]`; all of the second text is of type 1. */
export function buildBertProcessing(fields: JsonObject, where: string): PostProcessor {
  const sep = readToken(fields['sep'], `${where}.sep`);
  const cls = readToken(fields['cls'], `${where}.cls`);
  return {
    added: (isPair) => (isPair ? 3 : 2),
    process: (drafts, addSpecial) =>
      addSpecial
        ? drafts.flatMap((draft, i) =>
            i === 0 ? [special(cls, 0), draft, special(sep, 0)] : [draft, special(sep, 1)],
          )
        : drafts,
  };
}

/** `<s> A </s>`, `<s> A </s></s> B </s>`, all of type 0. */
export function buildRobertaProcessing(fields: JsonObject, where: string): PostProcessor {
  const sep = readToken(fields['sep'], `${where}.sep`);
  const cls = readToken(fields['cls'], `${where}.cls`);
  const isTrimmed = asBool(fields['trim_offsets'], `${where}.trim_offsets`);
  const prefixSpace = asBool(fields['add_prefix_space'], `${where}.add_prefix_space`);
  return {
    added: (isPair) => (isPair ? 4 : 2),
    process: (drafts, addSpecial) => {
      const untyped = drafts.map((draft) => ({ ...(isTrimmed ? trimOffsets(draft, prefixSpace) : draft), typeId: 0 }));
      if (!addSpecial) return untyped;
      return untyped.flatMap((draft, i) => [special(i === 0 ? cls : sep, 0), draft, special(sep, 0)]);
    },
  };
}
