"""Trains the UNet of `sketch` on the latents of variants.py and the cached captions.

    torchrun --standalone --nproc-per-node 2 unet.py --work WORK_FOLDER --seconds 2850 [--resume]

WORK holds latents.npz (from variants.py) and captions.npz (from captions.py).  A thing in its own colours is what the
memory shows, and nothing is left to learn there; so a view is a subject, a colour, a slot, and a caption of that colour
by its weight; or no text.  UNet gives two answers: v where nothing is shown (v-prediction, scaled_linear betas), and what
to add to the latents shown where a colour is asked for.  AdamW with warm-up and a cosine to the end of the wall-clock
time given, an averaged copy (EMA) that is what gets exported.  Each process takes its part of a batch on one thread, and
their gradients are averaged; without torchrun there is one.  WORK/unet.pt is the state to go on from; it is written every
two minutes.
"""
import argparse
import math
import os
import time
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
import torch.nn.functional as F
from diffusers import DDIMScheduler, UNet2DConditionModel

import captions
import memory as memories
import variants
import vae as codec

SCHEDULER = dict(num_train_timesteps=1000, beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear",
                 prediction_type="v_prediction", clip_sample=False, set_alpha_to_one=False, steps_offset=1,
                 timestep_spacing="trailing")
EMPTY = 0.1  # how often no text is trained


