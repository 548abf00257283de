"""Trains the codec's decoder further on the pictures that `sketch` draws; the encoder, and so every latent, stays.

    python polish.py --work WORK_FOLDER --seconds 600 [--lr 6e-4]

WORK/latents.npz and WORK/pages.npy come from variants.py. Two of three pictures of a batch are things in their own colours,
which come from the memory as they are; the others are painted ones. WORK/vae/vae.pt is read and written.
"""
import argparse
import time
from pathlib import Path

import numpy as np
import torch

import vae as codec

BATCH = 6


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--work", required=True)
    ap.add_argument("--seconds", type=float, default=600, help="wall-clock seconds of this run")
    ap.add_argument("--lr", type=float, default=6e-4)
    a = ap.parse_args()
    work = Path(a.work)
    torch.set_num_threads(1)
    torch.manual_seed(int(time.time()))
    art, pages = np.load(work / "latents.npz"), np.load(work / "pages.npy", mmap_mode="r")
    z, own = torch.from_numpy(art["z"]), torch.from_numpy(np.flatnonzero(art["colour"] == 0))
    old = torch.load(work / "vae" / "vae.pt", weights_only=False)
    vae = codec.build().to(memory_format=torch.channels_last)
    vae.load_state_dict(old["model"])
    vae.encoder.requires_grad_(False)
    vae.quant_conv.requires_grad_(False)
    opt = torch.optim.AdamW([p for p in vae.parameters() if p.requires_grad], lr=a.lr, betas=(0.9, 0.99), weight_decay=1e-4)
    begin, cpu0, step, sums = time.time(), time.process_time(), 0, []
    while (done := (time.time() - begin) / a.seconds) < 1:
        for group in opt.param_groups:
            group["lr"] = a.lr * min(1.0, (step + 1) / 50) * max(0.02, 0.5 * (1 + np.cos(np.pi * done)))
        pick = torch.cat([own[torch.randint(len(own), (2 * BATCH // 3,))], torch.randint(len(z), (BATCH - 2 * BATCH // 3,))])
        x = torch.from_numpy(pages[pick.numpy()]).permute(0, 3, 1, 2).float() / 127.5 - 1
        y = codec.decode(vae, z[pick] + 0.03 * torch.randn(BATCH, 4, 16, 16))
        loss = codec.loss_of(y, x, 0.0)
        opt.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(vae.parameters(), 1.0)
        opt.step()
        step += 1
        sums.append((y.detach() - x).abs().mean().item())
        if step % 100 == 0:
            print(f"step {step} cpu {time.process_time() - cpu0:.0f} wall {time.time() - begin:.0f} L1 {np.mean(sums):.4f}",
                  flush=True)
            sums = []
    codec.save(work / "vae", vae, opt, old["step"] + step, old["cpu"] + time.process_time() - cpu0)
    x = torch.from_numpy(pages[own[torch.linspace(0, len(own) - 1, 12).long()].numpy()]).permute(0, 3, 1, 2).float() / 127.5 - 1
    codec.sheet(vae, x, work / "vae" / "vae.png", codec.PATCH)


if __name__ == "__main__":
    main()
