"""Fills a weightless graph from a GGUF file, as the Rust reader in src/models does it: the reference for that reader.

    python fill.py PACKAGE ../instruct FOLDER

Out: FOLDER/model.onnx, model.onnx_data and tokenizer.json, and their lengths and sums on standard output.

A plan is {"size": bytes of the data file, "parts": [{"offset", "bytes", "tensor", "part"}]}, in offset order; bytes that
no part covers are zero. Parts, each of one tensor; blocks in the tensor's own order (row by row), values little-endian:
  nibbles  Q4_1: 16 bytes a block for MatMulNBits (4 bit, zero point 8): byte j holds q of weight 2j (low four bits) and
           of weight 2j + 1 (high)
  bytes    Q8_0: 32 bytes a block for MatMulNBits (8 bit, zero point 128): q + 128, that is q XOR 0x80
  scales   Q4_1, Q8_0: d of every block, f16 -> f32
  offsets  Q4_1: m + 8 d of every block, computed in f32 from the f16 values
  f32      F32: the bytes as they lie there
The E5S1 plan of export_e5.py has the same shape and shares nibbles, scales and f32.

tokenizer.json is the skeleton with /model/vocab = {token: id} of `tokenizer.ggml.tokens` and /model/merges =
`tokenizer.ggml.merges`, each split at its one space into a pair; written as compact JSON with sorted keys, unescaped
UTF-8 (what serde_json writes for a Value).
"""
import argparse
import hashlib
import json
import shutil
from pathlib import Path

import gguf_file as gguf
import numpy as np


def quants(packed):
    """q of the 32 weights of each block, in order."""
    return np.concatenate([packed & 15, packed >> 4], axis=1)


def halves(columns):
    """f16 pairs of bytes -> f32."""
    return columns.copy().view("<f2").astype(np.float32)


def make(part, tensor):
    """The bytes of one part."""
    if part == "f32" and tensor.kind == gguf.F32:
        return tensor.raw
    blocks = np.frombuffer(tensor.raw, np.uint8).reshape(-1, gguf.SIZES[tensor.kind][1])
    scales = halves(blocks[:, :2])
    match (part, tensor.kind):
        case ("scales", gguf.Q4_1 | gguf.Q8_0):
            return scales.tobytes()
        case ("offsets", gguf.Q4_1):
            return (halves(blocks[:, 2:4]) + np.float32(8) * scales).tobytes()
        case ("nibbles", gguf.Q4_1):
            q = quants(blocks[:, 4:])
            return (q[:, 0::2] | q[:, 1::2] << 4).astype(np.uint8).tobytes()
        case ("bytes", gguf.Q8_0):
            return (blocks[:, 2:] ^ 0x80).tobytes()
    raise ValueError(f"no part {part} of kind {tensor.kind}")


def data(plan, tensors):
    """The data file of a graph."""
    out = bytearray(plan["size"])
    for row in plan["parts"]:
        made = make(row["part"], tensors[row["tensor"]])
        if len(made) != row["bytes"]:
            raise ValueError(f"{row} has {len(made)} bytes")
        out[row["offset"] : row["offset"] + len(made)] = made
    return bytes(out)


def tokenizer(skeleton, metadata):
    """tokenizer.json, as bytes."""
    skeleton["model"]["vocab"] = {token: i for i, token in enumerate(metadata["tokenizer.ggml.tokens"])}
    skeleton["model"]["merges"] = [merge.split(" ") for merge in metadata["tokenizer.ggml.merges"]]
    return json.dumps(skeleton, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def fill(package, folder, out):
    """Fills model.onnx of `folder` into `out`; {file: {bytes, sha256}} of what was made."""
    out.mkdir(parents=True, exist_ok=True)
    metadata, tensors = gguf.read(package)
    plan = json.loads((folder / "model.fill.json").read_text())
    skeleton = json.loads((folder / "tokenizer.skeleton.json").read_text())
    shutil.copy(folder / "model.onnx", out / "model.onnx")
    (out / "model.onnx_data").write_bytes(data(plan, tensors))
    (out / "tokenizer.json").write_bytes(tokenizer(skeleton, metadata))
    files = ("model.onnx", "model.onnx_data", "tokenizer.json")
    made = {name: (out / name).read_bytes() for name in files}
    return {name: {"bytes": len(b), "sha256": hashlib.sha256(b).hexdigest()} for name, b in made.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("package")
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    print(json.dumps(fill(args.package, args.folder, args.out), indent=1))


if __name__ == "__main__":
    main()
