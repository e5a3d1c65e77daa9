"""Writes the files beside it: what Hugging Face's tokenizers library makes of small vocabularies and texts of our own.

Run with tokenizers 0.23.2 and sentencepiece 0.2.2 installed:  python make-cases.py
The library's trainers break ties at random, so the vocabularies of tokenizers.json differ a little from run to run.
"""

import base64
import io
import json
import pathlib
import tempfile

import sentencepiece
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

LINES = [
    "the small boat sails to the far island and the wind is fair",
    "she sells good bread, and the bread is gone before noon",
    "don't count the days; make the days count!",
    "a naïve reader of the café menu may order déjà vu",
    "twenty-four boats, 24 sails and 365 days",
    "winding rivers wind around the windy islands",
]
TEXTS = [
    "",
    " ",
    "the wind",
    "  Two  words\t\n",
    "The café's naïve déjà-vu: 3.75kg!",
    "e\u0301 \u1100\u1161\u11a8 a\u0302\u0323 \ufb01n \u00bd \u2167",
    "\u4e2d\u6587 \u30ab\u30bf, \U0001f600\U0001f44d\U0001f3fd",
    "\u0130stanbul \u03a3\u03a5\u03a3 \u1e9e",
    "a\u0007b\u00a0c\u200bd\u2028e\ufffd",
    "they'll say 12345 DON'T",
    "<mask> the day [X] X Xs  <mask>",
]


def charsmap() -> str:
    """A compiled character map of four rules, taken out of a SentencePiece model."""
    with tempfile.TemporaryDirectory() as folder:
        rules = pathlib.Path(folder, "rules.tsv")
        rules.write_text("FB01\t66 69\n65 301\tE9\nAD\t\n2028\t20\n2167\t56 49 49 49\n")
        model = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(LINES), model_writer=model, vocab_size=60, hard_vocab_limit=False,
            normalization_rule_tsv=str(rules), minloglevel=2,
        )
    spec = dict(fields(model.getvalue()))[3]
    return base64.b64encode(dict(fields(spec))[2]).decode()


def fields(message: bytes):
    """Field number and content of each length-delimited field of a protobuf message."""
    at = 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(message):
        key = varint()
        kind = key & 7
        if kind == 2:
            size = varint()
            yield key >> 3, message[at : at + size]
            at += size
        elif kind == 0:
            varint()
        else:
            at += {5: 4, 1: 8}[kind]


def typed(kind: str, **more) -> dict:
    return {"type": kind, **more}


def bert(clean=True, ideographs=True, accents=None, lower=True) -> dict:
    return typed("BertNormalizer", clean_text=clean, handle_chinese_chars=ideographs, strip_accents=accents, lowercase=lower)


NORMALIZERS = [
    bert(), bert(clean=False), bert(accents=False), bert(ideographs=False, lower=False), bert(accents=True, lower=False),
    typed("NFC"), typed("NFD"), typed("NFKC"), typed("NFKD"), typed("Lowercase"), typed("Nmt"), typed("StripAccents"),
    typed("ByteLevel"), typed("Prepend", prepend="\u2581"),
    typed("Strip", strip_left=True, strip_right=False), typed("Strip", strip_left=True, strip_right=True),
    typed("Replace", pattern={"String": " "}, content="\u2581"), typed("Replace", pattern={"Regex": "\\s{2,}"}, content=" "),
    typed("Replace", pattern={"Regex": "[aeiou]"}, content=""),
    typed("Sequence", normalizers=[typed("NFD"), typed("StripAccents"), typed("Lowercase")]),
    typed("Sequence", normalizers=[typed("Prepend", prepend="ab"), typed("NFKC"), typed("Strip", strip_left=True, strip_right=True)]),
    typed("Precompiled", precompiled_charsmap=charsmap()),
]
GPT = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
BEHAVIORS = ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"]


def split(pattern: dict, behavior="Isolated", invert=False) -> dict:
    return typed("Split", pattern=pattern, behavior=behavior, invert=invert)


