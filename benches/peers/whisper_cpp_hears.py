"""Whisper by whisper.cpp (pywhispercpp) on the packages' own numbers, matrices in f16: from the file of a note, read by PyAV,
to its text.

    python whisper_cpp_hears.py FOLDER THREADS

FOLDER is CTranslate2's (whisper_numbers.py); whisper.cpp's own file is written beside it once. Language, windows and times as
in the other peers.
"""
import patient  # first

import importlib.metadata
import json
import re
import struct
import sys
import time
from pathlib import Path

import numpy as np
from faster_whisper import decode_audio
from pywhispercpp.model import Model
from transformers import WhisperFeatureExtractor

import whisper_numbers
from peer import serve

NAMES = [
    (r"^model\.", ""), ("layers", "blocks"), (r"encoder_attn_layer_norm", "cross_attn_ln"), ("encoder_attn", "cross_attn"),
    ("self_attn_layer_norm", "attn_ln"), ("self_attn", "attn"), ("q_proj", "query"), ("k_proj", "key"), ("v_proj", "value"),
    ("out_proj", "out"), ("fc1", "mlp.0"), ("fc2", "mlp.2"), ("final_layer_norm", "mlp_ln"),
    ("encoder.layer_norm", "encoder.ln_post"), ("decoder.layer_norm", "decoder.ln"), ("embed_tokens", "token_embedding"),
    (r"embed_positions\.weight", "positional_embedding"),
]


def letters():
    """The byte behind each letter of a byte-level tokenizer."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    return {chr(byte): byte for byte in plain} | {chr(256 + place): byte for place, byte in enumerate(others)}


def convert(folder, target):
    """Writes whisper.cpp's file (the layout of its models/convert-h5-to-ggml.py)."""
    state = {name: values for name, values in whisper_numbers.state(folder).items() if not name.endswith("k_proj.bias")}
    width, mels, _ = state["model.encoder.conv1.weight"].shape
    vocabulary = json.loads((folder / "tokenizer.json").read_text())["model"]["vocab"]
    words = sorted(vocabulary, key=vocabulary.get)[:50257]
    size = lambda name: len(state[name])
    layers = lambda side: sum(name.startswith(f"model.{side}.layers.") and name.endswith("fc1.bias") for name in state)
    side = lambda name: (size(f"model.{name}.embed_positions.weight"), width, width // 64, layers(name))
    part = target.with_suffix(".part")
    with part.open("wb") as out:
        whole = lambda *numbers: out.write(struct.pack(f"<{len(numbers)}i", *numbers))
        whole(0x67676D6C, size("model.decoder.embed_tokens.weight"), *side("encoder"), *side("decoder"), mels, 1)
        filters = WhisperFeatureExtractor(feature_size=mels).mel_filters.T.astype("<f4")
        whole(*filters.shape), out.write(filters.tobytes())
        whole(len(words))
        byte = letters()
        for word in words:
            raw = bytes(byte[letter] for letter in word) if word != "<|endoftext|>" else word.encode()
            whole(len(raw)), out.write(raw)
        for name, values in state.items():
            for old, new in NAMES:
                name = re.sub(old, new, name)
            if re.fullmatch(r"encoder\.conv\d\.bias", name):
                values = values.reshape(-1, 1)
            f16 = values.ndim > 1 and not name.endswith(("bias", "positional_embedding"))
            whole(values.ndim, len(name), int(f16), *reversed(values.shape)), out.write(name.encode())
            out.write(values.astype("<f2" if f16 else "<f4").tobytes())
    part.rename(target)


folder, threads = Path(sys.argv[1]), int(sys.argv[2])
file = folder / "ggml-f16.bin"
if not file.exists():
    convert(folder, file)
model = Model(str(file), n_threads=threads, language="auto", no_context=True, print_progress=False)


def hear(file, seconds):
    start, first = time.perf_counter(), []
    tell = lambda segment: first.append(time.perf_counter() - start)
    said = model.transcribe(decode_audio(file), new_segment_callback=tell, no_timestamps=seconds <= 30)
    text = " ".join(segment.text.strip() for segment in said)
    whole = time.perf_counter() - start
    return {"whole": whole, "first": (first or [whole])[0], "text": text}


serve(f"whisper.cpp (pywhispercpp {importlib.metadata.version('pywhispercpp')}), f16", hear=hear)
