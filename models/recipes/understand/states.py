"""Token states of the frozen e5 encoder, kept on disk so that a phrase is encoded once.

In a cache folder: states.f16 (rows of 384 half floats) and index.jsonl (text, first row, rows).
"""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parent.parent))
import e5  # noqa: E402

PREFIX = "query: "
WIDTH = 384


@dataclass
class Encoded:
    """Token ids, character offsets in the text without the prefix (clamped at 0), states [S, 384]."""

    ids: list
    offsets: list
    states: np.ndarray


def tokenise(tokenizer, text):
    """(ids, offsets without the prefix and without a token's leading spaces)."""
    whole = PREFIX + text
    encoding = tokenizer.encode(whole)
    offsets = []
    for start, end in encoding.offsets:
        while start < end and whole[start].isspace():
            start += 1
        offsets.append((max(0, start - len(PREFIX)), max(0, end - len(PREFIX))))
    return encoding.ids, offsets


class States:
    """Encodes texts, by the cache where it can."""

    def __init__(self, package, cache):
        self.package, self.folder = package, Path(cache)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.tokenizer = e5.load_tokenizer(package)
        self.model = None
        self.index = {}
        if (self.folder / "index.jsonl").exists():
            for line in (self.folder / "index.jsonl").read_text(encoding="utf-8").splitlines():
                text, first, rows = json.loads(line)
                self.index[text] = (first, rows)
        self.open()

    def open(self):
        path = self.folder / "states.f16"
        path.touch()
        size = path.stat().st_size // (2 * WIDTH)
        self.rows = np.memmap(path, np.float16, "r", shape=(size, WIDTH)) if size else np.zeros((0, WIDTH), np.float16)

    def load_model(self):
        self.model, _ = e5.load(self.package)

    def encode(self, texts):
        """[Encoded] in the order of the texts."""
        self.fill([text for text in dict.fromkeys(texts) if text not in self.index])
        out = []
        for text in texts:
            first, rows = self.index[text]
            ids, offsets = tokenise(self.tokenizer, text)
            assert len(ids) == rows, text
            out.append(Encoded(ids, offsets, self.rows[first : first + rows]))
        return out

    def fill(self, texts, batch=64):
        """Run the encoder over texts that are not in the cache, short ones first."""
        if not texts:
            return
        if self.model is None:
            self.load_model()
        ids = {text: tokenise(self.tokenizer, text)[0] for text in texts}
        texts = sorted(texts, key=lambda text: len(ids[text]))
        first = len(self.rows)
        with open(self.folder / "states.f16", "ab") as states, open(self.folder / "index.jsonl", "a", encoding="utf-8") as index:
            for at in range(0, len(texts), batch):
                part = texts[at : at + batch]
                hidden = run(self.model, [ids[text] for text in part])
                for text, rows in zip(part, hidden):
                    states.write(rows.astype(np.float16).tobytes())
                    index.write(json.dumps([text, first, len(rows)], ensure_ascii=False) + "\n")
                    self.index[text] = (first, len(rows))
                    first += len(rows)
                if at % 1024 == 0:
                    print(f"encoded {at}/{len(texts)}", file=sys.stderr, flush=True)
        self.open()


def run(model, ids):
    """Last hidden states of a batch, without the padding."""
    longest = max(map(len, ids))
    padded = torch.tensor([row + [1] * (longest - len(row)) for row in ids])
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in ids])
    with torch.inference_mode():
        hidden = model(padded, attention_mask=mask).last_hidden_state.numpy()
    return [hidden[i, : len(row)] for i, row in enumerate(ids)]
