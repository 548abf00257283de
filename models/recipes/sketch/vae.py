"""Trains the picture codec of `sketch`: a diffusers AutoencoderKL over 4 x 4 pixel patches.

    python vae.py --png PNG_FOLDER --work WORK_FOLDER/vae --seconds 1700 [--resume]

A 128 x 128 picture is folded into 32 x 32 x 48 (pixel_unshuffle by PATCH), coded to 16 x 16 x 4
latents and unfolded again, so that no convolution runs at full resolution (that is where a CPU
spends its time).  Latents are the posterior's mean, with a little noise while training; there is
no sampling noise at the start, which is what made the first prototype lose its hues.  The pictures
of subjects.json make up half of every batch.  WORK/vae.pt is the state to go on from.
"""
import argparse
import json
import os
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL
from PIL import Image

HERE = Path(__file__).resolve().parent
SUBJECTS = HERE.parent.parent / "sketch" / "subjects.json"
CONFIGS = {  # name: (patch, channels)
    "p4": (4, (64, 128)),
    "p2": (2, (24, 48, 96)),
}
PATCH = 4
WHITE = (255, 255, 255)


def build(name="p4"):
    """The codec, untrained."""
    patch, channels = CONFIGS[name]
    planes = 3 * patch * patch
    return AutoencoderKL(
        in_channels=planes, out_channels=planes, latent_channels=4, layers_per_block=1, norm_num_groups=2,
        block_out_channels=channels, sample_size=128 // patch,
        down_block_types=["DownEncoderBlock2D"] * len(channels),
        up_block_types=["UpDecoderBlock2D"] * len(channels))


def pictures(folder, codes=None):
    """uint8 tensor [N,3,128,128], on white, and the code points, in the order of the file names."""
    folder = Path(folder)
    codes = codes or sorted(p.stem for p in folder.glob("*.png"))
    rows = [np.asarray(on(Image.open(folder / f"{c}.png").convert("RGBA"), WHITE)) for c in codes]
    return torch.from_numpy(np.stack(rows)).permute(0, 3, 1, 2).contiguous(), codes


def on(picture, colour):
    """An RGBA picture laid on a colour."""
    page = Image.new("RGB", picture.size, colour)
    page.paste(picture, mask=picture.getchannel("A"))
    return page


def subjects():
    return json.loads(SUBJECTS.read_text())


def subject_codes():
    """The code points of every picture the subjects use, in their order."""
    return [r["code"] for r in subjects()]


def encode(vae, x, patch=PATCH):
    """Pictures in -1..1 -> latents (posterior mean)."""
    return vae.encode(F.pixel_unshuffle(x, patch)).latent_dist.mean


def decode(vae, z, patch=PATCH):
    """Latents -> pictures in about -1..1."""
    return F.pixel_shuffle(vae.decode(z).sample, patch)


def loss_of(y, x, early):
    """L1 + MSE + edges + colours of 8 x 8 areas (heavier at the beginning)."""
    d = y - x
    edges = (d[..., 1:] - d[..., :-1]).abs().mean() + (d[..., 1:, :] - d[..., :-1, :]).abs().mean()
    pooled = F.avg_pool2d(d, 8)
    return d.abs().mean() + 2 * d.square().mean() + 0.5 * edges + (1 + 3 * early) * pooled.abs().mean()


def augment(x, generator):
    """Mirrors half; a permutation of the colour channels for one in five."""
    flips = torch.rand(len(x), generator=generator) < 0.5
    x = torch.where(flips[:, None, None, None], x.flip(-1), x)
    for i in range(len(x)):
        if torch.rand((), generator=generator) < 0.2:
            x[i] = x[i][torch.randperm(3, generator=generator)]
    return x


def sheet(vae, x, path, patch):
    """A picture of originals over reconstructions."""
    with torch.no_grad():
        y = decode(vae, encode(vae, x, patch), patch).clamp(-1, 1)
    both = torch.cat([torch.cat(list(x), 2), torch.cat(list(y), 2)], 1)
    Image.fromarray(((both + 1) * 127.5).byte().permute(1, 2, 0).numpy()).save(path)


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--png", required=True)
    ap.add_argument("--work", required=True)
    ap.add_argument("--seconds", type=float, default=1500, help="CPU seconds of this run")
    ap.add_argument("--lr", type=float, default=2e-3)
    ap.add_argument("--batch", type=int, default=4)
    ap.add_argument("--threads", type=int, default=1)
    ap.add_argument("--config", default="p4")
    ap.add_argument("--resume", action="store_true")
    a = ap.parse_args()
    work = Path(a.work)
    work.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(a.threads)
    torch.manual_seed(0)
    gen = torch.Generator().manual_seed(int(time.time()) if a.resume else 0)
    patch = CONFIGS[a.config][0]
    wide, codes = pictures(a.png)
    chosen = torch.tensor([codes.index(c) for c in subject_codes()])
    vae = build(a.config).to(memory_format=torch.channels_last)
    opt = torch.optim.AdamW(vae.parameters(), lr=a.lr, betas=(0.9, 0.99), weight_decay=1e-4)
    step, spent = 0, 0.0
    if a.resume:
        old = torch.load(work / "vae.pt", weights_only=False)
        vae.load_state_dict(old["model"])
        if old.get("opt"):
            opt.load_state_dict(old["opt"])
        step, spent = old["step"], old["cpu"]
    probe = wide[chosen[torch.linspace(0, len(chosen) - 1, 12).long()]].float() / 127.5 - 1
    half = a.batch // 2
    first, start, saved, sums = step, time.process_time(), 0.0, []
    while True:
        cpu = time.process_time() - start
        done = cpu / a.seconds
        if done >= 1:
            break
        warm = min(1.0, (step - first + 1) / 50)
        for g in opt.param_groups:
            g["lr"] = a.lr * warm * max(0.02, 0.5 * (1 + np.cos(np.pi * done)))
        pick = torch.cat([chosen[torch.randint(len(chosen), (half,), generator=gen)],
                          torch.randint(len(wide), (a.batch - half,), generator=gen)])
        x = augment(wide[pick].float() / 127.5 - 1, gen)
        z = encode(vae, x, patch)
        y = decode(vae, z + 0.05 * torch.randn_like(z), patch)
        early = 0.0 if a.resume else max(0.0, 1 - 4 * done)
        loss = loss_of(y, x, early) + 1e-3 * F.relu(z.abs() - 2).square().mean()
        opt.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(vae.parameters(), 1.0)
        opt.step()
        step += 1
        sums.append((y.detach() - x).abs().mean().item())
        if step % 100 == 0:
            print(f"step {step} cpu {spent + cpu:.0f} L1 {np.mean(sums):.4f} std {z.std().item():.2f}", flush=True)
            sums = []
        if cpu - saved > 100:
            saved = cpu
            save(work, vae, opt, step, spent + cpu)
            sheet(vae, probe, work / "vae.png", patch)
    save(work, vae, opt, step, spent + time.process_time() - start)
    sheet(vae, probe, work / "vae.png", patch)


def save(work, vae, opt, step, cpu):
    """Writes the state to go on from, whole or not at all."""
    torch.save({"model": vae.state_dict(), "opt": opt.state_dict(), "step": step, "cpu": cpu}, work / "vae.tmp")
    os.replace(work / "vae.tmp", work / "vae.pt")


if __name__ == "__main__":
    main()
