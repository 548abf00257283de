"""The memory of `sketch`: what a text asks for, what that looks like, and which of its pictures this noise is.

    python memory.py --work WORK_FOLDER [--epochs 12]

A UNet this small learns a picture in some 800 views, too slowly for 300 things on two cores.  So the graph keeps the
latents of every slot of every thing (variants.py) and a colour for every paint (PALETTE).  A small reader of the text's
states chooses the thing, the paint and the page, and the noise chooses among the slots: the one whose latents, less the
mean of that page's slots and made as long as the others', lie nearest in direction to the sample.  Any noise is as near
to one as to another, and once a step has gone towards a slot the sample is nearer to it than before, so all steps choose
the same.

Where a colour is asked for, the picture is dyed: a share of every place (of 16 x 16) goes from the thing's main colour to
the paint, unless it is the thing's own colour and the slot has it.  UNet sees this picture and the paint as further
channels of its input, and gives what is still to be added (unet.predicted), where that is not its ground.  What is chosen
for the empty text is nothing: zeros, and UNet denoises as it would without memory.

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
SHARP, SHUT = 20.0, 100.0  # how decided the noise is, and how closed the slots are that were not asked for
WHOLE = 200  # a share of 1
ALIKE = 9.0  # how far a thing's own colour may be from the paint of that name; nearer by 4, and it is not dyed at all
FLAT, SOLID = 0.02, 0.3  # how far from the ground latents are that are not painted, and how much further those that are


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
    """What is shown, [B, 8, 16, 16] of a picture and a colour; is there a thing, [B, 1, 1, 1]; what is painted, [B, 1, 16, 16]."""

    def __init__(self, subjects):
        super().__init__()
        self.reader = Reader(subjects)
        self.register_buffer("pictures", torch.zeros(subjects + 1, variants.PLAIN + variants.BIG, 4, 16, 16))
        self.register_buffer("little", torch.zeros(subjects + 1, variants.LITTLE, 4, 8, 8))  # the middle of each
        self.register_buffer("floors", torch.zeros(len(variants.FLOORS), 4, 16, 16))
        self.register_buffer("floor", torch.zeros(subjects + 1, variants.SLOTS, len(variants.FLOORS)))  # of each slot
        self.register_buffer("share", torch.zeros(subjects + 1, variants.SLOTS, 16, 16, dtype=torch.uint8))
        self.register_buffer("main", torch.zeros(subjects + 1, variants.SLOTS, 4))
        self.register_buffer("palette", torch.zeros(len(variants.PAINTS), 4))
        owned = torch.zeros(len(variants.PAGES), variants.SLOTS)
        for i, slots in enumerate(variants.PAGES.values()):
            owned[i, list(slots)] = 1
        self.register_buffer("middle", F.pad(torch.ones(8, 8), (4, 4, 4, 4)), persistent=False)
        true = torch.zeros(subjects + 1, len(variants.PAINTS))  # the colour that a thing has by itself, if it has a name
        for i, row in enumerate(codec.subjects()):
            true[i + 1, variants.PAINTS.index(variants.own(row))] = 1
        self.register_buffer("true", true, persistent=False)
        self.register_buffer("owned", owned, persistent=False)
        suits = torch.ones(len(variants.PAINTS), variants.SLOTS)  # a white thing is drawn on a deeper ground
        suits[variants.PAINTS.index("white")] = torch.tensor([float(g == "deep") for g in variants.GROUNDS])
        self.register_buffer("suits", suits, persistent=False)
        sizes = torch.tensor([0] * variants.PLAIN + [1] * variants.BIG + [2] * variants.LITTLE)
        same = (sizes[:, None] == sizes).float()
        self.register_buffer("means", same / same.sum(1, keepdim=True), persistent=False)

    def slots(self, subject, colour):
        """Of one-hot choices (or weights) of subjects and paints: the slots' pictures, dyed [B, SLOTS, 1024], and what of them
        is painted [B, SLOTS, 256]."""
        floor = (subject @ self.floor.flatten(1)).view(-1, variants.SLOTS, len(variants.FLOORS))
        grounds = floor @ self.floors.flatten(1)
        pictures = (subject @ self.pictures.flatten(1)).view(-1, variants.PLAIN + variants.BIG, 1024)
        little = F.pad((subject @ self.little.flatten(1)).view(-1, variants.LITTLE, 4, 8, 8), (4, 4, 4, 4))
        around = grounds[:, -variants.LITTLE:] * (1 - self.middle).flatten().repeat(4)
        pictures = torch.cat([pictures, little.flatten(2) + around], 1)
        apart = (pictures - grounds).view(-1, variants.SLOTS, 4, 256)
        solid = ((apart.square().sum(2) - FLAT) / SOLID).clamp(0, 1)
        share = (subject @ self.share.flatten(1).float()).view(-1, variants.SLOTS, 1, 256) / WHOLE
        main = (subject @ self.main.flatten(1)).view(-1, variants.SLOTS, 4)
        further = self.paint(subject, colour)[:, None] - main
        alike = ((ALIKE - further.square().sum(2, keepdim=True)) / 4).clamp(0, 1)
        true = (colour * (subject @ self.true)).sum(1).view(-1, 1, 1)
        dyes = 1 - torch.maximum(true * alike, colour[:, 0].view(-1, 1, 1))
        dye = dyes[..., None] * share * further[..., None]
        return pictures + dye.flatten(2), dyes * solid

    def paint(self, subject, colour):
        return (1 - subject[:, :1]) * (colour @ self.palette)

    def chosen(self, slots, colour, page, sample):
        """[B, SLOTS]: how much of each slot's picture is shown."""
        apart = slots - self.means @ slots
        apart = apart / (apart.square().sum(2, keepdim=True) + 1e-3).sqrt()
        near = (apart @ sample.flatten(1)[:, :, None])[..., 0]
        may = (page @ self.owned) * (colour @ self.suits)
        return F.softmax(SHARP * near + SHUT * torch.log(may + 1e-6), dim=1)

    def shown(self, subject, colour, slots, chosen):
        """`slots` as slots() gives them."""
        picture, painted = ((chosen[:, None] @ part).view(-1, part.shape[2] // 256, 16, 16) for part in slots)
        paint = self.paint(subject, colour).view(-1, 4, 1, 1).expand(-1, 4, 16, 16)
        return torch.cat([picture, paint], dim=1), 1 - subject[:, 0].view(-1, 1, 1, 1), painted

    def forward(self, states, sample):
        subject, colour, page = (F.softmax(2 * logits, -1) for logits in self.reader(states))
        slots = self.slots(subject, colour)
        return self.shown(subject, colour, slots, self.chosen(slots[0], colour, page, sample))


def dyed(memory, art, z):
    """Fits palette, shares and main colours: a painted picture is its own plus share * (paint - main colour)."""
    rows = {}
    for i, key in enumerate(zip(art["subject"].tolist(), art["slot"].tolist())):
        rows.setdefault(key, []).append(i)
    colour, paints, share = torch.from_numpy(art["colour"]), memory.palette, {}
    for turn in range(3):
        above, below, left, all_ = torch.zeros_like(paints), torch.zeros(len(paints), 1), 0.0, 0.0
        for key, (own, *made) in rows.items():
            if not made:
                continue
            added, dye = z[made] - z[own], paints[colour[made]]
            if key not in share:
                heat = added.square().sum((0, 1))
                top = (heat > 0.5 * heat.flatten().quantile(0.9)).float()
                memory.main[key[0] + 1, key[1]] = (z[own] * top).sum((1, 2)) / top.sum()
            main = memory.main[key[0] + 1, key[1]]
            apart = (dye - main)[:, :, None, None]
            part = ((added * apart).sum((0, 1)) / apart.square().sum()).clamp(0, 1.25)
            share[key] = part = part * (part > 0.04)
            weight = part.square().sum() + 1e-6
            main.copy_((part * (part * dye[:, :, None, None] - added)).sum((0, 2, 3)) / (weight * len(made)))
            above.index_add_(0, colour[made], (part * (added + part * main[:, None, None])).sum((2, 3)))
            below.index_add_(0, colour[made], weight.expand(len(made), 1))
            left += (added - part * (dye - main)[:, :, None, None]).square().sum().item()
            all_ += added.square().sum().item()
        paints[1:] = above[1:] / below[1:]
        print(f"dyes leave {left / all_:.3f} of what painting changes", flush=True)
    for (subject, slot), part in share.items():
        memory.share[subject + 1, slot] = (part * WHOLE).round().to(torch.uint8)
    missing = [key for key in rows if key not in share]
    for subject, slot in missing:  # never painted: as much as each place is like the thing's main colour elsewhere
        others = [memory.main[subject + 1, s] for s in range(variants.SLOTS) if (subject, s) in share]
        main = memory.main[subject + 1, slot] = torch.stack(others).median(0).values
        far = (z[rows[subject, slot][0]] - main[:, None, None]).square().sum(0)
        memory.share[subject + 1, slot] = (torch.exp(-far / 2) * WHOLE).round().to(torch.uint8)
    print(len(missing), "slots were never painted", flush=True)


def filled(work, subjects):
    """A memory with pictures and palette, normalised as the UNet's latents are (or will be)."""
    art = np.load(work / "latents.npz")
    own = art["colour"] == 0
    z = torch.from_numpy(art["z"][own]).view(subjects, variants.SLOTS, 4, 16, 16)
    plain = z[:, 0]
    old = {"mean": plain.mean((0, 2, 3), keepdim=True), "std": plain.std((0, 2, 3), keepdim=True)}
    if (work / "unet.pt").exists():
        old = torch.load(work / "unet.pt", weights_only=False)
    z, every = ((each - old["mean"]) / old["std"] for each in (z, torch.from_numpy(art["z"])))
    memory, large = Memory(subjects), variants.PLAIN + variants.BIG
    memory.pictures[1:], memory.little[1:] = z[:, :large], z[:, large:, :, 4:12, 4:12]
    vae = codec.build()
    vae.load_state_dict(torch.load(work / "vae" / "vae.pt", weights_only=False)["model"])
    vae.eval()
    floor = F.one_hot(torch.from_numpy(art["floor"][own]), len(variants.FLOORS)).float()
    memory.floor[1:] = floor.view(subjects, variants.SLOTS, -1)
    flat = [(255 * variants.rgb(*map(np.float64, c))).round() for c in variants.COLOURS.values()] + variants.FLOORS
    with torch.no_grad():
        x = torch.tensor(np.array(flat, np.float32))[:, :, None, None].expand(-1, 3, 128, 128) / 127.5 - 1
        flat = (codec.encode(vae, x) - old["mean"]) / old["std"]
    memory.palette[1:] = flat[:len(variants.COLOURS), :, 4:12, 4:12].mean((2, 3))
    memory.floors.copy_(flat[len(variants.COLOURS):])
    dyed(memory, art, every)
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
