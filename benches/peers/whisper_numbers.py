"""A Whisper's numbers out of CTranslate2's `model.bin`, for those who know it by other names."""
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "models/recipes"))
import ct2_file


def state(folder):
    """{name: numbers} as transformers calls them; keys have no bias, and CTranslate2's zeros in its place."""
    tensors, state = ct2_file.read(Path(folder) / "model.bin"), {}
    take = lambda name: tensors[name].numbers().copy()

    def pair(ours, theirs, ends=("weight", "bias")):
        for end, kind in zip(ends, ("weight", "bias")):
            state[f"{theirs}.{kind}"] = take(f"{ours}/{end}")

    def split(ours, theirs):
        for end in ("weight", "bias"):
            for name, part in zip(theirs, np.split(take(f"{ours}/{end}"), len(theirs))):
                state[f"{name}.{end}"] = part

    norm = lambda ours, theirs: pair(f"{ours}/layer_norm", theirs, ("gamma", "beta"))
    for side in ("encoder", "decoder"):
        state[f"model.{side}.embed_positions.weight"] = take(f"{side}/position_encodings/encodings")
        norm(side, f"model.{side}.layer_norm")
        for i in range(len({name.split("/")[1] for name in tensors if name.startswith(f"{side}/layer_")} - {"layer_norm"})):
            a, b = f"{side}/layer_{i}", f"model.{side}.layers.{i}"
            split(f"{a}/self_attention/linear_0", [f"{b}.self_attn.{what}_proj" for what in "qkv"])
            pair(f"{a}/self_attention/linear_1", f"{b}.self_attn.out_proj")
            norm(f"{a}/self_attention", f"{b}.self_attn_layer_norm")
            if side == "decoder":
                pair(f"{a}/attention/linear_0", f"{b}.encoder_attn.q_proj")
                split(f"{a}/attention/linear_1", [f"{b}.encoder_attn.{what}_proj" for what in "kv"])
                pair(f"{a}/attention/linear_2", f"{b}.encoder_attn.out_proj")
                norm(f"{a}/attention", f"{b}.encoder_attn_layer_norm")
            pair(f"{a}/ffn/linear_0", f"{b}.fc1"), pair(f"{a}/ffn/linear_1", f"{b}.fc2")
            norm(f"{a}/ffn", f"{b}.final_layer_norm")
    for i in (1, 2):
        pair(f"encoder/conv{i}", f"model.encoder.conv{i}")
    state["model.decoder.embed_tokens.weight"] = take("decoder/embeddings/weight")
    return state