def metaspace(scheme: str, is_split=True) -> dict:
    return typed("Metaspace", replacement="\u2581", prepend_scheme=scheme, split=is_split)


def byte_level(prefix=False, regex=True) -> dict:
    return typed("ByteLevel", add_prefix_space=prefix, trim_offsets=True, use_regex=regex)


PRE_TOKENIZERS = [
    typed("BertPreTokenizer"), typed("Whitespace"), typed("WhitespaceSplit"), typed("UnicodeScripts"),
    typed("CharDelimiterSplit", delimiter="e"), typed("FixedLength", length=3),
    typed("Digits", individual_digits=True), typed("Digits", individual_digits=False),
    byte_level(), byte_level(prefix=True), byte_level(regex=False),
    metaspace("always"), metaspace("first"), metaspace("never"), metaspace("always", False),
    *[typed("Punctuation", behavior=behavior) for behavior in BEHAVIORS],
    *[split({"Regex": "[aeiou ]"}, behavior, invert) for behavior in BEHAVIORS for invert in (False, True)],
    split({"String": "'"}, "Removed"), split({"Regex": GPT}), split({"Regex": GPT}, "Removed", True),
    split({"Regex": "\\b\\w+\\b"}), split({"Regex": "^.|.$"}), split({"Regex": "x*"}), split({"Regex": "(\\w)\\1"}),
    split({"Regex": "[^\\r\\n\\p{L}\\p{N}]?+\\p{L}++"}), split({"Regex": "[\\p{L}&&[^a-m]]+"}), split({"Regex": "(?>a|ab)c|the\\h?"}),
    split({"Regex": "[[:upper:]]+|[[:^alnum:]]|\\p{^L}"}), split({"Regex": "(?x) the # an article\n | d a y "}),
    typed("Sequence", pretokenizers=[typed("WhitespaceSplit"), metaspace("always")]),
    typed("Sequence", pretokenizers=[split({"Regex": GPT}), byte_level(regex=False)]),
]
TOKENS = [
    ["the", "wind", "##ing", "do", "n't", ".", "!", "do", "not"],
    ["\u2581the", "\u2581wi", "nd", "s"],
    ["\u0120the", "\u0120caf", "\u00c3", "\u00a9", "\u00c3", "x\u2603"],
    ["<0xE2>", "<0x98>", "<0x83>", "a", "<0xFF>", "<0x41>", "<0xZZ>"],
    ["<pad>", "t", "t", "<pad>", "t", "|", "o", "o"],
    ["win</w>", "d", "s</w>"],
    ["  a  ", " ", ""],
    [],
]
DECODERS = [
    typed("WordPiece", prefix="##", cleanup=True), typed("WordPiece", prefix="##", cleanup=False), typed("ByteLevel", add_prefix_space=True, trim_offsets=True, use_regex=True),
    typed("ByteFallback"), typed("Fuse"), typed("CTC", pad_token="<pad>", word_delimiter_token="|", cleanup=True),
    typed("Metaspace", replacement="\u2581", prepend_scheme="always", split=True), typed("Metaspace", replacement="\u2581", prepend_scheme="never", split=True),
    typed("Replace", pattern={"String": "\u2581"}, content=" "), typed("Strip", content=" ", start=1, stop=0),
    typed("Sequence", decoders=[typed("Replace", pattern={"String": "\u2581"}, content=" "), typed("ByteFallback"), typed("Fuse"), typed("Strip", content=" ", start=1, stop=0)]),
]


def shell(**parts) -> dict:
    model = typed("WordLevel", vocab={"[UNK]": 0}, unk_token="[UNK]")
    empty = dict.fromkeys(["truncation", "padding", "normalizer", "pre_tokenizer", "post_processor", "decoder"])
    return {"version": "1.0", **empty, "added_tokens": [], "model": model, **parts}


def load(parts: dict) -> Tokenizer:
    return Tokenizer.from_str(json.dumps(parts))


