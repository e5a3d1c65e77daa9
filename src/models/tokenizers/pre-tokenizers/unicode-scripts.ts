import { unitsOf } from '../characters.js';
import type { NormalizedString } from '../normalized-string.js';

/** The scripts of Unicode 9, frequent ones first; a character of any later script joins the word it stands in. */
const SCRIPTS = `
Latin Common Han Hiragana Katakana Cyrillic Greek Arabic Hebrew Devanagari Hangul Thai Inherited
Adlam Ahom Anatolian_Hieroglyphs Armenian Avestan Balinese Bamum Bassa_Vah Batak Bengali Bhaiksuki
Bopomofo Brahmi Braille Buginese Buhid Canadian_Aboriginal Carian Caucasian_Albanian Chakma Cham Cherokee
Coptic Cuneiform Cypriot Deseret Duployan Egyptian_Hieroglyphs Elbasan Ethiopic
Georgian Glagolitic Gothic Grantha Gujarati Gurmukhi Hanunoo Hatran
Imperial_Aramaic Inscriptional_Pahlavi Inscriptional_Parthian Javanese Kaithi Kannada
Kayah_Li Kharoshthi Khmer Khojki Khudawadi Lao Lepcha Limbu Linear_A Linear_B Lisu Lycian Lydian
Mahajani Malayalam Mandaic Manichaean Marchen Meetei_Mayek Mende_Kikakui Meroitic_Cursive Meroitic_Hieroglyphs
Miao Modi Mongolian Mro Multani Myanmar Nabataean New_Tai_Lue Newa Nko Ogham Ol_Chiki Old_Hungarian Old_Italic
Old_North_Arabian Old_Permic Old_Persian Old_South_Arabian Old_Turkic Oriya Osage Osmanya Pahawh_Hmong
Palmyrene Pau_Cin_Hau Phags_Pa Phoenician Psalter_Pahlavi Rejang Runic Samaritan Saurashtra Sharada Shavian
Siddham SignWriting Sinhala Sora_Sompeng Sundanese Syloti_Nagri Syriac Tagalog Tagbanwa Tai_Le Tai_Tham
Tai_Viet Takri Tamil Tangut Telugu Thaana Tibetan Tifinagh Tirhuta Ugaritic Vai Warang_Citi Yi
`
  .trim()
  .split(/\s+/)
  .map((name) => ({ name, pattern: new RegExp(`^\\p{Script=${name}}$`, 'v') }));

const ANY = 'Any';
const known = new Map<number, string>();

/** Japanese is one script with Han; a blank, and a character without a script, goes with its neighbours. */
function scriptOf(codePoint: number): string {
  if (codePoint === 0x20) return ANY;
  if (codePoint === 0x30fc) return 'Han';
  let script = known.get(codePoint);
  if (script === undefined) {
    const char = String.fromCodePoint(codePoint);
    const name = SCRIPTS.find(({ pattern }) => pattern.test(char))?.name ?? ANY;
    script = name === 'Hiragana' || name === 'Katakana' ? 'Han' : name;
    known.set(codePoint, script);
  }
  return script;
}

/** Cuts where the script changes. */
export function unicodeScripts(source: NormalizedString, out: NormalizedString[]): void {
  const { text } = source;
  let last: string | undefined;
  let start = -1;
  for (let i = 0; i < text.length; ) {
    const point = text.codePointAt(i)!;
    const script = scriptOf(point);
    if (script !== ANY && script !== last) {
      if (start >= 0 && start < i) out.push(source.slice(start, i));
      start = i;
      last = script;
    }
    i += unitsOf(point);
  }
  if (start >= 0) out.push(source.slice(start, text.length));
}