def build():
    """The UNet, untrained: noisy latents and what the memory shows go in; v, and what to add to what is shown, come out."""
    return UNet2DConditionModel(
        sample_size=16, in_channels=12, out_channels=8, block_out_channels=(64, 128), layers_per_block=1,
        down_block_types=("CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
        cross_attention_dim=384, attention_head_dim=4, norm_num_groups=16)


def predicted(answer, sample, keep, blur, shown, there, paints):
    """v from UNet's answer: its own where nothing is shown; else that of the picture shown, painted if a colour is asked."""
    own, added = answer.chunk(2, 1)
    picture = shown[:, :4] + paints * added
    return (1 - there) * own + there * (keep * sample - picture) / blur


class Views:
    """What is trained on: (latents, what the memory shows, states of a caption), drawn by lot."""

    def __init__(self, work, turns):
        text, art = np.load(work / "captions.npz"), np.load(work / "latents.npz")
        self.states, self.turns = torch.from_numpy(text["states"]), turns
        self.memory = memories.Memory(len(turns))
        self.memory.load_state_dict(torch.load(work / "memory.pt"))
        self.z = z = torch.from_numpy(art["z"])
        plain = z[torch.from_numpy((art["slot"] == 0) & (art["colour"] == 0))]
        self.mean, self.std = plain.mean((0, 2, 3), keepdim=True), plain.std((0, 2, 3), keepdim=True)
        self.captions = self.lots(text["subject"], text["colour"], text["weight"])
        self.pictures = self.lots(art["subject"], art["colour"], np.ones(len(z), np.float32))
        self.slot = art["slot"]

    @staticmethod
    def lots(subject, colour, weight):
        """{(subject, colour): (rows, their weights)}."""
        found = {}
        for row, key in enumerate(zip(subject.tolist(), colour.tolist())):
            found.setdefault(key, []).append(row)
        return {key: (rows, torch.from_numpy(weight[rows])) for key, rows in found.items()}

    def one(self, subject):
        """(picture's row, caption's row, subject, slot, colour)."""
        while True:
            colour = 1 + int(torch.randint(len(variants.COLOURS), ()))
            if (subject, colour) in self.captions:
                break
        (texts, weights), (pictures, even) = self.captions[subject, colour], self.pictures[subject, colour]
        picture = pictures[int(torch.multinomial(even, 1))]
        return picture, texts[int(torch.multinomial(weights, 1))], subject, int(self.slot[picture]), colour

    def batch(self, size):
        rows = [self.one(int(i)) for i in torch.multinomial(self.turns, size, replacement=True)]
        pictures, texts, subject, slot, colour = (torch.tensor(column) for column in zip(*rows))
        empty = torch.rand(size) < EMPTY
        texts[empty] = 0
        subject = torch.where(empty, 0, subject + 1)
        one = lambda index, many: F.one_hot(index, many).float()
        subject = one(subject, len(self.turns) + 1)
        colour = one(colour, len(variants.PAINTS))
        shown, there, paints = self.memory.shown(subject, colour, self.memory.slots(subject, colour), one(slot, variants.SLOTS))
        return (self.z[pictures] - self.mean) / self.std, shown, there, paints, self.states[texts].float()


def widened(state):
    """The state of a UNet that gave v alone, for one that also gives what to add (nothing, at first)."""
    more = {}
    for name in ("conv_out.weight", "conv_out.bias"):
        old = state[name]
        more[name] = torch.cat([old, torch.zeros_like(old)]) if len(old) == 4 else old
    return {**state, **more}


def averaged(model):
    """Gradients become their mean over the processes."""
    grads = [p.grad for p in model.parameters()]
    flat = torch.cat([g.reshape(-1) for g in grads])
    dist.all_reduce(flat)
    flat /= dist.get_world_size()
    for grad, part in zip(grads, flat.split([g.numel() for g in grads])):
        grad.copy_(part.view_as(grad))


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--work", required=True)
    ap.add_argument("--seconds", type=float, default=2850, help="wall-clock seconds of this run")
    ap.add_argument("--lr", type=float, default=1.2e-3)
    ap.add_argument("--batch", type=int, default=32)
    ap.add_argument("--known", type=int, default=0, help="the first so many things are trained a quarter as often")
    ap.add_argument("--late", type=float, default=1.0, help="timesteps are 1000 u ** late: less than 1 leans to noise")
    ap.add_argument("--often", default="", help="English names, with commas, of things to train twice as often")
    ap.add_argument("--resume", action="store_true")
    a = ap.parse_args()
    work = Path(a.work)
    many, rank = int(os.environ.get("WORLD_SIZE", 1)), int(os.environ.get("RANK", 0))
    if many > 1:
        dist.init_process_group("gloo")
    torch.set_num_threads(1)
    torch.manual_seed(int(time.time()) * many + rank)
    begin = time.time()
    span = a.seconds
    names, often = [r["en"] for r in codec.subjects()], [n for n in a.often.split(",") if n]
    if unknown := set(often) - set(names):
        raise SystemExit(f"not a subject: {sorted(unknown)}")
    turns = [(0.25 if i < a.known else 1.0) * (2.0 if name in often else 1.0) for i, name in enumerate(names)]
    views = Views(work, torch.tensor(turns))
    if len({subject for subject, _ in views.captions} - {-1}) != len(names):
        raise SystemExit("captions.npz has other subjects than subjects.json: run captions.py again")
    model, ema = build().to(memory_format=torch.channels_last), build()
    opt = torch.optim.AdamW(model.parameters(), lr=a.lr, betas=(0.9, 0.99), weight_decay=1e-3)
    step, spent = 0, 0.0
    if a.resume:
        old = torch.load(work / "unet.pt", weights_only=False)
        model.load_state_dict(widened(old["model"]))
        if old.get("opt"):
            opt.load_state_dict(old["opt"])
        step, spent = old["step"], old["cpu"]
        ema.load_state_dict(widened(old["ema"]))
        views.mean, views.std = old["mean"], old["std"]
    else:
        if many > 1:
            for p in model.parameters():
                dist.broadcast(p.data, 0)
        ema.load_state_dict(model.state_dict())
    alphas = DDIMScheduler(**SCHEDULER).alphas_cumprod
    cpu0, first, saved, sums = time.process_time(), step, time.time(), []
    print(f"{len(names)} subjects, {len(views.z)} pictures, {span:.0f} s", flush=True)
    while True:
        clock = torch.tensor((time.time() - begin) / span)
        if many > 1:
            dist.broadcast(clock, 0)
        done = float(clock)
        if done >= 1:
            break
        warm = min(1.0, (step - first + 1) / 60)
        for g in opt.param_groups:
            g["lr"] = a.lr * warm * max(0.01, 0.5 * (1 + math.cos(math.pi * done)))
        part = a.batch // many
        x, shown, there, paints, told = views.batch(part)
        noise = torch.randn_like(x)
        t = (1000 * torch.rand(part) ** a.late).long().clamp(max=999)
        keep = alphas[t].sqrt()[:, None, None, None]
        blur = (1 - alphas[t]).sqrt()[:, None, None, None]
        own, added = model(torch.cat([keep * x + blur * noise, shown], 1), t, told).sample.chunk(2, 1)
        freely, painted = own - (keep * noise - blur * x), paints * added - (x - shown[:, :4])
        loss = ((1 - there) * freely.square() + there * painted.square()).mean()
        opt.zero_grad()
        loss.backward()
        if many > 1:
            averaged(model)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        opt.step()
        step += 1
        decay = min(0.995, (step + 1) / (step + 20))
        with torch.no_grad():
            torch._foreach_lerp_(list(ema.parameters()), list(model.parameters()), 1 - decay)
        sums.append(loss.item())
        cpu = spent + many * (time.process_time() - cpu0)
        if step % 50 == 0 and rank == 0:
            print(f"step {step} cpu {cpu:.0f} wall {time.time() - begin:.0f} loss {np.mean(sums):.4f}", flush=True)
            sums = []
        if time.time() - saved > 120 and rank == 0:
            saved = time.time()
            save(work, model, ema, opt, step, cpu, views.mean, views.std)
    if rank == 0:
        save(work, model, ema, opt, step, cpu, views.mean, views.std)


def save(work, model, ema, opt, step, cpu, mean, std):
    """Writes the state to go on from, whole or not at all."""
    torch.save({"model": model.state_dict(), "ema": ema.state_dict(), "opt": opt.state_dict(), "step": step,
                "cpu": cpu, "mean": mean, "std": std}, work / "unet.tmp")
    os.replace(work / "unet.tmp", work / "unet.pt")


if __name__ == "__main__":
    main()
