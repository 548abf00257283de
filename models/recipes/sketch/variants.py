"""Composed training pictures of `sketch`: every thing in several drawings, three sizes and other colours.

    python variants.py --png PNG_FOLDER --work WORK_FOLDER [--sheet SHEET.png]

PNG_FOLDER has a folder for each set of SETS (render.mjs); drawings.json says which things are drawn by which set, by eye:
a second drawing must show the thing as plainly and in the same colour. A thing has SLOTS pictures: its drawings in turn,
every other one mirrored where that means nothing, and turned a little when they come again. Slots are PLAIN (ordinary
size), then BIG (fills the page to its edges), then LITTLE (half as large); the seed chooses among the slots of the size
asked for.

A slot's ground is white, a tint, or a deeper tint that a white thing can be seen on (GROUNDS); a thing that is white
itself has deep tints only. WORK/latents.npz holds the codec's latents of all of them with `subject`, `slot`, `colour` (an
index of PAINTS) and `floor` (of FLOORS): every slot in its own colours, and for each colour some slots with the thing's
main colour replaced. The main colour is the hue that most of the thing's pixels lie near (near the colour of its name if
the name has one and it is there), or its greys where a thing is mostly grey or white. WORK/pages.npy holds the pictures,
for polish.py.
"""
import argparse
import json
from functools import cache
from pathlib import Path

import numpy as np
import torch
from PIL import Image

import vae as codec

SETS = ("fluent-emoji-flat", "noto", "noto-v1")
TINTS = [(255, 226, 208), (255, 240, 205), (216, 240, 210), (212, 236, 250), (230, 220, 252), (255, 218, 228)]
DEEP = [(196, 216, 234), (200, 222, 198), (222, 204, 230), (236, 212, 196), (204, 210, 238)]
FLOORS = [codec.WHITE, *TINTS, *DEEP]
SIDE = 128
PLAIN, BIG, LITTLE = 6, 2, 2
SLOTS = PLAIN + BIG + LITTLE
GROUNDS = ["white", "tint", "deep", "white", "tint", "deep"] + ["white", "deep"] + ["white", "deep"]
SIZES = [104] * PLAIN + [136] * BIG + [52] * LITTLE  # the thing's longer side
PAGES = {  # which slots a page that is asked for may be
    "any": range(PLAIN), "on white": [0, 3], "big": [PLAIN, PLAIN + 1], "small": [PLAIN + BIG, PLAIN + BIG + 1],
}
# hue in degrees, saturation, value: of the middle of the repainted part
COLOURS = {
    "red": (355, 0.85, 0.92), "orange": (28, 0.85, 1.0), "yellow": (48, 0.78, 1.0), "green": (135, 0.75, 0.72),
    "blue": (218, 0.78, 0.90), "light blue": (196, 0.55, 1.0), "purple": (275, 0.60, 0.78), "pink": (330, 0.42, 1.0),
    "brown": (22, 0.58, 0.52), "black": (0, 0.0, 0.20), "white": (0, 0.0, 0.97), "grey": (0, 0.0, 0.62),
}
PAINTS = ["own", *COLOURS]
LIKE = {"рыжий": "orange", "бурый": "brown", "голубой": "light blue"}
NEAR, DULL = 38, 0.18
PAINTED = 4  # slots of a thing that are painted in each colour


def own(row):
    """The colour that a thing's own one is, or "own" where its name is none of COLOURS."""
    colour = LIKE.get(row["colour_ru"], row["colour_en"])
    return colour if colour in COLOURS else "own"


@cache
def drawings():
    """{set: names of the things it draws}, and those that are not mirrored."""
    said = json.loads((codec.HERE / "drawings.json").read_text())
    return {"noto": lambda name: name not in said["not noto"], "noto-v1": lambda name: name in said["noto-v1"],
            "fluent-emoji-flat": lambda _: True}, set(said["not mirrored"])


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


def main_part(hue, saturation, value, solid, named="own"):
    """Mask of the pixels that have the thing's main colour, softly (0..1)."""
    bright = solid & (saturation >= DULL) & (value > 0.25)
    dull = solid & (saturation < DULL) & (value > 0.3)
    share = 0.8 if named not in ("white", "grey") else 2.5
    if bright.sum() < share * dull.sum():
        return dull
    votes = np.histogram(hue[bright], bins=72, range=(0, 360), weights=(saturation * value)[bright])[0]
    smooth = sum(np.roll(votes, k) * (1 - abs(k) / 6) for k in range(-5, 6))
    if named in COLOURS and COLOURS[named][1]:
        apart = np.abs((np.arange(72) * 5 + 2.5 - COLOURS[named][0] + 180) % 360 - 180)
        close = smooth * (apart < 25)
        smooth = close if close.max() > 0.3 * smooth.max() else smooth
    centre = smooth.argmax() * 5 + 2.5
    return bright & (np.abs((hue - centre + 180) % 360 - 180) <= NEAR)


