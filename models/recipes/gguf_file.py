"""Reads a GGUF file (version 2 or 3, little-endian): metadata and raw tensors, nothing else.

In:  a .gguf file, or a wheel (zip) that holds exactly one.
Out: `metadata` {key: value} and `tensors` {name: Tensor(kind, shape, raw)}; shape is outermost first, raw are the bytes
     as they lie in the file.

Layout: magic `GGUF`, u32 version, u64 tensors, u64 entries; entries: string key, u32 type, value (a string is u64 length
+ UTF-8; an array is u32 type, u64 count, values); tensors: string name, u32 dimensions, u64 each (innermost first), u32
kind, u64 offset. Data starts at the next multiple of `general.alignment` (32 when absent); offsets count from there.

Kinds used here, blocks of 32 weights:
  F32  (0)  4 bytes a weight
  Q4_1 (3)  f16 d, f16 m, 16 bytes: byte j holds weight j (low) and weight j + 16 (high); w = d q + m
  Q8_0 (8)  f16 d, 32 signed bytes; w = d q
"""
import math
import struct
import zipfile
from dataclasses import dataclass

F32, Q4_1, Q8_0 = 0, 3, 8
BLOCK = 32
SIZES = {F32: (1, 4), Q4_1: (BLOCK, 20), Q8_0: (BLOCK, 34)}
SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
STRING, ARRAY = 8, 9


@dataclass
class Tensor:
    """One tensor as it lies in the file."""

    kind: int
    shape: tuple
    raw: bytes

    @property
    def elements(self):
        return math.prod(self.shape)


class Cursor:
    """Little-endian values, one after another."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, fmt):
        (value,) = struct.unpack_from("<" + fmt, self.data, self.at)
        self.at += struct.calcsize("<" + fmt)
        return value

    def string(self):
        size = self.take("Q")
        self.at += size
        return self.data[self.at - size : self.at].decode()

    def value(self, kind):
        if kind == STRING:
            return self.string()
        if kind == ARRAY:
            kind, count = self.take("I"), self.take("Q")
            return [self.value(kind) for _ in range(count)]
        return self.take(SCALARS[kind])


def read_bytes(path):
    """The GGUF bytes, from the wheel or from the bare file."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as wheel:
            (name,) = [name for name in wheel.namelist() if name.endswith(".gguf")]
            return wheel.read(name)
    with open(path, "rb") as file:
        return file.read()


def read(path):
    """(metadata, tensors)."""
    at = Cursor(read_bytes(path))
    if at.take("4s") != b"GGUF" or at.take("I") not in (2, 3):
        raise ValueError(f"{path} is no GGUF file of version 2 or 3")
    count, entries = at.take("Q"), at.take("Q")
    metadata = {}
    for _ in range(entries):
        key = at.string()
        metadata[key] = at.value(at.take("I"))
    rows = []
    for _ in range(count):
        name = at.string()
        shape = tuple(at.take("Q") for _ in range(at.take("I")))[::-1]
        rows.append((name, shape, at.take("I"), at.take("Q")))
    align = metadata.get("general.alignment", 32)
    start = -(-at.at // align) * align
    tensors = {}
    for name, shape, kind, offset in rows:
        block, size = SIZES[kind]
        end = start + offset + math.prod(shape) // block * size
        tensors[name] = Tensor(kind, shape, at.data[start + offset : end])
    return metadata, tensors
