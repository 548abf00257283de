"""Full-size encoder-decoders with random weights, as optimum exports them, and what transformers writes with them (by hand).

    python full_seq2seq.py OUT rut5|mt5|opus

OUT/KIND/ gets encoder_model.onnx, decoder_model_merged.onnx, the split pair, tokenizer.json (a word a token, `w7`),
generation_config.json and reference.json: texts of 8, 20 and 60 tokens with what transformers (torch, fp32) writes greedily
and with 4 beams, 40 tokens each. A text of which it writes something else in double precision is left out: there the order
of sums decides, and another token says nothing. Shapes are those of ruT5-base, mT5-base with its vocabulary cut to Russian
and English, and opus-mt. `cargo test --lib -- --ignored full_size` (AISAAC_FULL=OUT/KIND) compares.
"""

import copy
import json
import sys
from pathlib import Path

import numpy as np
import torch
from transformers import GenerationConfig, MarianConfig, MarianMTModel, MT5Config, MT5ForConditionalGeneration, T5Config, T5ForConditionalGeneration

import pocket_seq2seq as pocket

LENGTHS = [8, 20, 60]
NEW = 40


def build(kind):
    if kind == "opus":
        pad = 62517
        model = MarianMTModel(MarianConfig(
            vocab_size=62518, d_model=512, encoder_layers=6, decoder_layers=6, encoder_attention_heads=8,
            decoder_attention_heads=8, encoder_ffn_dim=2048, decoder_ffn_dim=2048, max_position_embeddings=512,
            activation_function="swish", scale_embedding=True, static_position_embeddings=True, dropout=0.0,
            share_encoder_decoder_embeddings=True, decoder_start_token_id=pad, pad_token_id=pad, eos_token_id=0,
            bos_token_id=0, forced_eos_token_id=0))
        return talkative(model, 1.6), {
            "decoder_start_token_id": pad, "pad_token_id": pad, "eos_token_id": 0, "bos_token_id": 0, "bad_words_ids": [[pad]]}
    if kind == "mt5":
        config = MT5Config(vocab_size=30000, d_model=768, d_kv=64, d_ff=2048, num_layers=12, num_heads=12, decoder_start_token_id=0)
        model = MT5ForConditionalGeneration(config)
    else:
        config = T5Config(vocab_size=32128, d_model=768, d_kv=64, d_ff=3072, num_layers=12, num_heads=12, decoder_start_token_id=0)
        model = T5ForConditionalGeneration(config)
    return talkative(model, config.d_model ** 0.5, config.d_kv), {"decoder_start_token_id": 0, "eos_token_id": 1, "pad_token_id": 0}


def talkative(model, words, d_kv=1):
    """Random weights whose scores lie apart, where rounding would decide otherwise: attention speaks low and the feed-forward
    part loud, so that the next token hangs on the last one and none is loved most (see pocket_seq2seq.talkative). T5 divides
    no attention by the root of d_kv: its queries are that much quieter."""
    random = np.random.default_rng(5)
    for name, weights in sorted(model.named_parameters()):
        if weights.dim() < 2 or "position" in name:
            continue
        spread = (words if "shared" in name else 0.3 if name.endswith((".o.weight", "out_proj.weight"))
                  else 3.0 if "DenseReluDense" in name or ".fc" in name
                  else d_kv ** -0.5 if name.endswith(".q.weight") else 1.0)
        weights.data = torch.tensor(random.normal(0, spread * weights.shape[-1] ** -0.5, tuple(weights.shape)), dtype=torch.float32)
        if name.endswith((".wo.weight", ".fc2.weight")):
            weights.data -= weights.data.mean(1, keepdim=True)
    return model.eval()


def written(model, own, ids):
    """What a model writes greedily and with 4 beams."""
    ways = {f"beams{beams}": GenerationConfig(**own, num_beams=beams) for beams in (1, 4)}
    return {name: model.generate(torch.tensor([ids]), generation_config=way)[0].tolist() for name, way in ways.items()}


def main(out, kind):
    torch.set_num_threads(2)
    model, own = build(kind)
    # Random weights go in circles, which the product ends: none is written twice.
    own |= {"max_new_tokens": NEW, "min_new_tokens": NEW, "no_repeat_ngram_size": 1}
    model.generation_config = GenerationConfig(**own)
    pocket.VOCABULARY = model.config.vocab_size
    folder = Path(out, kind)
    pocket.export(folder, model)
    pocket.words(folder, own)
    (folder / "generation_config.json").write_text(json.dumps(own) + "\n")
    random, rows, double = np.random.default_rng(3), [], copy.deepcopy(model).double()
    for length in LENGTHS:
        skipped = 0
        while True:
            ids = [int(token) for token in random.integers(4, model.config.vocab_size - 2, length - 1)] + [own["eos_token_id"]]
            answers = written(model, own, ids)
            if answers == written(double, own, ids):
                break
            skipped += 1
        rows.append({"ids": ids, **answers})
        print(kind, length, "skipped", skipped, "different tokens", len(set(answers["beams1"])), answers["beams1"][:8])
    (folder / "reference.json").write_text(json.dumps(rows) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
