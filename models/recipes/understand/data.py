"""Make the training and the held-back (dev) phrases from phrases/ and commands.json.

A phrase is {"text", "intent", "start", "end"}: characters of the subject, start = end = -1 where there is none.
Every template has its own random stream, so that adding one leaves the others' phrases (and their cached encodings) alone.

    python data.py            prints samples
"""

import json
import random
import zlib
from pathlib import Path

import grammar
import lexicon
import noise

HERE = Path(__file__).parent
INTENTS = ["answer", "draw", "redo", "help", "queue", "new", "settings"]
# file: (intent, phrases for each template)
FILES = {
    "draw.ru.txt": ("draw", 40),
    "draw.en.txt": ("draw", 52),
    "draw.mixed.txt": ("draw", 26),
    "draw.none.txt": ("draw", 24),
    "answer.ru.txt": ("answer", 48),
    "answer.en.txt": ("answer", 60),
    "mixed.txt": ("answer", 24),
    "answer.daily.ru.txt": ("answer", 46),
    "answer.daily.en.txt": ("answer", 46),
    "answer.hand.ru.txt": ("answer", 5),
    "answer.hand.en.txt": ("answer", 5),
    "answer.more.txt": ("answer", 4),
    "redo.txt": ("redo", 110),
    "help.txt": ("help", 60),
    "queue.txt": ("queue", 60),
    "new.txt": ("new", 90),
    "settings.txt": ("settings", 50),
    "draw.wide.ru.txt": ("draw", 24),
    "draw.wide.en.txt": ("draw", 28),
    "draw.bare.txt": ("draw", 8),
    "answer.tech.ru.txt": ("answer", 30),
    "answer.tech.en.txt": ("answer", 30),
    "answer.hand.greet.txt": ("answer", 5),
    "answer.wide.txt": ("answer", 40),
    "help.wide.txt": ("help", 30),
    "queue.wide.txt": ("queue", 32),
    "new.wide.txt": ("new", 40),
    "settings.wide.txt": ("settings", 36),
    "redo.wide.txt": ("redo", 32),
}
# the share of phrases that come a second time, spelt by ear; commands 0.16
MISSPELT = {"answer": 0.12, "draw": 0.15}


def phrase(segments, intent):
    """Join segments; the subject loses outer spaces and punctuation."""
    text, start, end = "", -1, -1
    for piece, subject in segments:
        if subject and intent == "draw" and piece.strip():
            start = len(text) + len(piece) - len(piece.lstrip(" ,."))
            end = len(text) + len(piece.rstrip(" ,."))
        text += piece
    cut = len(text) - len(text.lstrip())
    text = text.strip()
    if start >= 0:
        start, end = start - cut, min(end - cut, len(text))
    return {"text": text, "intent": intent, "start": start, "end": end}


def from_template(template, intent, count, salt):
    """`count` different phrases; the first pass is clean, the rest may be disturbed."""
    rng = random.Random(zlib.crc32(f"{salt}:{template}".encode()))
    hand = "(" not in template and "{" not in template and "$" not in template
    out = {}
    for i in range(count):
        segments = grammar.expand(template, rng)
        if i > 0 or not hand:
            segments = noise.disturb(segments, rng, tame=intent == "answer" and hand and i < 2)
        made = phrase(segments, intent)
        if made["text"]:
            out[made["text"]] = made
    return list(out.values())


def command_phrases():
    """[(intent, phrase)] as the router compares them."""
    commands = json.loads((HERE / "commands.json").read_text(encoding="utf-8"))
    return [(intent, text) for intent, by in commands.items() for texts in by.values() for text in texts]


def made_of_commands():
    """The command phrases themselves, clean and disturbed; subjects are left to the other files."""
    out = []
    for intent, text in command_phrases():
        rng = random.Random(zlib.crc32(text.encode()))
        for i in range(4):
            segments = [(text, False)] if i == 0 else noise.disturb([(text, False)], rng)
            made = phrase(segments, intent)
            out.append({**made, "start": None, "end": None} if intent == "draw" else made)
    return out


def bare_subjects(count=300):
    """Noun phrases without a request: for the span head only, so that it can still say what to draw."""
    out = []
    for i in range(count):
        rng = random.Random(i)
        segments = grammar.expand("{S.nomn}" if i % 2 else "{S}", rng)
        out.append(phrase(noise.disturb(segments, rng), "draw"))
    return out


def segments_of(made):
    """[(text, is_subject)] of a phrase."""
    text, start, end = made["text"], made["start"], made["end"]
    if start is None or start < 0:
        return [(text, False)]
    return [piece for piece in ((text[:start], False), (text[start:end], True), (text[end:], False)) if piece[0]]


def misspelt(phrases):
    """Some of the phrases again, spelt by ear."""
    out = []
    for made in phrases:
        rng = random.Random(zlib.crc32(f"misspelt:{made['text']}".encode()))
        if rng.random() < MISSPELT.get(made["intent"], 0.16):
            again = phrase(noise.misspelt(segments_of(made), rng), made["intent"])
            out.append({**again, "start": None, "end": None} if made["start"] is None else again)
    return out


def build(scale=1.0, salt="train"):
    seen = {}
    for name, (intent, count) in FILES.items():
        hand = "hand" in name or "more" in name
        for template in lexicon.lines(name):
            for made in from_template(template, intent, count if hand else max(2, round(count * scale)), salt):
                seen.setdefault(made["text"].lower(), made)
    for made in made_of_commands():
        seen.setdefault(made["text"].lower(), made)
    for made in misspelt(list(seen.values())):
        seen.setdefault(made["text"].lower(), made)
    return list(seen.values())


def split(phrases, share=0.05):
    """(train, dev); dev is chosen by a sum over the text, so that it is stable."""
    dev = [p for p in phrases if zlib.crc32(p["text"].encode()) % 1000 < share * 1000]
    train = [p for p in phrases if zlib.crc32(p["text"].encode()) % 1000 >= share * 1000]
    return train, dev


def main():
    from collections import Counter

    phrases = build()
    print(len(phrases), Counter(p["intent"] for p in phrases))
    for p in random.Random(1).sample(phrases, 120):
        print(p["intent"], "|", p["text"], "|", p["text"][p["start"] : p["end"]] if p["start"] is not None and p["start"] >= 0 else "-")


if __name__ == "__main__":
    main()