def normalized(part: dict) -> dict:
    tokenizer = load(shell(normalizer=part, pre_tokenizer=typed("FixedLength", length=1)))
    rows = []
    for text in TEXTS:
        encoding = tokenizer.encode(text)
        rows.append([text, tokenizer.normalizer.normalize_str(text), encoding.offsets])
    return {"json": part, "rows": rows}


def pre_tokenized(part: dict) -> dict:
    tokenizer = load(shell(pre_tokenizer=part))
    rows = []
    for text in TEXTS:
        words = tokenizer.pre_tokenizer.pre_tokenize_str(text)
        rows.append([text, [word for word, _ in words], [list(span) for _, span in words]])
    return {"json": part, "rows": rows}


def decoded(part: dict) -> dict:
    decoder = load(shell(decoder=part)).decoder
    return {"json": part, "rows": [[tokens, decoder.decode(tokens)] for tokens in TOKENS]}


SPECIALS = ["<unk>", "<s>", "</s>", "<mask>"]


def trained(model, trainer, pre_tokenizer: dict) -> dict:
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = load(shell(pre_tokenizer=pre_tokenizer)).pre_tokenizer
    tokenizer.train_from_iterator(LINES, trainer)
    return json.loads(tokenizer.to_str())


def template(pieces: str, pair: str) -> dict:
    ids = {"<s>": 1, "</s>": 2}

    def piece(word: str) -> dict:
        name, _, type_id = word.partition(":")
        kind = "Sequence" if name in "AB" else "SpecialToken"
        return {kind: {"id": name, "type_id": int(type_id or 0)}}

    return typed(
        "TemplateProcessing", single=[piece(word) for word in pieces.split()], pair=[piece(word) for word in pair.split()],
        special_tokens={name: {"id": name, "ids": [id], "tokens": [name]} for name, id in ids.items()},
    )


