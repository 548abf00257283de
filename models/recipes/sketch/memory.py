"""The memory of `sketch`: which thing and which kind of picture a text asks for, and what that looks like.

    python memory.py --work WORK_FOLDER [--epochs 12]

A UNet this small learns a picture in some 800 views, too slowly for 300 things on two cores.  So the graph keeps the
latents of every thing's plain picture (PICTURES) and a colour for every kind (PALETTE), and a small reader of the text's
states chooses among them; UNet sees the chosen picture and colour as further channels of its input, and text as before.
What is chosen for the empty text is nothing: zeros.  A small thing is shown half as large, in the middle.

WORK/memory.pt holds the reader, trained here on captions.npz with one in ten captions held back, the pictures (from
latents.npz) and the palette.  unet.py gives them to the UNet while training; only the exported graph needs the reader.
"""
import argparse
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

import variants
import vae as codec

QUERIES, WIDTH = 2, 256


class Reader(torch.nn.Module):
    """States [B, L, 384] -> logits of the subjects (the first is none) and of the kinds."""

    def __init__(self, subjects):
        super().__init__()
        self.query = torch.nn.Linear(384, QUERIES, bias=False)
        self.hidden = torch.nn.Linear(384 * QUERIES, WIDTH)
        self.subject = torch.nn.Linear(WIDTH, subjects + 1)
        self.kind = torch.nn.Linear(WIDTH, len(variants.KINDS))

    def forward(self, states):
        there = (states.abs().sum(-1, keepdim=True) > 0).float()
        share = F.softmax(self.query(states) - 1e4 * (1 - there), dim=1)
        pooled = torch.cat([(share[..., i:i + 1] * states).sum(1) for i in range(QUERIES)], dim=1)
        hidden = F.gelu(self.hidden(pooled))
        return self.subject(hidden), self.kind(hidden)


class Memory(torch.nn.Module):
    """Chosen pictures and colours as [B, 8, 16, 16]."""

    def __init__(self, subjects):
        super().__init__()
        self.reader = Reader(subjects)
        self.register_buffer("pictures", torch.zeros(subjects + 1, 4, 16, 16))
        self.register_buffer("palette", torch.zeros(len(variants.KINDS), 4))
        self.register_buffer("ground", torch.zeros(4))

    def shown(self, subject, kind):
        """From the weights (or one-hot choices) of subjects and kinds."""
        picture = (subject @ self.pictures.flatten(1)).view(-1, 4, 16, 16)
        there = 1 - subject[:, 0].view(-1, 1, 1, 1)
        ground = self.ground.view(1, 4, 1, 1)
        shrunk = F.pad(F.avg_pool2d(picture, 2) - there * ground, (4, 4, 4, 4)) + there * ground
        little = kind[:, 2].view(-1, 1, 1, 1)
        colour = there * (kind @ self.palette).view(-1, 4, 1, 1)
        return torch.cat([picture + little * (shrunk - picture), colour.expand(-1, 4, 16, 16)], dim=1)

    def forward(self, states):
        subject, kind = self.reader(states)
        return self.shown(F.softmax(2 * subject, -1), F.softmax(2 * kind, -1))


def filled(work, subjects):
    """A memory with pictures, palette and ground, normalised as the UNet's latents are (or will be)."""
    art = np.load(work / "latents.npz")
    plain = torch.from_numpy(art["z"][art["kind"] == variants.KINDS.index("on white")])
    old = {"mean": plain.mean((0, 2, 3), keepdim=True), "std": plain.std((0, 2, 3), keepdim=True)}
    if (work / "unet.pt").exists():
        old = torch.load(work / "unet.pt", weights_only=False)
    memory = Memory(subjects)
    memory.pictures[1:] = (plain - old["mean"]) / old["std"]
    vae = codec.build()
    vae.load_state_dict(torch.load(work / "vae" / "vae.pt", weights_only=False)["model"])
    vae.eval()
    flat = [(255, 255, 255), *((255 * variants.rgb(*map(np.float64, c))).round() for c in variants.COLOURS.values())]
    with torch.no_grad():
        x = torch.tensor(np.array(flat, np.float32))[:, :, None, None].expand(-1, 3, 128, 128) / 127.5 - 1
        seen = ((codec.encode(vae, x) - old["mean"]) / old["std"])[:, :, 4:12, 4:12].mean((2, 3))
    memory.ground.copy_(seen[0])
    memory.palette[-len(variants.COLOURS):] = seen[1:]
    memory.palette[variants.KINDS.index("on white")] = seen[0] / 4
    return memory


def train(reader, text, epochs):
    """Cross-entropy on subject and kind; prints the accuracy on the captions held back."""
    subject, kind = torch.from_numpy(text["subject"]) + 1, torch.from_numpy(text["kind"])
    states, weight = torch.from_numpy(text["states"]), torch.from_numpy(text["weight"]).sqrt()
    order = torch.randperm(len(subject), generator=torch.Generator().manual_seed(0))
    held, rest = order[::10], order[torch.arange(len(order)) % 10 != 0]
    rest = torch.cat([rest, torch.zeros(200, dtype=torch.long)])  # the empty text, often
    opt = torch.optim.AdamW(reader.parameters(), lr=3e-3, weight_decay=0.02)
    total = epochs * (len(rest) // 128)
    plan = torch.optim.lr_scheduler.OneCycleLR(opt, 3e-3, total_steps=total + 1)
    for epoch in range(epochs):
        reader.train()
        for part in rest[torch.randperm(len(rest))].split(128)[:len(rest) // 128]:
            seen = states[part].float()
            seen = seen + 0.1 * torch.randn_like(seen) * (seen != 0)
            a, b = reader(seen)
            loss = (weight[part] * (F.cross_entropy(a, subject[part], reduction="none", label_smoothing=0.02)
                                    + F.cross_entropy(b, kind[part], reduction="none", label_smoothing=0.02))).mean()
            opt.zero_grad()
            loss.backward()
            opt.step()
            plan.step()
        with torch.no_grad():
            a, b = (torch.cat(p) for p in zip(*(reader(states[p].float()) for p in held.split(512))))
        right = (a.argmax(1) == subject[held]).float().mean(), (b.argmax(1) == kind[held]).float().mean()
        print(f"epoch {epoch + 1} loss {loss.item():.3f} held back: subject {right[0]:.4f} kind {right[1]:.4f}", flush=True)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--work", required=True)
    ap.add_argument("--epochs", type=int, default=12)
    a = ap.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    work = Path(a.work)
    memory = filled(work, len(codec.subjects()))
    train(memory.reader, np.load(work / "captions.npz"), a.epochs)
    torch.save(memory.state_dict(), work / "memory.pt")


if __name__ == "__main__":
    main()
