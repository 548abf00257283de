"""What the exported translator is worth, and its golden file.

    python measure.py EXPORT [--held held.tsv] [--folder FOLDER] [--golden] [--fails] [--beams 1]

EXPORT is export.py's folder, run through onnxruntime (optimum). --folder, the checkpoint, adds parity: transformers on the
rounded weights against the graphs, token by token.
"""

import argparse
import json
import random
from pathlib import Path

import onnxruntime
from optimum.onnxruntime import ORTModelForSeq2SeqLM
from transformers import MarianMTModel, MarianTokenizer

import guard
import words
from export import quantised
from phrases import NUMBERS, PREPOSITIONS, fixed, verbs
from score import bare, chrf, plain

HERE = Path(__file__).parent


class Translator:
    def __init__(self, model, tokenizer, beams):
        self.model, self.tokenizer, self.beams = model, tokenizer, beams

    def tokens(self, text):
        batch = self.tokenizer([text], return_tensors="pt")
        return self.model.generate(**batch, num_beams=self.beams, max_length=96)[0].tolist()

    def __call__(self, text):
        return self.tokenizer.decode(self.tokens(text), skip_special_tokens=True)


def lookup():
    """Doing without a model: every word by itself from the lexicon, "a" nowhere."""
    table = {}
    for kind in words.adjectives().values():
        for ru, en in kind:
            for gender in guard.GENDERS:
                for case in words.CASES:
                    table.setdefault(guard.key(words.agree(ru, gender, case, True)), en)
    for kind, items in words.nouns().items():
        for item in items if kind not in ("any", "drink") else ():
            for case in (*words.CASES, "loc2"):
                table.setdefault(guard.key(words.form(item, case)), item.one)
                if item.article == "a":
                    table.setdefault(guard.key(words.form(item, case, True)), item.many)
    for finite, participle, en, _ in verbs():
        table.setdefault(guard.key(finite), en)
    for en, forms in NUMBERS.items():
        for ru in forms:
            table.setdefault(ru.replace("ё", "е"), en)
    for ru, _, en, _, _ in PREPOSITIONS:
        table.setdefault(ru, en)
    table |= {"и": "and", "со": "with", "во": "in", "две": "two"}

    def translate(text):
        parts = text.replace(",", " ,").split()
        out, at = [], 0
        while at < len(parts):
            for length in (3, 2, 1):
                piece = guard.key(" ".join(parts[at: at + length]))
                if piece in table or length == 1:
                    out.append(table.get(piece, words.latin(" ".join(parts[at: at + 1]))))
                    at += length if piece in table else 1
                    break
        return " ".join(out).replace(" ,", ",")

    return translate


def rows(path, columns):
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            parts = line.split("\t")
            assert len(parts) == columns, line
            yield parts


def table(name, cases, translate, fails=False):
    """cases: (kind, ru, [references])."""
    kinds = {}
    for kind, ru, references in cases:
        out = translate(ru)
        exact = plain(out) in map(plain, references)
        loose = bare(out) in map(bare, references)
        for key in (kind, "all"):
            kinds.setdefault(key, []).append((exact, loose, chrf(out, references)))
        if fails and not exact:
            print(f"   {kind}: {ru} -> {out}   [{references[0]}]")
    for kind, got in sorted(kinds.items()):
        n = len(got)
        print(f"{name:28} {kind:9} {n:4}  exact {100 * sum(g[0] for g in got) / n:5.1f} %  without articles "
              f"{100 * sum(g[1] for g in got) / n:5.1f} %  chrF {sum(g[2] for g in got) / n:5.1f}", flush=True)


def lacking(name, forms):
    """How many of a test's words no list has (a slip of typing counts, too), and in how many of its phrases."""
    count = lost = phrases = total = 0
    for _, ru, _ in rows(HERE / f"phrases/{name}.tsv", 3):
        found = [word for word in guard.WORD.findall(ru) if guard.RUSSIAN.search(word)]
        strangers = [word for word in found if not all(guard.key(p) in forms for p in word.split("-")) and guard.key(word) not in forms]
        count, lost, phrases, total = count + len(found), lost + len(strangers), phrases + bool(strangers), total + 1
    print(f"{name}: the lexicon lacks {lost} of {count} words, in {phrases} of {total} phrases")


