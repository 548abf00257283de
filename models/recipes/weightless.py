"""Builds weightless graphs: nodes, external initializers without data, and the plan that fills them (see fill.py)."""
import math

import numpy as np
import onnx
from onnx import TensorProto, helper

MS, BLOCK, ALIGN = "com.microsoft", 32, 64
BYTES = {"nibbles": 1 / 2, "bytes": 1, "i8": 1, "scales": 4 / BLOCK, "offsets": 4 / BLOCK, "f32": 4}


class Builder:
    """Collects a graph. `shapes`: {tensor of the package: its shape, outermost first}."""

    def __init__(self, data, shapes, accuracy):
        self.data, self.shapes, self.accuracy = data, shapes, accuracy
        self.nodes, self.initializers, self.plan, self.size = [], [], [], 0

    def shape(self, name):
        return self.shapes[name]

    def node(self, op, inputs, outputs, **attributes):
        """Adds a node; its first output."""
        outputs = [outputs] if isinstance(outputs, str) else outputs
        self.nodes.append(helper.make_node(op, inputs, outputs, name=outputs[0], **attributes))
        return outputs[0]

    def constant(self, name, values, kind=np.int64):
        """A small tensor that stays inside the graph."""
        self.initializers.append(onnx.numpy_helper.from_array(np.array(values, kind), name))
        return name

    def weight(self, sources, part, shape, kind=TensorProto.FLOAT):
        """An external tensor made of one part of each source, one after another."""
        start = self.size = -(-self.size // ALIGN) * ALIGN
        for source in sources:
            of = self.shapes[source]
            size = 4 * of[0] if part == "row_scales" else int(math.prod(of) * BYTES[part])
            self.plan.append({"offset": self.size, "bytes": size, "tensor": source, "part": part})
            self.size += size
        made = TensorProto(name=f"{'+'.join(sources)}:{part}", data_type=kind, dims=shape)
        made.data_location = TensorProto.EXTERNAL
        for key, value in (("location", self.data), ("offset", start), ("length", self.size - start)):
            entry = made.external_data.add()
            entry.key, entry.value = key, str(value)
        self.initializers.append(made)
        return made.name
