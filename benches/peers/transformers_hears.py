"""Whisper by transformers in fp32 on the packages' own numbers: from the file of a note to its text, read by PyAV.

    python transformers_hears.py FOLDER THREADS

FOLDER is CTranslate2's: `model.bin` is read by models/recipes/ct2_file.py, and its tensors get their names in transformers.
Language, windows and times as in the other peers; it hears nothing again.
"""
import json
import sys
import time
from pathlib import Path

import torch
import transformers
from faster_whisper import decode_audio
from tokenizers import Tokenizer
from transformers import GenerationConfig, WhisperConfig, WhisperFeatureExtractor, WhisperForConditionalGeneration

from peer import serve

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "models/recipes"))
import ct2_file

folder, threads = Path(sys.argv[1]), int(sys.argv[2])
torch.set_num_threads(threads)
transformers.utils.logging.set_verbosity_error()
tensors = ct2_file.read(folder / "model.bin")
words = Tokenizer.from_file(str(folder / "tokenizer.json"))
facts = json.loads((folder / "config.json").read_text())
END, START, TRANSLATE, TRANSCRIBE, BEFORE, NO_TIMES = (
    words.token_to_id(f"<|{name}|>")
    for name in ("endoftext", "startoftranscript", "translate", "transcribe", "startofprev", "notimestamps")
)


def weights():
    """The state of transformers' model."""
    state = {}
    take = lambda name: torch.from_numpy(tensors[name].numbers().copy())

    def pair(ours, theirs, ends=("weight", "bias")):
        for end, kind in zip(ends, ("weight", "bias")):
            state[f"{theirs}.{kind}"] = take(f"{ours}/{end}")

    def split(ours, theirs):
        for end in ("weight", "bias"):
            for name, part in zip(theirs, take(f"{ours}/{end}").chunk(len(theirs))):
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
    state["model.decoder.embed_tokens.weight"] = state["proj_out.weight"] = take("decoder/embeddings/weight")
    return state


state = weights()
width, mels, _ = state["model.encoder.conv1.weight"].shape
count = lambda side: sum(name.startswith(f"model.{side}.layers.") and name.endswith("fc1.bias") for name in state)
config = WhisperConfig(
    vocab_size=len(state["proj_out.weight"]), num_mel_bins=mels, d_model=width,
    encoder_layers=count("encoder"), decoder_layers=count("decoder"),
    encoder_attention_heads=width // 64, decoder_attention_heads=width // 64,
    encoder_ffn_dim=4 * width, decoder_ffn_dim=4 * width,
    decoder_start_token_id=START, eos_token_id=END, pad_token_id=END, bos_token_id=END,
)
model = WhisperForConditionalGeneration(config).eval().requires_grad_(False)
missing, more = model.load_state_dict(state, strict=False)
# A key's product has no bias; CTranslate2's file has it as zeros.
assert not missing and all(name.endswith("k_proj.bias") for name in more), (missing, more)
del state, tensors
model.generation_config = GenerationConfig(
    decoder_start_token_id=START, eos_token_id=END, pad_token_id=END, bos_token_id=END, max_length=448,
    suppress_tokens=facts["suppress_ids"], begin_suppress_tokens=facts["suppress_ids_begin"],
    no_timestamps_token_id=NO_TIMES, prev_sot_token_id=BEFORE, max_initial_timestamp_index=50, is_multilingual=True,
    lang_to_id={words.id_to_token(id): id for id in facts["lang_ids"]},
    task_to_id={"transcribe": TRANSCRIBE, "translate": TRANSLATE},
)
features = WhisperFeatureExtractor(feature_size=mels)


@torch.inference_mode()
def hear(file, seconds):
    start = time.perf_counter()
    long = seconds > 30
    more = dict(truncation=False, padding="longest", return_attention_mask=True) if long else {}
    made = features(decode_audio(file), sampling_rate=16000, return_tensors="pt", **more)
    if long:
        made["condition_on_prev_tokens"] = False
    ids = model.generate(**made, task="transcribe", return_timestamps=long, num_beams=1, do_sample=False)[0].tolist()
    text = words.decode([id for id in ids if id < END]).strip()
    whole = time.perf_counter() - start
    return {"whole": whole, "first": whole, "text": text}


serve(f"transformers {transformers.__version__}, torch {torch.__version__}, fp32", hear=hear)
