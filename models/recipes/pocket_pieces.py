"""A pocket of Marian's tokenizer and of T5's, and what transformers makes of 10,000 strings with them.

From the repository root: python models/recipes/pocket_pieces.py
Writes tests/fixtures/pocket/pieces/ (source.spm, target.spm, vocab.json; bytes/ the same with byte fallback; t5/tokenizer.json)
and tests/fixtures/golden/pieces.json.

What MarianTokenizer (transformers 4.57) does: `sp_model.encode(text, out_type=str)` of the source model, each piece looked up
in vocab.json (an unknown stretch is one piece, and is unknown there, or not: target pieces are in the same vocabulary), `</s>`
behind it. Its moses punctuation normaliser is built and never called by encode. It splits control tokens and `>>code<<`
out of a text; ours never does, so the truth is asked with `split_special_tokens` and no string begins with a code. Written
text is `decode_pieces` of the target model, U+2581 as spaces, stripped.

The golden file holds of each string the CRC-32 of its ids (little-endian u32) by every tokenizer; the first 60 also have
the ids themselves, so that a failure can be read. Strings are made again from the seed by the same little generator in
Rust (`inference/seq2seq/words_tests.rs`): a linear congruential one over a table of pieces of text.
"""

import json
import random
import zlib
from pathlib import Path

import sentencepiece
from transformers import MarianTokenizer, T5TokenizerFast

HERE = Path("models/recipes/understand/phrases")
POCKET = Path("tests/fixtures/pocket/pieces")
GOLDEN = Path("tests/fixtures/golden/pieces.json")
COUNT = 10_000
# What strings are made of. Kinds of trouble stand beside plain words.
PARTS = [
    "кот", "Рыжий кот", "нарисуй", "ёж", "Ёлка", "подъезд", "сверхчеловек", "на крыше", "в стиле", "Айзек", "щщщ",
    "cat", "a ginger cat", "Draw", "house", "the", "iPhone", "naïve", "café", "WiFi-роутер", "кoт", "Pусь",
    " ", "  ", "\u00a0", "\t", "\n", "\u2003", "\u200b", "\u200d", "\ufeff", "\u00ad", "\u3000",
    "0", "7", "2024", "3,14", "½", "²", "№", "Ⅳ", "①", "٣",
    ".", ",", "!", "?", "…", "«", "»", "“", "”", "\"", "'", "-", "—", "–", "(", ")", "/", "\\", "@", "#", "%", "&", "*",
    "🐱", "👨‍👩‍👧", "🇷🇺", "👍🏽", "❤️", "😀😀😀",
    "é", "й", "ё", "ǖ", "ﬁ", "ﷺ", "Ａｂｃ", "ｶﾞ", "漢字", "한국어", "ไทย", "مرحبا", "שלום", "हिन्दी",
    "</s>", "<pad>", "<unk>", "<extra_id_0>", "<0xE2>", "▁", "▁кот", "\u0001", "\u007f", "\ufffd", "𝔘𝔫𝔦", "ǅ", "ß", "İ", "ı",
    # Letters with marks of their own, also where no letter is; syllables in parts; what becomes many letters.
    "e\u0301", "и\u0306", "е\u0308", "Е\u0308лка", "ё\u0301", "a\u0323\u0307", "a\u0307\u0323", "\u0301", "\u1112\u1161\u11ab",
    "㍿", "﷽", "㎏", "🏳️‍🌈", "\U000e0067",
    # Ends of lines, marks of direction, joiners, controls; zero.
    "\r", "\r\n", "\u000b", "\u001c", "\u0085", "\u2028", "\u200e", "\u202f", "\u2060", "\u180e", "\u0000",
    # Long words, known and unknown; more that looks like control tokens.
    "достопримечательность" * 4, "x" * 70, "Ж" * 40, "漢" * 40, "<s>", "<0x0A>", "</", "<pad",
]