def strange(translate, fails=False):
    """Of words that the lexicon lacks: written in Latin letters, or something else put in their place."""
    kept = rest = near = count = 0
    for ru, word, frame in rows(HERE / "phrases/unknown.tsv", 3):
        out = translate(ru)
        count += 1
        latin = words.latin(word).lower()
        kept += latin in out.lower()
        near += latin in out.lower() or latin[:4] in out.lower()
        good = plain(out) == plain(frame.replace("{}", words.latin(word)))
        rest += good
        if fails and not good:
            print(f"   {ru} -> {out}   [{frame}]")
    print(f"unknown words: {count}, in Latin letters {kept}, its first four letters {near}, invented {count - near}, whole phrase right {rest}")


def golden(export, rounded, phrases):
    """Phrases with what transformers makes of them on the rounded weights, greedy and with beams."""
    out = []
    for text in phrases:
        row = {"text": text}
        source = rounded.tokenizer(text)["input_ids"]
        row["source"] = source
        for beams in (1, 4):
            ids = Translator(rounded.model, rounded.tokenizer, beams).tokens(text)
            row["greedy" if beams == 1 else "beams4"] = {"tokens": ids, "text": rounded.tokenizer.decode(ids, skip_special_tokens=True)}
        out.append(row)
    rows_of = [ru for ru, _, _ in rows(HERE / "phrases/unknown.tsv", 3)][:24] + ["жолтый автобус", "рыжый кот", "Кракозябра и кракозябра", "кот-рокер с iPhone", "ёж-кузнец"]
    guards = []
    for text in rows_of:
        source, marks = guard.marked(text)
        guards.append({"text": text, "marked": source, "marks": marks, "translated": guard.guarded(Translator(rounded.model, rounded.tokenizer, 1), text)})
    body = {"weights": "transformers, float32 arithmetic on the 8-bit weights; guard: greedy", "phrases": out, "guard": guards}
    (export / "golden.json").write_text(json.dumps(body, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("export", type=Path)
    parser.add_argument("--held", type=Path)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--beams", type=int, default=1)
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--golden", action="store_true")
    parser.add_argument("--fails", action="store_true")
    args = parser.parse_args()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    tokenizer = MarianTokenizer.from_pretrained(args.export)
    model = ORTModelForSeq2SeqLM.from_pretrained(args.export, use_cache=True, session_options=options)
    translator = Translator(model, tokenizer, args.beams)
    sets = {name: [(kind, ru, refs.split(" | ")) for kind, ru, refs in rows(HERE / f"phrases/{name}.tsv", 3)] for name in ("test", "people")}
    tests = [case for cases in sets.values() for case in cases]
    held = []
    if args.held:
        held = [("held", *line.rstrip("\n").split("\t")) for line in open(args.held, encoding="utf-8")][: args.count]
        held = [(kind, ru, [en]) for kind, ru, en in held]
    for name, cases in sets.items():
        lacking(name, guard.forms())
        table(f"{name}, as it stands", cases, lambda ru: ru)
        table(f"{name}, word by word", cases, lookup())
        table(f"{name}, model", cases, translator)
        table(f"{name}, guard and model", cases, lambda ru: guard.guarded(translator, ru), args.fails)
    if held:
        table("held-out, word by word", held, lookup())
        table("held-out, model", held, translator, args.fails)
    strange(translator)
    strange(lambda ru: guard.guarded(translator, ru), args.fails)
    if args.folder:
        rounded = Translator(quantised(MarianMTModel.from_pretrained(args.folder)).eval(), tokenizer, args.beams)
        floats = Translator(MarianMTModel.from_pretrained(args.folder).eval(), tokenizer, args.beams)
        texts = [ru for _, ru, _ in tests + held[:150]]
        ours = [translator.tokens(ru) for ru in texts]
        print("parity with transformers on the rounded weights:", sum(a == rounded.tokens(ru) for a, ru in zip(ours, texts)), "of", len(texts))
        print("same as float32 weights:", sum(a == floats.tokens(ru) for a, ru in zip(ours, texts)), "of", len(texts))
        if args.golden:
            random.Random(1).shuffle(texts)
            golden(args.export, rounded, sorted(texts[:27]) + ["кот", "Q1 в лесу", "белая Lada 2107 у дома N2"])


if __name__ == "__main__":
    main()
