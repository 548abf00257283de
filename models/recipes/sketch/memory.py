"""The memory of `sketch`: what a text asks for, what that looks like, and which of its pictures this noise is.

    python memory.py --work WORK_FOLDER [--epochs 12]

A UNet this small learns a picture in some 800 views, too slowly for 300 things on two cores.  So the graph keeps the
latents of every slot of every thing (variants.py) and a colour for every paint (PALETTE).  A small reader of the text's
states chooses the thing, the paint and the page, and the noise chooses among the slots: the one whose latents, less the mean
of that page's slots and made as long as the others', lie nearest in direction to the sample.  Any noise is as near to one as
to another, and once a step has gone towards a slot the sample is nearer to it than before, so all steps choose the same.

UNet sees the chosen picture and colour as further channels of its input, and gives what painting the thing adds to that
picture (unet.predicted).  What is chosen for the empty text is nothing: zeros, and UNet denoises as it would without memory.

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
SHARP, SHUT = 20.0, 10.0  # how decided the noise is, and how closed the slots are that were not asked for


class Reader(torch.nn.Module):
    """States [B, L, 384] -> logits of the subjects (the first is none), of the paints and of the pages."""

    def __init__(self, subjects):
        super().__init__()
        self.query = torch.nn.Linear(384, QUERIES, bias=False)
        self.hidden = torch.nn.Linear(384 * QUERIES, WIDTH)
        self.subject = torch.nn.Linear(WIDTH, subjects + 1)
        self.colour = torch.nn.Linear(WIDTH, len(variants.PAINTS))
        self.page = torch.nn.Linear(WIDTH, len(variants.PAGES))

    def forward(self, states):
        there = (states.abs().sum(-1, keepdim=True) > 0).float()
        share = F.softmax(self.query(states) - 1e4 * (1 - there), dim=1)
        pooled = torch.cat([(share[..., i:i + 1] * states).sum(1) for i in range(QUERIES)], dim=1)
        hidden = F.gelu(self.hidden(pooled))
        return self.subject(hidden), self.colour(hidden), self.page(hidden)


class Memory(torch.nn.Module):
    """What is shown, [B, 8, 16, 16] of a picture and a colour; is there a thing, and is it painted, [B, 1, 1, 1] each."""

    def __init__(self, subjects):
        super().__init__()
        self.reader = Reader(subjects)
        self.register_buffer("pictures", torch.zeros(subjects + 1, variants.PLAIN + variants.BIG, 4, 16, 16))
        self.register_buffer("little", torch.zeros(subjects + 1, variants.LITTLE, 4, 8, 8))  # the middle of each
        self.register_buffer("palette", torch.zeros(len(variants.PAINTS), 4))
        owned = torch.zeros(len(variants.PAGES), variants.SLOTS)
        for i, slots in enumerate(variants.PAGES.values()):
            owned[i, list(slots)] = 1
        self.register_buffer("owned", owned, persistent=False)
        suits = torch.ones(len(variants.PAINTS), variants.SLOTS)  # a white thing is drawn on a deeper ground
        suits[variants.PAINTS.index("white")] = torch.tensor([float(g == "deep") for g in variants.GROUNDS])
        self.register_buffer("suits", suits, persistent=False)
        sizes = torch.tensor([0] * variants.PLAIN + [1] * variants.BIG + [2] * variants.LITTLE)
        same = (sizes[:, None] == sizes).float()
        self.register_buffer("means", same / same.sum(1, keepdim=True), persistent=False)

    def slots(self, subject):
        """[B, SLOTS, 4, 16, 16] of one-hot choices (or weights) of subjects."""
        pictures = (subject @ self.pictures.flatten(1)).view(-1, variants.PLAIN + variants.BIG, 4, 16, 16)
        little = (subject @ self.little.flatten(1)).view(-1, variants.LITTLE * 4, 8, 8)
        little = F.pad(little, (4, 4, 4, 4), mode="replicate").view(-1, variants.LITTLE, 4, 16, 16)
        return torch.cat([pictures, little], 1)

    def chosen(self, slots, colour, page, sample):
        """[B, SLOTS]: how much of each slot is shown."""
        flat = slots.flatten(2)
        apart = flat - self.means @ flat
        apart = apart / (apart.square().sum(2, keepdim=True) + 1e-3).sqrt()
        near = (apart @ sample.flatten(1)[:, :, None])[..., 0]
        may = (page @ self.owned) * (colour @ self.suits)
        return F.softmax(SHARP * near + SHUT * torch.log(may + 1e-6), dim=1)

    def shown(self, subject, colour, slots, chosen):
        picture = (chosen[:, None] @ slots.flatten(2)).view(-1, 4, 16, 16)
        there, own = 1 - subject[:, 0].view(-1, 1, 1, 1), colour[:, 0].view(-1, 1, 1, 1)
        paint = there * (colour @ self.palette).view(-1, 4, 1, 1)
        return torch.cat([picture, paint.expand(-1, 4, 16, 16)], dim=1), there, 1 - own

    def forward(self, states, sample):
        subject, colour, page = (F.softmax(2 * logits, -1) for logits in self.reader(states))
        slots = self.slots(subject)
        return self.shown(subject, colour, slots, self.chosen(slots, colour, page, sample))


def filled(work, subjects):
    """A memory with pictures and palette, normalised as the UNet's latents are (or will be)."""
    art = np.load(work / "latents.npz")
    z = torch.from_numpy(art["z"][art["colour"] == 0]).view(subjects, variants.SLOTS, 4, 16, 16)
    plain = z[:, 0]
    old = {"mean": plain.mean((0, 2, 3), keepdim=True), "std": plain.std((0, 2, 3), keepdim=True)}
    if (work / "unet.pt").exists():
        old = torch.load(work / "unet.pt", weights_only=False)
    z = (z - old["mean"]) / old["std"]
    memory, large = Memory(subjects), variants.PLAIN + variants.BIG
    memory.pictures[1:], memory.little[1:] = z[:, :large], z[:, large:, :, 4:12, 4:12]
    vae = codec.build()
    vae.load_state_dict(torch.load(work / "vae" / "vae.pt", weights_only=False)["model"])
    vae.eval()
    flat = [(255 * variants.rgb(*map(np.float64, c))).round() for c in variants.COLOURS.values()]
    with torch.no_grad():
        x = torch.tensor(np.array(flat, np.float32))[:, :, None, None].expand(-1, 3, 128, 128) / 127.5 - 1
        memory.palette[1:] = ((codec.encode(vae, x) - old["mean"]) / old["std"])[:, :, 4:12, 4:12].mean((2, 3))
    return memory


def train(reader, text, epochs):
    """Cross-entropy on subject, paint and page; prints the accuracy on the captions held back."""
    truth = [torch.from_numpy(text["subject"]) + 1, torch.from_numpy(text["colour"]), torch.from_numpy(text["page"])]
    states, weight = torch.from_numpy(text["states"]), torch.from_numpy(text["weight"]).sqrt()
    order = torch.randperm(len(weight), generator=torch.Generator().manual_seed(0))
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
            losses = [F.cross_entropy(said, want[part], reduction="none", label_smoothing=0.02)
                      for said, want in zip(reader(seen), truth)]
            loss = (weight[part] * sum(losses)).mean()
            opt.zero_grad()
            loss.backward()
            opt.step()
            plan.step()
        with torch.no_grad():
            said = zip(*(reader(states[p].float()) for p in held.split(512)))
            right = [(torch.cat(part).argmax(1) == want[held]).float().mean().item() for part, want in zip(said, truth)]
        print(f"epoch {epoch + 1} loss {loss.item():.3f} held back: subject, paint, page right",
              *(f"{r:.4f}" for r in right), flush=True)


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
