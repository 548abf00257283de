"""ONNX of the trained folder: encoder_model.onnx and decoder_model_merged.onnx (optimum), their weights in 8 bit.

    python export.py FOLDER OUT [--float] [--split] [--dynamic]

8 bit here: each row of a matrix (what one output, or one piece, is made of) as int8 times a float, turned into float by
Cast and Mul in the graph, which onnxruntime does once, when it loads the file. So the arithmetic is that of float32 on
the rounded weights: the same on every processor, and the same as transformers' on `quantised(model)`. --dynamic is
onnxruntime's own quantisation, for comparison; --float changes nothing; --split writes the unmerged decoders, too.
"""

import argparse
import shutil
import tempfile
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from optimum.exporters.onnx import main_export
from transformers import MarianConfig, MarianMTModel

from train import generation

KEPT = ("config.json", "generation_config.json", "source.spm", "target.spm", "vocab.json", "tokenizer_config.json")


def rows(matrix):
    """(int8, scale of each row) of a matrix, the largest number of a row being 127."""
    scale = np.abs(matrix).max(1, keepdims=True).astype(np.float32) / np.float32(127)
    scale[scale == 0] = 1
    return np.clip(np.rint(matrix / scale), -127, 127).astype(np.int8), scale


@torch.no_grad()
def quantised(model):
    """The model with its matrices rounded as the files have them; positions and biases stay."""
    seen = set()
    for name, weight in model.named_parameters():
        if weight.dim() == 2 and "embed_positions" not in name and weight.data_ptr() not in seen:
            seen.add(weight.data_ptr())
            whole, scale = rows(weight.numpy())
            weight.copy_(torch.from_numpy(whole.astype(np.float32) * scale))
    return model


def packed(graph):
    """Large float matrices of the main graph as int8 with Cast and Mul before everything else."""
    used = {}
    todo = [graph]
    while todo:
        one = todo.pop()
        for node in one.node:
            for place, name in enumerate(node.input):
                used.setdefault(name, set()).add((node.op_type, place))
            todo += [a.g for a in node.attribute if a.type == onnx.AttributeProto.GRAPH]
    before, kept, tables = [], [], {}
    large = [t for t in graph.initializer if len(t.dims) == 2 and np.prod(t.dims) >= 4096 and t.data_type == 1]
    large.sort(key=lambda t: ("Gather", 0) not in used.get(t.name, ()))
    for tensor in large:
        matrix, how = numpy_helper.to_array(tensor), used.get(tensor.name, set())
        turned = ("MatMul", 1) in how
        table = np.ascontiguousarray(matrix.T) if turned else matrix
        if not turned and ("Gather", 0) not in how or is_positions(table):
            kept.append(tensor)
            continue
        whole, scale = rows(table)
        assert np.abs(whole * scale - table).max() < 1e-6, f"{tensor.name} was not rounded before"
        mark = (whole.shape, whole.tobytes())
        if mark not in tables:
            tables[mark] = f"{tensor.name}_rows"
            kept += [numpy_helper.from_array(whole, f"{tensor.name}_int8"), numpy_helper.from_array(scale, f"{tensor.name}_scale")]
            before += [helper.make_node("Cast", [f"{tensor.name}_int8"], [f"{tensor.name}_cast"], to=1),
                       helper.make_node("Mul", [f"{tensor.name}_cast", f"{tensor.name}_scale"], [tables[mark]])]
        before.append(helper.make_node("Transpose" if turned else "Identity", [tables[mark]], [tensor.name], **({"perm": [1, 0]} if turned else {})))
    names = {t.name for t in large}
    kept += [t for t in graph.initializer if t.name not in names]
    nodes = list(graph.node)
    del graph.initializer[:], graph.node[:]
    graph.initializer.extend(kept)
    graph.node.extend(before + nodes)


def bare(graph):
    """Takes notes of an exporter (doc strings, metadata) out of a graph and what lies in it: newer ones put paths there."""
    graph.doc_string = ""
    del graph.metadata_props[:]
    for item in [*graph.node, *graph.initializer, *graph.input, *graph.output, *graph.value_info]:
        item.doc_string = ""
        del item.metadata_props[:]
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                bare(attribute.g)


def is_positions(table):
    """Sines and cosines: the first row is zeros, then ones."""
    half = table.shape[1] // 2
    return not table[0, :half].any() and (table[0, half:] == 1).all()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--float", action="store_true")
    parser.add_argument("--dynamic", action="store_true")
    parser.add_argument("--split", action="store_true")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    model = MarianMTModel.from_pretrained(args.folder)
    model.generation_config = generation(MarianConfig.from_pretrained(args.folder).vocab_size)
    whole = not (args.float or args.dynamic)
    if whole:
        quantised(model)
    with tempfile.TemporaryDirectory() as work:
        work, plain = Path(work) / "onnx", Path(work) / "plain"
        model.save_pretrained(plain)
        for name in KEPT:
            if not (plain / name).exists():
                shutil.copy(args.folder / name, plain / name)
        main_export(str(plain), work, task="text2text-generation-with-past", do_validation=False)
        for name in KEPT:
            shutil.copy(plain / name, args.out / name)
        names = ["encoder_model.onnx", "decoder_model_merged.onnx"]
        for name in names + (["decoder_model.onnx", "decoder_with_past_model.onnx"] if args.split else []):
            if args.dynamic:
                quantize_dynamic(work / name, args.out / name, weight_type=QuantType.QInt8,
                                 extra_options={"EnableSubgraph": True, "MatMulConstBOnly": True})
            else:
                graph = onnx.load(work / name)
                if whole:
                    packed(graph.graph)
                onnx.save(graph, args.out / name)
            graph = onnx.load(args.out / name)
            bare(graph.graph)
            onnx.save(graph, args.out / name)
            print(name, (args.out / name).stat().st_size, "opset", [o.version for o in onnx.load(args.out / name).opset_import])


if __name__ == "__main__":
    main()