class Dice:
    """Numerical Recipes' linear congruential generator, 32 bit; the upper half of its state is the number."""

    def __init__(self, seed):
        self.state = seed

    def below(self, bound):
        self.state = (1664525 * self.state + 1013904223) & 0xFFFFFFFF
        return (self.state >> 16) % bound


def strings():
    dice = Dice(7)
    for _ in range(COUNT):
        parts = [PARTS[dice.below(len(PARTS))] + (" " if dice.below(3) == 0 else "") for _ in range(dice.below(9))]
        yield "".join(parts)


def train(lines, prefix, size, **more):
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_prefix=str(prefix), vocab_size=size, model_type="unigram",
        character_coverage=0.999, num_threads=1, input_sentence_size=0, shuffle_input_sentence=False,
        minloglevel=2, **more)
    Path(f"{prefix}.vocab").unlink()


def marian(folder, russian, english, **more):
    """A pair and its common vocabulary, as opus-mt has them: end, unknown, pieces of both, pad."""
    folder.mkdir(parents=True, exist_ok=True)
    ids = dict(unk_id=1, bos_id=-1, eos_id=0, pad_id=-1, **more)
    train(russian, folder / "source", 900, **ids)
    train(english, folder / "target", 700, **ids)
    pieces = []
    for side in ("source", "target"):
        (folder / f"{side}.model").rename(folder / f"{side}.spm")
        model = sentencepiece.SentencePieceProcessor(str(folder / f"{side}.spm"))
        pieces += [model.id_to_piece(id) for id in range(model.get_piece_size())]
    vocabulary = {piece: id for id, piece in enumerate(dict.fromkeys(["</s>", "<unk>"] + sorted(set(pieces) - {"</s>", "<unk>"})))}
    vocabulary["<pad>"] = len(vocabulary)
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False, separators=(",", ":")) + "\n")
    return MarianTokenizer(str(folder / "source.spm"), str(folder / "target.spm"), str(folder / "vocab.json"))


def t5(folder, lines):
    folder.mkdir(parents=True, exist_ok=True)
    train(lines, folder / "spiece", 1100, pad_id=0, eos_id=1, unk_id=2, bos_id=-1)
    tokenizer = T5TokenizerFast(vocab_file=str(folder / "spiece.model"), extra_ids=10)
    tokenizer.backend_tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    (folder / "spiece.model").unlink()
    return tokenizer


def crc(ids):
    return zlib.crc32(b"".join(id.to_bytes(4, "little") for id in ids))


def main():
    texts = [line.strip() for file in sorted(HERE.iterdir()) for line in file.read_text().splitlines() if line.strip()]
    russian = [line for line in texts if any("а" <= letter <= "я" for letter in line.lower())]
    english = [line for line in texts if line not in set(russian)]
    random.Random(1).shuffle(texts)
    tokenizers = {
        "marian": marian(POCKET, russian, english),
        "bytes": marian(POCKET / "bytes", russian, english, byte_fallback=True),
        "t5": t5(POCKET / "t5", texts),
    }
    dice, rows, written = Dice(11), {name: [] for name in tokenizers}, []
    shown = {name: [] for name in tokenizers}
    for at, text in enumerate(strings()):
        for name, tokenizer in tokenizers.items():
            ids = tokenizer(text, split_special_tokens=True).input_ids
            rows[name].append(crc(ids))
            if at < 60:
                shown[name].append(ids)
    for name in ("marian", "bytes"):
        tokenizer = tokenizers[name]
        for _ in range(300):
            ids = [dice.below(len(tokenizer.encoder)) for _ in range(dice.below(14))]
            written.append([name, ids, tokenizer.decode(ids, skip_special_tokens=True)])
    golden = {"parts": PARTS, "crc": rows, "ids": shown, "written": written}
    GOLDEN.write_text(json.dumps(golden, ensure_ascii=False, separators=(",", ":")) + "\n")
    print({name: len(set(row)) for name, row in rows.items()}, [len(t) for t in tokenizers.values()])


if __name__ == "__main__":
    main()
