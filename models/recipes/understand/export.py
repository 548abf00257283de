"""Write intent.onnx, match.onnx and span.onnx (opset 17, fp32, weights inside), and check them against torch."""

from pathlib import Path

import numpy as np
import onnxruntime
import torch

import heads

OUT = Path(__file__).parents[2] / "understand"
TOKENS = {0: "batch", 1: "tokens"}
PAIRS = {0: "pairs"}


def load(cache):
    """(Intent, Match, Span) from the checkpoints, in evaluation mode."""
    intent, match, span = heads.Intent(), heads.Match(), heads.Span()
    for module, state in zip([intent, match], torch.load(Path(cache) / "intent.pt")):
        module.load_state_dict(state)
    span.load_state_dict(torch.load(Path(cache) / "span.pt")[0])
    return intent.eval(), match.eval(), span.eval()


def write(module, inputs, names, outputs, axes, path):
    torch.onnx.export(
        module, inputs, str(path), input_names=names, output_names=outputs, dynamic_axes=axes,
        opset_version=17, do_constant_folding=True, dynamo=False,
    )


def check(module, path, inputs, names):
    """The largest difference between torch and onnxruntime."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    got = session.run(None, {name: value.numpy() for name, value in zip(names, inputs)})
    with torch.no_grad():
        wanted = module(*inputs)
    wanted = wanted if isinstance(wanted, tuple) else (wanted,)
    worst = max(float(np.abs(a - b.numpy()).max()) for a, b in zip(got, wanted))
    assert worst < 1e-3, (path, worst)
    return worst


def export(cache, out=OUT):
    """All three graphs; prints sizes and differences."""
    intent, match, span = load(cache)
    states, mask = torch.randn(2, 9, 384), torch.ones(2, 9, dtype=torch.int64)
    more, ragged = torch.randn(3, 17, 384), torch.ones(3, 17, dtype=torch.int64)
    ragged[1, 11:] = 0
    codes = torch.randn(4, heads.ENCODING)
    read = ["last_hidden_state", "attention_mask"]
    axes = {name: TOKENS for name in read}
    plans = [
        ("intent", intent, (states, mask), read, ["encoding"], axes | {"encoding": {0: "batch"}}, (more, ragged)),
        ("match", match, (codes, codes), ["a", "b"], ["logits"], {"a": PAIRS, "b": PAIRS, "logits": PAIRS}, (codes[:3], codes[1:])),
        ("span", span, (states, mask), read, ["start_logits", "end_logits"],
         axes | {"start_logits": TOKENS, "end_logits": TOKENS}, (more, ragged)),
    ]
    for name, module, inputs, names, outputs, axes, others in plans:
        path = out / f"{name}.onnx"
        write(module, inputs, names, outputs, axes, path)
        print(f"{name}.onnx: {path.stat().st_size} bytes, differs from torch by {check(module, path, others, names):.1e}")
