"""A tiny Llama in a GGUF of 4-bit blocks, its weightless graph, and what filling and running must give.

    OMP_NUM_THREADS=1 python pocket_instruct.py ../../tests/fixtures

pocket/instruct       tiny.gguf (written and quantised by the package gguf: Q4_1 matrices, Q8_0 embedding, F32 norms, a
                      byte-level BPE), and what export_instruct.py makes of it: model.onnx, model.fill.json,
                      tokenizer.skeleton.json, chat_template.jinja
golden/instruct.json  length, sum and first values of every kind of part in the filled data; length and sum of
                      tokenizer.json; ids of texts (from a tokenizer built by itself); greedy tokens and first logits by
                      transformers' own GGUF loader
"""
import argparse
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import fill
import gguf
import gguf_file
import numpy as np
import torch
from pocket_words import CORPUS
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoModelForCausalLM

LAYERS, WIDTH, HEADS, KV, FFN, EOS = 2, 64, 2, 1, 96, 2
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
TEMPLATE = "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
TEXTS = ["draw a red apple", "нарисуй кота", "a   1 ½ 2024", "<|im_start|>user\nПривет<|im_end|>\n", ""]
PROMPTS = ["<|im_start|>user\ndraw a cat<|im_end|>\n<|im_start|>assistant\n", "Привет, как дела?"]


def words():
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=320, special_tokens=SPECIAL, show_progress=False,
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    made.train_from_iterator(CORPUS * 3, trainer)
    return made


def tensors(vocab):
    """{name: (values, kind)}, in llama.cpp's names and layout."""
    rng = np.random.default_rng(20)
    q4, q8, f32 = (gguf.GGMLQuantizationType[kind] for kind in ("Q4_1", "Q8_0", "F32"))
    matrix = lambda rows, columns: rng.standard_normal((rows, columns)).astype(np.float32) * 1.6 / columns**0.5 + 0.02
    norm = lambda: (1 + rng.standard_normal(WIDTH) * 0.1).astype(np.float32)
    yield "token_embd.weight", matrix(vocab, WIDTH) * 4, q8
    head = WIDTH // HEADS
    for i in range(LAYERS):
        p = f"blk.{i}"
        for name, rows, columns in (("attn_q", WIDTH, WIDTH), ("attn_k", head * KV, WIDTH), ("attn_v", head * KV, WIDTH),
                                    ("attn_output", WIDTH, WIDTH), ("ffn_gate", FFN, WIDTH), ("ffn_up", FFN, WIDTH),
                                    ("ffn_down", WIDTH, FFN)):
            yield f"{p}.{name}.weight", matrix(rows, columns), q4
        yield f"{p}.attn_norm.weight", norm(), f32
        yield f"{p}.ffn_norm.weight", norm(), f32
    yield "output_norm.weight", norm(), f32


def write(path, made):
    vocab = made.get_vocab()
    tokens = sorted(vocab, key=vocab.get)
    out = gguf.GGUFWriter(path, "llama")
    out.add_block_count(LAYERS), out.add_context_length(128), out.add_embedding_length(WIDTH)
    out.add_feed_forward_length(FFN), out.add_head_count(HEADS), out.add_head_count_kv(KV)
    out.add_rope_freq_base(10000.0), out.add_layer_norm_rms_eps(1e-5), out.add_rope_dimension_count(WIDTH // HEADS)
    out.add_vocab_size(len(tokens)), out.add_tokenizer_model("gpt2"), out.add_token_list(tokens)
    out.add_token_types([3 if token in SPECIAL else 1 for token in tokens])
    out.add_token_merges([" ".join(pair) for pair in json.loads(made.to_str())["model"]["merges"]])
    out.add_eos_token_id(EOS), out.add_bos_token_id(1), out.add_pad_token_id(EOS), out.add_chat_template(TEMPLATE)
    for name, values, kind in tensors(len(tokens)):
        if kind == gguf.GGMLQuantizationType.F32:
            out.add_tensor(name, values)
        else:
            out.add_tensor(name, gguf.quants.quantize(values, kind), raw_dtype=kind)
    out.write_header_to_file(), out.write_kv_data_to_file(), out.write_tensors_to_file(), out.close()


def filled(folder):
    """What fill.py makes, with a few values of each kind of part."""
    metadata, found = gguf_file.read(folder / "tiny.gguf")
    plan = json.loads((folder / "model.fill.json").read_text())
    data = fill.data(plan, found)
    skeleton = json.loads((folder / "tokenizer.skeleton.json").read_text())
    tokenizer = fill.tokenizer(skeleton, metadata)
    parts = {row["part"]: row for row in reversed(plan["parts"])}
    first = {part: data[row["offset"]:row["offset"] + 16].hex() for part, row in parts.items()}
    return {"data": {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest(), "first of each part": first},
            "tokenizer": {"bytes": len(tokenizer), "sha256": hashlib.sha256(tokenizer).hexdigest()}}, data, tokenizer


def check_dequantised(folder):
    """Our reading of the blocks is gguf's own."""
    for tensor in gguf.GGUFReader(folder / "tiny.gguf").tensors:
        raw = gguf_file.read(folder / "tiny.gguf")[1][tensor.name]
        if raw.kind == gguf_file.Q4_1:
            d, offsets = (np.frombuffer(fill.make(part, raw), "<f4")[:, None] for part in ("scales", "offsets"))
            packed = np.frombuffer(fill.make("nibbles", raw), np.uint8).reshape(-1, 16)
            q = np.stack([packed & 15, packed >> 4], -1).reshape(-1, 32).astype(np.float32)
            ours = ((q - 8) * d + offsets).reshape(raw.shape)
            theirs = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
            assert np.abs(ours - theirs).max() < 1e-5, tensor.name


def answers(folder, made):
    model = AutoModelForCausalLM.from_pretrained(folder, gguf_file="tiny.gguf", dtype=torch.float32).eval()
    for prompt in PROMPTS:
        ids = torch.tensor([made.encode(prompt).ids])
        out = model.generate(ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=24, eos_token_id=EOS,
                             pad_token_id=EOS, output_logits=True, return_dict_in_generate=True)
        logits = [round(value, 5) for value in out.logits[0][0].tolist()]
        yield {"prompt": prompt, "ids": ids[0].tolist(), "greedy": out.sequences[0, ids.shape[1]:].tolist(), "logits": logits}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("fixtures", type=Path)
    fixtures = parser.parse_args().fixtures
    folder, made = fixtures / "pocket/instruct", words()
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / "tiny.gguf", made)
    recipe = Path(__file__).with_name("export_instruct.py")
    subprocess.run([sys.executable, recipe, folder / "tiny.gguf", "--out", folder], check=True)
    check_dequantised(folder)
    golden, _, tokenizer = filled(folder)
    ours = Tokenizer.from_buffer(tokenizer)
    golden["texts"] = [{"text": text, "ids": made.encode(text).ids} for text in TEXTS]
    assert all(ours.encode(row["text"]).ids == row["ids"] for row in golden["texts"])
    golden["answers"] = list(answers(folder, made))
    (fixtures / "golden/instruct.json").write_text(json.dumps(golden, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
