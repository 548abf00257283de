"""A pocket voice detector (random weights, seeded), and the probabilities of speech that Silero's own wrapper gives.

    python pocket_voice.py ../../tests/fixtures [--silero silero_vad.onnx]

pocket/voice-activity   model.onnx: Silero's interface: input f32 [batch, 576], state f32 [2, batch, 128], sr i64 ->
                        output f32 [batch, 1], stateN; an LSTM over 9 pieces of 64 samples, the first of them the end of the
                        frame before
golden/voice.json       probabilities of voice/nevazhno.wav after half a second of silence, by silero_vad's OnnxWrapper: of
                        the pocket graph and, with --silero, of the package's own graph
(silero-vad 6.2.3, torch 2.15.0, onnx 1.23.2)
"""
import argparse
import json
import wave
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from silero_vad.utils_vad import OnnxWrapper

WIDTH, USED, PIECE = 128, 6, 64


def clip(fixtures):
    """Half a second of silence, then the clip; f32, 16 kHz."""
    with wave.open(str(fixtures / "voice/nevazhno.wav")) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / 32768
    return np.concatenate([np.zeros(8000, np.float32), samples])


def save(graph, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


def pocket():
    """Only the first numbers of the state are used, or the graph would not be a small one."""
    rng = np.random.default_rng(11)
    random = lambda *shape: rng.normal(0, 0.6, shape).astype(np.float32)
    held = {
        "into": random(PIECE, USED) * 4, "w": random(1, 4 * USED, USED), "r": random(1, 4 * USED, USED),
        "b": random(1, 8 * USED), "out": random(USED, 1) * 3, "pieces": np.array([0, -1, PIECE]), "rate": np.float32(16000),
        "from": np.array([0]), "to": np.array([USED]), "last": np.array([2]),
        "rest": np.array([0, 0, 0, 0, 0, WIDTH - USED]),
    }
    node = helper.make_node
    nodes = [
        node("Reshape", ["input", "pieces"], ["cut"]),
        node("Cast", ["sr"], ["hertz"], to=TensorProto.FLOAT), node("Div", ["hertz", "rate"], ["share"]),
        node("MatMul", ["cut", "into"], ["mixed"]), node("Mul", ["mixed", "share"], ["scaled"]),
        node("Tanh", ["scaled"], ["bent"]), node("Transpose", ["bent"], ["steps"], perm=[1, 0, 2]),
        node("Slice", ["state", "from", "to", "last"], ["used"]),
        node("Split", ["used"], ["h", "c"], axis=0),
        node("LSTM", ["steps", "w", "r", "b", "", "h", "c"], ["", "hN", "cN"], hidden_size=USED),
        node("Concat", ["hN", "cN"], ["kept"], axis=0), node("Pad", ["kept", "rest"], ["stateN"]),
        node("Squeeze", ["hN", "from"], ["flat"]), node("MatMul", ["flat", "out"], ["logit"]),
        node("Sigmoid", ["logit"], ["output"]),
    ]
    value = lambda name, shape, kind=TensorProto.FLOAT: helper.make_tensor_value_info(name, kind, shape)
    return helper.make_graph(
        nodes, "voice", [value("input", [None, None]), value("state", [2, None, WIDTH]), value("sr", [], TensorProto.INT64)],
        [value("output", [None, 1]), value("stateN", [2, None, WIDTH])],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in held.items()])


def probabilities(path, samples):
    return OnnxWrapper(str(path), force_onnx_cpu=True).audio_forward(torch.from_numpy(samples), 16000)[0].tolist()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("fixtures", type=Path)
    parser.add_argument("--silero", type=Path, metavar="FILE")
    args = parser.parse_args()
    path, golden = args.fixtures / "pocket/voice-activity/model.onnx", args.fixtures / "golden/voice.json"
    save(pocket(), path)
    made = json.loads(golden.read_text()) if golden.exists() else {}
    for name, graph in (("pocket", path), ("silero", args.silero)):
        if graph:
            made[name] = [round(number, 7) for number in probabilities(graph, clip(args.fixtures))]
    golden.write_text(json.dumps(made) + "\n")


if __name__ == "__main__":
    main()
