"""Trains the UNet of `sketch` on the codec's latents and the cached captions.

    python unet.py --png PNG_FOLDER --work WORK_FOLDER --seconds 2850 [--resume]

WORK holds vae/vae.pt (from vae.py) and captions.npz (from captions.py).  v-prediction, scaled_linear
betas, AdamW with warm-up and a cosine to the end of the wall-clock time given, an averaged copy (EMA)
that is what gets exported.  WORK/unet.pt is the state to go on from; it is written every two minutes.
"""
import argparse
import math
import os
import time
from pathlib import Path

import numpy as np
import torch
from diffusers import DDIMScheduler, UNet2DConditionModel

import vae as codec

SCHEDULER = dict(num_train_timesteps=1000, beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear",
                 prediction_type="v_prediction", clip_sample=False, set_alpha_to_one=False, steps_offset=1,
                 timestep_spacing="trailing")


def build():
    """The UNet, untrained."""
    return UNet2DConditionModel(
        sample_size=16, in_channels=4, out_channels=4, block_out_channels=(64, 128), layers_per_block=1,
        down_block_types=("CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
        cross_attention_dim=384, attention_head_dim=4, norm_num_groups=16)


def latents_of(work, png):
    """Latents of the subjects' pictures, each channel to mean 0 and std 1, and those means and stds."""
    vae = codec.build()
    vae.load_state_dict(torch.load(work / "vae" / "vae.pt", weights_only=False)["model"])
    vae.eval()
    images, _ = codec.pictures(png, codec.subject_codes())
    with torch.no_grad():
        z = torch.cat([codec.encode(vae, x.float() / 127.5 - 1) for x in images.split(8)])
    mean, std = z.mean((0, 2, 3), keepdim=True), z.std((0, 2, 3), keepdim=True)
    return (z - mean) / std, mean, std


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--png", required=True)
    ap.add_argument("--work", required=True)
    ap.add_argument("--seconds", type=float, default=2850, help="wall-clock seconds of this run")
    ap.add_argument("--lr", type=float, default=1.2e-3)
    ap.add_argument("--batch", type=int, default=32)
    ap.add_argument("--threads", type=int, default=1)
    ap.add_argument("--often", default="", help="English names, with commas, of things to train twice as often")
    ap.add_argument("--resume", action="store_true")
    a = ap.parse_args()
    work = Path(a.work)
    torch.set_num_threads(a.threads)
    torch.manual_seed(int(time.time()))
    begin = time.time()
    span = a.seconds
    text = np.load(work / "captions.npz")
    states, subject = torch.from_numpy(text["states"]), text["subject"]
    rows = [torch.from_numpy(np.flatnonzero(subject == i)) for i in range(subject.max() + 1)]
    weight = torch.from_numpy(text["weight"]) if "weight" in text else torch.ones(len(subject))
    shares = [weight[row] for row in rows]
    names, often = [r["en"] for r in codec.subjects()], [n for n in a.often.split(",") if n]
    if unknown := set(often) - set(names):
        raise SystemExit(f"not a subject: {sorted(unknown)}")
    if len(rows) != len(names):
        raise SystemExit(f"captions.npz has {len(rows)} subjects, subjects.json {len(names)}: run captions.py again")
    turns = torch.tensor([2.0 if name in often else 1.0 for name in names])
    z, mean, std = latents_of(work, a.png)
    model, ema = build().to(memory_format=torch.channels_last), build()
    opt = torch.optim.AdamW(model.parameters(), lr=a.lr, betas=(0.9, 0.99), weight_decay=1e-3)
    step, spent = 0, 0.0
    if a.resume:
        old = torch.load(work / "unet.pt", weights_only=False)
        model.load_state_dict(old["model"])
        if old.get("opt"):
            opt.load_state_dict(old["opt"])
        step, spent = old["step"], old["cpu"]
        ema.load_state_dict(old["ema"])
    else:
        ema.load_state_dict(model.state_dict())
    alphas = DDIMScheduler(**SCHEDULER).alphas_cumprod
    cpu0, first, saved, sums = time.process_time(), step, time.time(), []
    print(f"{len(rows)} pictures, {span:.0f} s", flush=True)
    while True:
        done = (time.time() - begin) / span
        if done >= 1:
            break
        warm = min(1.0, (step - first + 1) / 60)
        for g in opt.param_groups:
            g["lr"] = a.lr * warm * max(0.01, 0.5 * (1 + math.cos(math.pi * done)))
        pick = torch.multinomial(turns, a.batch, replacement=True)
        words = torch.stack([rows[i][torch.multinomial(shares[i], 1).squeeze()] for i in pick])
        words[torch.rand(a.batch) < 0.1] = 0
        noise = torch.randn(a.batch, 4, 16, 16)
        t = torch.randint(1000, (a.batch,))
        keep = alphas[t].sqrt()[:, None, None, None]
        blur = (1 - alphas[t]).sqrt()[:, None, None, None]
        x = z[pick]
        v = model(keep * x + blur * noise, t, states[words].float()).sample
        loss = (v - (keep * noise - blur * x)).square().mean()
        opt.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        opt.step()
        step += 1
        decay = min(0.995, (step + 1) / (step + 20))
        with torch.no_grad():
            torch._foreach_lerp_(list(ema.parameters()), list(model.parameters()), 1 - decay)
        sums.append(loss.item())
        cpu = spent + time.process_time() - cpu0
        if step % 50 == 0:
            print(f"step {step} cpu {cpu:.0f} wall {time.time() - begin:.0f} v {np.mean(sums):.4f}", flush=True)
            sums = []
        if time.time() - saved > 120:
            saved = time.time()
            save(work, model, ema, opt, step, cpu, mean, std)
    save(work, model, ema, opt, step, spent + time.process_time() - cpu0, mean, std)


def save(work, model, ema, opt, step, cpu, mean, std):
    """Writes the state to go on from, whole or not at all."""
    torch.save({"model": model.state_dict(), "ema": ema.state_dict(), "opt": opt.state_dict(), "step": step,
                "cpu": cpu, "mean": mean, "std": std}, work / "unet.tmp")
    os.replace(work / "unet.tmp", work / "unet.pt")


if __name__ == "__main__":
    main()
