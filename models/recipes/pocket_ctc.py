"""A pocket CTC recogniser (random weights, seeded), and what onnx-asr makes of it.

    python pocket_ctc.py ../../tests/fixtures

pocket/ctc        model.onnx: GigaAM's interface: features f32 [batch, 64, frames], feature_lengths i64 [batch] -> log_probs
                  f32 [batch, (frames - 1) / 4 + 1, 34]; vocab.txt: pieces; characters.txt: letters
golden/ctc.json   of voice/nevazhno.wav after half a second of silence, twice over: every 13th frame of the features, text,
                  tokens and their times (s), with the features of GigaAM v3 (pieces) and of v2 (letters); sums of the
                  80 mel filters of Whisper (Slaney's scale, equal areas)
(onnx-asr 0.12.0, onnx 1.23.2)
"""
import argparse
import json
import shutil
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnx_asr
from onnx import TensorProto, helper, numpy_helper
from pocket_voice import clip, save

MELS, WIDTH, SIZE = 64, 12, 34
LETTERS = ["▁", *"абвгдежзийклмнопрстуфхцчшщъыьэюя"]
PIECES = ["▁", "▁при", "вет", "▁как", "▁де", "ла", ".", ",", "?", "!", "▁кто", "-", "то", "▁3", "1", "4", "▁Д", "▁в", "▁на", "о", "а",
          "е", "и", "н", "т", "с", "р", "л", "к", "м", "у", "я", "ь"]


def graph():
    rng = np.random.default_rng(4)
    random = lambda *shape: (rng.normal(0, 1, shape) / np.sqrt(np.prod(shape[1:]))).astype(np.float32)
    bias = rng.normal(0, 0.5, SIZE).astype(np.float32)
    bias[-1] += 2.5
    held = {
        "centre": np.float32(9), "scale": np.float32(0.4), "zero": np.array(0), "one": np.array(1), "long": np.array([1, 2]),
        "in": random(WIDTH, MELS, 3) * 2, "mid": random(WIDTH, WIDTH, 3) * 3, "out": random(SIZE, WIDTH, 1) * 6, "bias": bias,
        "two": np.array(2),
    }
    node = helper.make_node
    nodes = [
        node("Shape", ["features"], ["shape"]), node("Gather", ["shape", "two"], ["frames"]),
        node("Range", ["zero", "frames", "one"], ["at"]), node("Unsqueeze", ["feature_lengths", "long"], ["lengths"]),
        node("Less", ["at", "lengths"], ["inside"]), node("Cast", ["inside"], ["mask"], to=TensorProto.FLOAT),
        node("Add", ["features", "centre"], ["risen"]), node("Mul", ["risen", "scale"], ["scaled"]),
        node("Mul", ["scaled", "mask"], ["masked"]),
        node("Conv", ["masked", "in"], ["first"], strides=[2], pads=[1, 1]), node("Tanh", ["first"], ["bent"]),
        node("Conv", ["bent", "mid"], ["second"], strides=[2], pads=[1, 1]), node("Tanh", ["second"], ["state"]),
        node("Conv", ["state", "out", "bias"], ["logits"]), node("Transpose", ["logits"], ["rows"], perm=[0, 2, 1]),
        node("LogSoftmax", ["rows"], ["log_probs"], axis=-1),
    ]
    value = lambda name, shape, kind=TensorProto.FLOAT: helper.make_tensor_value_info(name, kind, shape)
    return helper.make_graph(
        nodes, "ctc", [value("features", [None, MELS, None]), value("feature_lengths", [None], TensorProto.INT64)],
        [value("log_probs", [None, None, SIZE])],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in held.items()])


def vocabulary(words, path):
    path.write_text("".join(f"{word} {i}\n" for i, word in enumerate([*words, "<blk>"])))


def heard(folder, version, words, samples):
    """What onnx-asr gives for a folder laid out like GigaAM's repository."""
    name, stem = ("gigaam-v3-e2e-ctc", "v3_e2e_ctc") if version == "v3" else ("gigaam-v2-ctc", "v2_ctc")
    with tempfile.TemporaryDirectory() as work:
        shutil.copy(folder / "model.onnx", f"{work}/{stem}.onnx")
        shutil.copy(folder / words, f"{work}/{stem if version == 'v3' else version}_vocab.txt")
        config = {"model_type": "gigaam", "version": version, "features_size": MELS, "subsampling_factor": 4}
        Path(work, "config.json").write_text(json.dumps(config))
        model = onnx_asr.load_model(name, work, providers=["CPUExecutionProvider"])
        features, lengths = model.asr._preprocessor(samples[None], np.array([len(samples)]))
        result = model.with_timestamps().recognize(samples, sample_rate=16000)
    return {"frames": int(lengths[0]), "features": features[0].T[::13].astype(float).round(5).tolist(),
            "text": result.text, "tokens": result.tokens, "times": [round(time, 2) for time in result.timestamps]}


def slaney():
    with np.load(Path(onnx_asr.__file__).parent / "preprocessors/data/fbanks.npz") as banks:
        return banks["whisper80"].astype(float).sum(0).round(8).tolist()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("fixtures", type=Path)
    fixtures = parser.parse_args().fixtures
    folder = fixtures / "pocket/ctc"
    save(graph(), folder / "model.onnx")
    vocabulary(PIECES, folder / "vocab.txt")
    vocabulary(LETTERS, folder / "characters.txt")
    samples = np.tile(clip(fixtures), 2)
    made = {"v3": heard(folder, "v3", "vocab.txt", samples), "v2": heard(folder, "v2", "characters.txt", samples)}
    made["slaney"] = slaney()
    (fixtures / "golden/ctc.json").write_text(json.dumps(made, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