def painted(picture, colour, named="own"):
    """The RGBA picture with its main colour replaced."""
    data = np.asarray(picture).astype(np.float64) / 255
    hue, saturation, value = hsv(data[..., :3])
    part = main_part(hue, saturation, value, data[..., 3] > 0.5, named)
    to_hue, to_saturation, to_value = COLOURS[colour]
    light = value[part] * (1 - 0.35 * saturation[part])
    middle = np.median(light)
    lift = np.clip((light / middle) ** (0.7 if colour in ("black", "white") else 1), 0.5, 1.6)
    new = np.clip(to_value * lift, 0, 1)
    over = np.clip(to_value * lift - 1, 0, 1)  # lights of a colour that is bright already: paler
    out = data.copy()
    out[part, :3] = rgb(np.full(len(new), float(to_hue)), np.clip(to_saturation * (1 - over), 0, 1), new)
    return Image.fromarray((out * 255).round().astype(np.uint8), "RGBA")


def placed(picture, size, turn):
    """The RGBA picture turned, its drawn part's longer side `size`, in the middle of a page; what does not fit is cut."""
    if turn:
        wide = Image.new("RGBA", (2 * SIDE, 2 * SIDE))
        wide.paste(picture, (SIDE // 2, SIDE // 2))
        picture = wide.rotate(turn, Image.BICUBIC)
    picture = picture.crop(picture.getchannel("A").point(lambda a: 255 * (a > 40)).getbbox())
    scale = size / max(picture.size)
    picture = picture.resize([max(1, round(side * scale)) for side in picture.size], Image.LANCZOS)
    page = Image.new("RGBA", (SIDE, SIDE), (255, 255, 255, 0))
    page.paste(picture, tuple((SIDE - side) // 2 for side in picture.size))
    return page


def pale(picture):
    """Is most of the picture so light that it is lost on white?"""
    data = np.asarray(picture).astype(np.float64) / 255
    _, saturation, value = hsv(data[..., :3])
    solid = data[..., 3] > 0.5
    return (solid & (saturation < 0.15) & (value > 0.8)).sum() > 0.4 * solid.sum()


def slots(png, row, number):
    """[(RGBA picture, the colour of its ground)] of a thing; by lot, but always the same."""
    dice = np.random.default_rng(number)
    drawn, kept = drawings()
    sets = [name for name in SETS if drawn[name](row["en"])]
    raw = [Image.open(Path(png) / name / f"{row['code']}.png").convert("RGBA") for name in sets]
    tints, deep, out = list(dice.permutation(TINTS)), list(dice.permutation(DEEP)), []
    for slot in range(SLOTS):
        within = slot if slot < PLAIN else (slot - PLAIN) % 2
        picture, again = raw[within % len(raw)], within // len(raw)
        mirrored = (within + again) % 2 == 1 if len(raw) % 2 == 0 else within % 2 == 1
        mirrored = mirrored and row["en"] not in kept
        turn = 0 if again == 0 or slot >= PLAIN else (-1) ** within * (8 if row["en"] in kept or again > 1 else 5)
        size = SIZES[slot] - (int(dice.integers(0, 13)) if slot < PLAIN else 0)
        made = placed(picture.transpose(Image.FLIP_LEFT_RIGHT) if mirrored else picture, size, turn)
        ground = "deep" if pale(made) else GROUNDS[slot]
        out.append((made, tuple(map(int, {"white": codec.WHITE, "tint": tints[slot % len(tints)],
                                          "deep": deep[slot % len(deep)]}[ground]))))
    return out


def variants(png, row, number):
    """[(slot, colour, index of the ground in FLOORS, RGB picture)]."""
    dice, made = np.random.default_rng(1000 + number), slots(png, row, number)
    out = [(slot, "own", FLOORS.index(ground), codec.on(picture, ground)) for slot, (picture, ground) in enumerate(made)]
    for colour in COLOURS:
        may = [s for s in range(SLOTS) if colour != "white" or GROUNDS[s] == "deep"]
        for slot in sorted(dice.permutation(may)[:PAINTED]):
            picture, ground = made[slot]
            repainted = codec.on(painted(picture, colour, own(row)), ground)
            out.append((int(slot), colour, FLOORS.index(ground), repainted))
    return out


def made(work, png):
    """Latents of every variant, subject, slot, colour, floor and the pictures, as arrays."""
    vae = codec.build()
    vae.load_state_dict(torch.load(work / "vae" / "vae.pt", weights_only=False)["model"])
    vae.eval()
    z, rows, pages = [], [], []
    for number, row in enumerate(codec.subjects()):
        found = variants(png, row, number)
        pages.append(np.stack([np.asarray(p) for *_, p in found]))
        with torch.no_grad():
            z.append(codec.encode(vae, torch.from_numpy(pages[-1]).permute(0, 3, 1, 2).float() / 127.5 - 1).numpy())
        rows += [(number, slot, PAINTS.index(colour), floor) for slot, colour, floor, _ in found]
    return np.concatenate(z).astype(np.float32), *np.array(rows).T, np.concatenate(pages)


def sheet(png, path, numbers):
    rows = codec.subjects()
    lines = [[p for *_, p in variants(png, rows[n], n)] for n in numbers]
    page = Image.new("RGB", (64 * max(map(len, lines)), 64 * len(lines)), "white")
    for y, line in enumerate(lines):
        for x, picture in enumerate(line):
            page.paste(picture.resize((62, 62)), (64 * x, 64 * y))
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
    z, subject, slot, colour, floor, pages = made(Path(a.work), a.png)
    np.savez(Path(a.work) / "latents.npz", z=z, subject=subject, slot=slot, colour=colour, floor=floor)
    np.save(Path(a.work) / "pages.npy", pages)
    print(len(z), "pictures of", len(codec.subjects()), "subjects")


if __name__ == "__main__":
    main()