def tokenizers():
    common = dict(special_tokens=SPECIALS, show_progress=False)
    pair = "<s> A </s> B:1 </s>:1"
    wordpiece = trained(models.WordPiece(unk_token="<unk>"), trainers.WordPieceTrainer(vocab_size=90, **common), typed("BertPreTokenizer"))
    yield {**wordpiece, "normalizer": bert(), "post_processor": template("<s> A </s>", pair), "decoder": typed("WordPiece", prefix="##", cleanup=True)}
    yield {**wordpiece, "post_processor": typed("BertProcessing", sep=["</s>", 2], cls=["<s>", 1])}
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    bytes_ = trained(models.BPE(), trainers.BpeTrainer(vocab_size=310, initial_alphabet=alphabet, **common), byte_level())
    roberta = typed("RobertaProcessing", sep=["</s>", 2], cls=["<s>", 1], trim_offsets=True, add_prefix_space=True)
    byte_decoder = typed("ByteLevel", add_prefix_space=True, trim_offsets=True, use_regex=True)
    mask = [{**token, "lstrip": True} if token["content"] == "<mask>" else token for token in bytes_["added_tokens"]]
    yield {**bytes_, "added_tokens": mask, "post_processor": roberta, "decoder": byte_decoder}
    processors = [typed("ByteLevel", add_prefix_space=True, trim_offsets=True, use_regex=True), template("<s> A", "<s> A <s>:1 B:1")]
    yield {**bytes_, "model": {**bytes_["model"], "ignore_merges": True}, "post_processor": typed("Sequence", processors=processors), "decoder": byte_decoder}
    fallback = trained(models.BPE(unk_token="<unk>"), trainers.BpeTrainer(vocab_size=100, **common), metaspace("always"))
    vocab = fallback["model"]["vocab"]
    for byte in range(256):
        vocab[f"<0x{byte:02X}>"] = len(vocab)
    joined = [typed("Prepend", prepend="\u2581"), typed("Replace", pattern={"String": " "}, content="\u2581")]
    yield {**fallback, "model": {**fallback["model"], "byte_fallback": True, "fuse_unk": True}, "pre_tokenizer": None,
           "normalizer": typed("Sequence", normalizers=joined), "decoder": DECODERS[-1], "post_processor": template("<s> A", "<s> A <s>:1 B:1")}
    yield {**fallback, "model": {**fallback["model"], "vocab": dict(list(vocab.items())[:-256]), "fuse_unk": True}}
    yield {**fallback, "model": {**fallback["model"], "vocab": dict(list(vocab.items())[:-256]), "unk_token": None}}
    suffix = trained(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"), trainers.BpeTrainer(vocab_size=100, end_of_word_suffix="</w>", **common), typed("Whitespace"))
    yield {**suffix, "decoder": typed("BPEDecoder", suffix="</w>")}
    yield trained(models.BPE(unk_token="<unk>", continuing_subword_prefix="##"), trainers.BpeTrainer(vocab_size=100, continuing_subword_prefix="##", **common), typed("Whitespace"))
    unigram = trained(models.Unigram(), trainers.UnigramTrainer(vocab_size=70, unk_token="<unk>", **common), metaspace("always"))
    spaces = typed("Metaspace", replacement="\u2581", prepend_scheme="always", split=True)
    yield {**unigram, "normalizer": typed("NFKC"), "post_processor": template("A </s>", "A </s> B </s>"), "decoder": spaces}
    vocab = unigram["model"]["vocab"] + [[f"<0x{byte:02X}>", -15.0] for byte in range(256)]
    yield {**unigram, "model": {**unigram["model"], "vocab": vocab, "byte_fallback": True}}
    words = {word: i for i, word in enumerate([*SPECIALS, "the", "wind", "day", ","])}
    flags = dict(single_word=False, lstrip=False, rstrip=False, normalized=True, special=False)
    added = [{"id": 3, "content": "<mask>", **flags, "rstrip": True, "special": True, "normalized": False},
             {"id": 8, "content": "X", **flags, "single_word": True}, {"id": 9, "content": "[X]", **flags, "lstrip": True},
             {"id": 10, "content": "DON'T", **flags}, {"id": 11, "content": "caf\u00e9", **flags, "special": True}]
    yield shell(model=typed("WordLevel", vocab=words, unk_token="<unk>"), added_tokens=added, normalizer=bert(), pre_tokenizer=typed("Whitespace"))


def encoded(parts: dict) -> dict:
    tokenizer = load(parts)
    rows = []
    for i, text in enumerate(TEXTS):
        second = TEXTS[(i + 3) % len(TEXTS)]
        tokenizer.no_truncation()
        one, two = tokenizer.encode(text), tokenizer.encode(text, second)
        plain = tokenizer.encode(text, add_special_tokens=False)
        tokenizer.enable_truncation(9)
        cut, cut_pair = tokenizer.encode(text), tokenizer.encode(text, second)
        rows.append({
            "text": text, "ids": one.ids, "tokens": [tokenizer.id_to_token(id) for id in one.ids], "offsets": one.offsets,
            "specialMask": one.special_tokens_mask, "wordIds": [-1 if word is None else word for word in one.word_ids],
            "plainIds": plain.ids, "second": second, "pairIds": two.ids, "pairTypeIds": two.type_ids, "pairOffsets": two.offsets,
            "cutIds": cut.ids, "cutPairIds": cut_pair.ids,
            "decoded": tokenizer.decode(one.ids, skip_special_tokens=False), "decodedPlain": tokenizer.decode(one.ids),
        })
    return {"json": parts, "rows": rows}


def write(name: str, cases: list) -> None:
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    pathlib.Path(__file__).with_name(f"{name}.json").write_text(f"[\n{lines}\n]\n")


write("normalizers", [normalized(part) for part in NORMALIZERS])
write("pre-tokenizers", [pre_tokenized(part) for part in PRE_TOKENIZERS])
write("decoders", [decoded(part) for part in DECODERS])
write("tokenizers", [encoded(parts) for parts in tokenizers()])
