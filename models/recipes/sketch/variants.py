"""Composed training pictures of `sketch`: the same thing on pale grounds, small, and in other colours.

    python variants.py --png PNG_FOLDER --work WORK_FOLDER [--sheet SHEET.png]

WORK/latents.npz holds the codec's latents of all of them with `subject` and `kind` (an index of KINDS).  What a caption
may be shown is every picture of its subject and kind, so pictures of one kind are what different seeds may draw:

- "on white": the thing in its own colours on white;
- "plain": the same on white and on GROUNDS of the tints (drawn by lot, the same for every run);
- "small": the thing at SMALL of its size, in the middle, on white or a tint;
- a colour: the thing's main colour is replaced by it, on white or a tint.

The main colour is the hue that most of the thing's pixels lie near, or its greys where a thing is mostly grey or white.
A caption with the thing's own colour is shown the plain pictures (unet.py), not the thing repainted.
"""
import argparse
from pathlib import Path

import numpy as np
import torch
from PIL import Image

import vae as codec

TINTS = [(255, 240, 222), (255, 249, 214), (228, 246, 222), (220, 242, 250), (226, 232, 255), (240, 228, 252), (255, 228, 236)]
GROUNDS, SMALL, SMALLS = 4, 0.5, 3
# hue in degrees, saturation, value: of the middle of the repainted part
COLOURS = {
    "red": (355, 0.85, 0.92), "orange": (28, 0.85, 1.0), "yellow": (48, 0.78, 1.0), "green": (135, 0.75, 0.72),
    "blue": (218, 0.78, 0.90), "light blue": (196, 0.55, 1.0), "purple": (275, 0.60, 0.78), "pink": (330, 0.42, 1.0),
    "brown": (22, 0.58, 0.52), "black": (260, 0.10, 0.17), "white": (270, 0.03, 0.96), "grey": (250, 0.04, 0.62),
}
KINDS = ["plain", "on white", "small", *COLOURS]
NEAR, DULL = 38, 0.18


def hsv(rgb):
    """[..., 3] in 0..1 -> hue in degrees, saturation, value."""
    most, least = rgb.max(-1), rgb.min(-1)
    spread = most - least
    safe = np.where(spread > 0, spread, 1)
    r, g, b = np.moveaxis(rgb, -1, 0)
    hue = np.select([most == r, most == g], [(g - b) / safe, (b - r) / safe + 2], (r - g) / safe + 4) * 60 % 360
    return np.where(spread > 0, hue, 0), np.where(most > 0, spread / np.maximum(most, 1e-6), 0), most


def rgb(hue, saturation, value):
    sector = (np.array([5, 3, 1]) + np.asarray(hue)[..., None] / 60) % 6
    fall = np.clip(np.minimum(sector, 4 - sector), 0, 1)
    return np.asarray(value)[..., None] * (1 - np.asarray(saturation)[..., None] * fall)


def main_part(hue, saturation, value, solid):
    """Mask of the pixels that have the thing's main colour, softly (0..1)."""
    bright = solid & (saturation >= DULL) & (value > 0.25)
    dull = solid & (saturation < DULL) & (value > 0.3)
    if bright.sum() < 0.8 * dull.sum():
        return dull
    votes = np.histogram(hue[bright], bins=72, range=(0, 360), weights=(saturation * value)[bright])[0]
    smooth = sum(np.roll(votes, k) * (1 - abs(k) / 6) for k in range(-5, 6))
    centre = smooth.argmax() * 5 + 2.5
    return bright & (np.abs((hue - centre + 180) % 360 - 180) <= NEAR)


def painted(picture, colour):
    """The RGBA picture with its main colour replaced."""
    data = np.asarray(picture).astype(np.float64) / 255
    hue, saturation, value = hsv(data[..., :3])
    part = main_part(hue, saturation, value, data[..., 3] > 0.5)
    to_hue, to_saturation, to_value = COLOURS[colour]
    light = value[part] * (1 - 0.35 * saturation[part])
    middle = np.median(light)
    lift = np.clip((light / middle) ** (0.7 if colour in ("black", "white") else 1), 0.5, 1.6)
    new = np.clip(to_value * lift, 0, 1)
    over = np.clip(to_value * lift - 1, 0, 1)  # lights of a colour that is bright already: paler
    out = data.copy()
    out[part, :3] = rgb(np.full(len(new), float(to_hue)), np.clip(to_saturation * (1 - over), 0, 1), new)
    return Image.fromarray((out * 255).round().astype(np.uint8), "RGBA")


def shrunk(picture):
    """The picture at SMALL of its size in the middle of an empty page."""
    side = int(128 * SMALL)
    page = Image.new("RGBA", (128, 128), (255, 255, 255, 0))
    page.paste(picture.resize((side, side), Image.LANCZOS), ((128 - side) // 2, (128 - side) // 2))
    return page


def variants(picture, number):
    """[(kind, RGB picture)]; by lot, but always the same for a thing."""
    dice = np.random.default_rng(number)
    tint = lambda: TINTS[dice.integers(len(TINTS))]
    either = lambda: codec.WHITE if dice.random() < 0.5 else tint()
    white = codec.on(picture, codec.WHITE)
    out = [("on white", white), ("plain", white)]
    out += [("plain", codec.on(picture, TINTS[i])) for i in dice.permutation(len(TINTS))[:GROUNDS]]
    out += [("small", codec.on(shrunk(picture), either())) for _ in range(SMALLS)]
    out += [(colour, codec.on(painted(picture, colour), either())) for colour in COLOURS]
    return out


def latents(work, png):
    """(latents of every variant, means and stds of the plain pictures', subject, kind), as arrays."""
    vae = codec.build()
    vae.load_state_dict(torch.load(work / "vae" / "vae.pt", weights_only=False)["model"])
    vae.eval()
    z, subject, kind = [], [], []
    for number, code in enumerate(codec.subject_codes()):
        found = variants(Image.open(Path(png) / f"{code}.png").convert("RGBA"), number)
        x = torch.from_numpy(np.stack([np.asarray(p) for _, p in found])).permute(0, 3, 1, 2).float() / 127.5 - 1
        with torch.no_grad():
            z.append(codec.encode(vae, x).numpy())
        subject += [number] * len(found)
        kind += [KINDS.index(k) for k, _ in found]
    return np.concatenate(z), np.array(subject), np.array(kind)


def sheet(png, path, numbers):
    codes = codec.subject_codes()
    rows = [[p for _, p in variants(Image.open(Path(png) / f"{codes[n]}.png").convert("RGBA"), n)] for n in numbers]
    page = Image.new("RGB", (64 * len(rows[0]), 64 * len(rows)), "white")
    for y, row in enumerate(rows):
        for x, picture in enumerate(row):
            page.paste(picture.resize((64, 64)), (64 * x, 64 * y))
    page.save(path)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--png", required=True)
    ap.add_argument("--work", required=True)
    ap.add_argument("--sheet", help="writes a sheet of some subjects' variants here, and nothing else")
    a = ap.parse_args()
    torch.set_num_threads(1)
    if a.sheet:
        return sheet(a.png, a.sheet, range(0, len(codec.subjects()), 16))
    z, subject, kind = latents(Path(a.work), a.png)
    np.savez(Path(a.work) / "latents.npz", z=z.astype(np.float32), subject=subject, kind=kind)
    print(len(z), "pictures of", len(codec.subjects()), "subjects")


if __name__ == "__main__":
    main()
