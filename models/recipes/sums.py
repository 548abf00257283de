"""Rewrites `bytes` and `sha256` of a model's manifest from its files.

    python sums.py MODEL... [--filled DATA]

House files are read beside the manifest. With --filled, the files that are made from packages (`fill`, `package`) are
read from DATA/models/<name> (a data folder after a pull, or a recipe's reference output laid out like one); check them
against the recipe before you believe them. Other lines stay as they are.
"""

import argparse
import hashlib
import re
from pathlib import Path

MODELS = Path(__file__).resolve().parent.parent


def place(model, block, filled):
    """Where the file of a [[file]] block lies, or None when it is not ours to sum."""
    said = dict(re.findall(r'(?m)^(path|from) = "([^"]*)"', block))
    if said["from"] == "house":
        return MODELS / model / said["path"]
    if filled and said["from"] in ("fill", "package"):
        return filled / "models" / model / said["path"]
    return None


def summed(block, path):
    data = path.read_bytes()
    lines = f'bytes = {len(data)}\nsha256 = "{hashlib.sha256(data).hexdigest()}"\n'
    block = re.sub(r'(?m)^sha256 = .*\n', "", block)
    return re.sub(r"(?m)^bytes = .*\n", lines, block, count=1)


def rewrite(model, filled):
    manifest = MODELS / model / "manifest.toml"
    pieces = re.split(r"(?m)(?=^\[)", manifest.read_text())
    for i, piece in enumerate(pieces):
        path = place(model, piece, filled) if piece.startswith("[[file]]") else None
        if path:
            pieces[i] = summed(piece, path)
    manifest.write_text("".join(pieces))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", help="names of folders under models/")
    parser.add_argument("--filled", type=Path, metavar="DATA", help="a data folder that holds filled models")
    args = parser.parse_args()
    for model in args.models:
        rewrite(model, args.filled)


if __name__ == "__main__":
    main()
