"""Exports a torch module as a small ONNX file: plain ONNX operators, folded constants, short names.

Names take most of a pocket graph, so edges inside get short ones; inputs and outputs keep theirs.
"""
import onnx
import onnxruntime
import torch


class Call(torch.nn.Module):
    """A module behind a function that takes its inputs in order."""

    def __init__(self, module, call):
        super().__init__()
        self.module, self.call = module, call

    def forward(self, *inputs):
        return self.call(self.module, *inputs)


def shorten(graph, kept):
    names, constants, nodes = {}, {}, []

    def short(name):
        return name if name in kept or not name else names.setdefault(name, f"{len(names):x}")

    for node in graph.node:
        node.doc_string, node.name = "", ""
        if node.op_type == "Constant":
            value = node.attribute[0].SerializeToString()
            if value in constants:
                names[node.output[0]] = constants[value]
                continue
            constants[value] = short(node.output[0])
        node.input[:] = [short(name) for name in node.input]
        node.output[:] = [short(name) for name in node.output]
        nodes.append(onnx.NodeProto.FromString(node.SerializeToString()))
    del graph.node[:]
    graph.node.extend(nodes)
    for value in graph.initializer:
        value.name = short(value.name)
    del graph.value_info[:]


def export(module, call, args, path, inputs, outputs, axes):
    """axes: {input or output: {dimension: name}}."""
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(Call(module, call).eval(), tuple(args), str(path), input_names=list(inputs), output_names=list(outputs),
                      dynamic_axes=axes, opset_version=17, dynamo=False)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(path)
    onnxruntime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
    model = onnx.load(str(path))
    model.doc_string = model.producer_version = ""
    shorten(model.graph, {*inputs, *outputs})
    onnx.save(model, str(path))
