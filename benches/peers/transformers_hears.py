"""Whisper by transformers in fp32 on the packages' own numbers: from the file of a note to its text, read by PyAV.

    python transformers_hears.py FOLDER THREADS

FOLDER is CTranslate2's (whisper_numbers.py). Language, windows and times as in the other peers; it hears nothing again.
"""
import patient  # first

import json
import sys
import time
from pathlib import Path

import torch
import transformers
from faster_whisper import decode_audio
from tokenizers import Tokenizer
from transformers import GenerationConfig, WhisperConfig, WhisperFeatureExtractor, WhisperForConditionalGeneration

import whisper_numbers
from peer import serve

folder, threads = Path(sys.argv[1]), int(sys.argv[2])
torch.set_num_threads(threads)
transformers.utils.logging.set_verbosity_error()
words = Tokenizer.from_file(str(folder / "tokenizer.json"))
facts = json.loads((folder / "config.json").read_text())
END, START, TRANSLATE, TRANSCRIBE, BEFORE, NO_TIMES = (
    words.token_to_id(f"<|{name}|>")
    for name in ("endoftext", "startoftranscript", "translate", "transcribe", "startofprev", "notimestamps")
)


state = {name: torch.from_numpy(values) for name, values in whisper_numbers.state(folder).items()}
state["proj_out.weight"] = state["model.decoder.embed_tokens.weight"]
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
del state
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
