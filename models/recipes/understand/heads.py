"""The two trained heads over frozen e5 token states: intent (siamese) and subject (span).

Trunk:  [B, S, 384] states, [B, S] mask -> [B, S, width]: places are added anew (e5's last states hardly tell
        them), each token sees its neighbours, then a few transformer blocks (norm first). S <= 512.
Intent: trunk -> attention pooling -> encoding [B, E].
Match:  |a - b| of two encodings -> dense -> 2 outputs (no match, match).
Span:   trunk -> start and end logits [B, S]; position 0 for both says "no subject".
"""

import math

import torch
from torch import nn

WIDTH, HEADS, LAYERS, ENCODING = 192, 4, 2, 128
POSITIONS = 512
FAR = -1e4


class Block(nn.Module):
    """Self-attention and a feed-forward layer, each added to its input."""

    def __init__(self, width, heads, dropout):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)
        self.drop = nn.Dropout(dropout)

    def forward(self, x, bias):
        batch, length, width = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(batch, length, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        weights = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(width // self.heads) + bias, dim=-1)
        mixed = (weights @ v).transpose(1, 2).reshape(batch, length, width)
        x = x + self.drop(self.out(mixed))
        return x + self.drop(self.down(nn.functional.gelu(self.up(self.norm2(x)))))


class Trunk(nn.Module):
    def __init__(self, dropout=0.1, layers=LAYERS):
        super().__init__()
        self.into, self.norm_in = nn.Linear(384, WIDTH), nn.LayerNorm(384)
        self.place = nn.Parameter(torch.randn(POSITIONS, WIDTH) * 0.02)
        self.around = nn.Conv1d(WIDTH, WIDTH, 5, padding=2, groups=4)
        self.blocks = nn.ModuleList(Block(WIDTH, HEADS, dropout) for _ in range(layers))
        self.norm, self.drop = nn.LayerNorm(WIDTH), nn.Dropout(dropout)

    def forward(self, states, mask):
        bias = (1.0 - mask[:, None, None, :].to(states.dtype)) * FAR
        inside = mask[:, :, None].to(states.dtype)
        x = (self.into(self.norm_in(states)) + self.place[: states.shape[1]]) * inside
        x = self.drop(x + nn.functional.gelu(self.around(x.transpose(1, 2))).transpose(1, 2))
        for block in self.blocks:
            x = block(x, bias)
        return self.norm(x)


class Intent(nn.Module):
    """Encoding of a phrase, the same for commands and requests."""

    def __init__(self):
        super().__init__()
        self.trunk = Trunk(dropout=0.15)
        self.look = nn.Linear(WIDTH, HEADS)
        self.out = nn.Linear(HEADS * WIDTH, ENCODING)

    def forward(self, states, mask):
        x = self.trunk(states, mask)
        scores = self.look(x) + (1.0 - mask[:, :, None].to(x.dtype)) * FAR
        pooled = torch.softmax(scores, dim=1).transpose(1, 2) @ x
        return torch.tanh(self.out(pooled.flatten(1)))


class Match(nn.Module):
    def __init__(self):
        super().__init__()
        self.dense = nn.Linear(ENCODING, 2)
        with torch.no_grad():
            self.dense.weight[0].fill_(0.05)
            self.dense.weight[1].fill_(-0.05)

    def forward(self, a, b):
        return self.dense((a - b).abs())


class Span(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = Trunk()
        self.ends = nn.Linear(WIDTH, 2)

    def forward(self, states, mask):
        logits = self.ends(self.trunk(states, mask)) + (1.0 - mask[:, :, None].to(states.dtype)) * FAR
        return logits[:, :, 0], logits[:, :, 1]
