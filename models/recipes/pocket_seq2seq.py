"""Pocket encoder-decoders (T5 1.0, T5 1.1, mT5, Marian), as optimum exports them, and what transformers writes with them.

From the repository root: python models/recipes/pocket_seq2seq.py (the numbers are the same each time; merged files are not byte for byte)
Writes tests/fixtures/pocket/seq2seq-{t5,t5-gated,mt5,marian}/ and tests/fixtures/golden/seq2seq.json.

Weights are random, and scaled so that texts are varied and end at different lengths (see `talkative`); what transformers
(torch, fp32) writes is the truth. The exports: *merged* of every model, *split* of all but mT5, `external` (the merged T5 with
its weights beside it), `fp16`, `int8` and `q4` of Marian by onnxruntime's own tools (the truth of those is optimum over the
same files), and `overflow`, a T5 whose scores leave the range of half precision.

A way of writing that changes no token proves nothing: `sighted` holds each against the one that lacks it (PLAIN), and
says the few pairs of model and way that are alike. `steady` writes the same once more by onnxruntime: no near-tie decides.
"""

import json
import shutil
import tempfile
from pathlib import Path

import numpy as np
import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer
from onnxruntime.transformers.float16 import convert_float_to_float16
from optimum.exporters.onnx import main_export
from optimum.onnxruntime import ORTModelForSeq2SeqLM
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit
from tokenizers.processors import TemplateProcessing
from transformers import (
    GenerationConfig,
    MarianConfig,
    MarianMTModel,
    MT5Config,
    MT5ForConditionalGeneration,
    T5Config,
    T5ForConditionalGeneration,
)

POCKET = Path("tests/fixtures/pocket")
GOLDEN = Path("tests/fixtures/golden/seq2seq.json")
VOCABULARY = 64
LENGTHS = [1, 3, 7, 17]
# What generate() is asked for, in the words of generation_config.json; all with the model's own keys beside them.
WAYS = {
    "greedy": {},
    "beams4": {"num_beams": 4},
    "beams6": {"num_beams": 6},
    "short": {"num_beams": 4, "length_penalty": 0.6},
    "long": {"num_beams": 4, "length_penalty": 2.0},
    "at_once": {"num_beams": 4, "early_stopping": True},
    "never": {"num_beams": 4, "early_stopping": "never", "length_penalty": 2.0},
    "no_pairs": {"no_repeat_ngram_size": 2},
    "no_triples": {"num_beams": 4, "no_repeat_ngram_size": 3},
    "repeated": {"repetition_penalty": 1.3},
    "repeated_beams": {"num_beams": 4, "repetition_penalty": 1.3},
    "not_short": {"num_beams": 4, "min_length": 12},
    "not_short_new": {"min_new_tokens": 9},
    "begins": {"num_beams": 4, "forced_bos_token_id": 13},
    "ends": {"num_beams": 4, "forced_eos_token_id": 1, "max_length": 9},
    "suppressed": {"suppress_tokens": [4, 5, 6], "begin_suppress_tokens": [8, 10, 12]},
}
# The way without what a way asks for.
PLAIN = {
    "beams4": "greedy", "beams6": "beams4", "short": "beams4", "long": "beams4", "at_once": "beams4", "never": "long",
    "no_pairs": "greedy", "no_triples": "beams4", "repeated": "greedy", "repeated_beams": "beams4", "not_short": "beams4",
    "not_short_new": "greedy", "begins": "beams4", "ends": "beams4", "suppressed": "greedy", "bad_words": "beams4",
    "bad_runs": "beams4", "shares": "bad_words",
}
# Seed; spread of the embeddings, of what attention and feed-forward parts add; of the scores, and of the end's.
LOUD = {
    "t5": (1, 2.0, 0.3, 8.0, 2.0, 1.3),
    "t5-gated": (17, 1.0, 0.4, 5.0, 2.0, 1.6),
    "mt5": (127, 2.0, 0.3, 6.0, 1.5, 1.3),
    "marian": (5, 2.0, 0.3, 8.0, 2.0, 1.3),
}


def t5(kind, **more):
    torch.manual_seed(11)
    config = (MT5Config if kind == "mt5" else T5Config)(
        vocab_size=VOCABULARY, d_model=24, d_kv=10, d_ff=32, num_layers=2, num_heads=3,
        relative_attention_num_buckets=8, relative_attention_max_distance=20, decoder_start_token_id=0, dropout_rate=0.0, **more)
    return (MT5ForConditionalGeneration if kind == "mt5" else T5ForConditionalGeneration)(config)


def marian():
    torch.manual_seed(12)
    return MarianMTModel(MarianConfig(
        vocab_size=VOCABULARY, d_model=24, encoder_layers=2, decoder_layers=2, encoder_attention_heads=3,
        decoder_attention_heads=3, encoder_ffn_dim=32, decoder_ffn_dim=32, max_position_embeddings=48,
        activation_function="swish", scale_embedding=True, static_position_embeddings=True, dropout=0.0,
        share_encoder_decoder_embeddings=True, decoder_start_token_id=VOCABULARY - 1, pad_token_id=VOCABULARY - 1,
        eos_token_id=0, bos_token_id=0, forced_eos_token_id=0))


def loud(model, spread, seed=5):
    """Large random weights, from numpy's generator: the same on every machine."""
    random = np.random.default_rng(seed)
    for name, weights in sorted(model.named_parameters()):
        if weights.dim() > 1 and "position" not in name:
            values = random.normal(0, spread * weights.shape[-1] ** -0.5, tuple(weights.shape))
            weights.data = torch.tensor(values, dtype=torch.float32)
    return model.eval()


def talkative(model, name):
    """Weights by which the next token hangs on the last one most: the feed-forward part is far louder than attention.

    Its middle is zero, or its nonlinearity (never negative in T5) would push every text to the same token.
    """
    seed, words, attention, forward, scores, end = LOUD[name]
    random = np.random.default_rng(seed)
    last = ("SelfAttention.o.", "EncDecAttention.o.", "self_attn.out_proj.", "encoder_attn.out_proj.")
    for label, weights in sorted(model.named_parameters()):
        if weights.dim() < 2 or "position" in label:
            continue
        spread = (1.0 if "lm_head" in label else words if "shared" in label
                  else attention if any(part in label for part in last)
                  else forward if "DenseReluDense" in label or "fc1" in label or "fc2" in label else 2.0)
        values = random.normal(0, spread * weights.shape[-1] ** -0.5, tuple(weights.shape))
        weights.data = torch.tensor(values, dtype=torch.float32)
        if label.endswith(("DenseReluDense.wo.weight", "fc2.weight")):
            weights.data -= weights.data.mean(1, keepdim=True)
    if name == "marian":
        model.model.decoder.layers[-1].final_layer_norm.weight.data *= scores
        bias = random.normal(0, 1, (1, VOCABULARY))
        bias[0, 0] += end
        model.final_logits_bias.data = torch.tensor(bias, dtype=torch.float32)
    else:
        model.decoder.final_layer_norm.weight.data *= scores
        (model.shared if model.config.tie_word_embeddings else model.lm_head).weight.data[1] *= end
    return model.eval()


def settings(model, name):
    if name == "marian":
        pad = VOCABULARY - 1
        own = {"decoder_start_token_id": pad, "pad_token_id": pad, "eos_token_id": 0, "bos_token_id": 0,
               "forced_eos_token_id": 0, "bad_words_ids": [[pad]], "max_length": 24}
    else:
        own = {"decoder_start_token_id": 0, "eos_token_id": 1, "pad_token_id": 0, "max_length": 24}
    model.generation_config = GenerationConfig(**own)
    return own


def export(folder, model):
    """Encoder, decoder, decoder with a past, and the merged one."""
    with tempfile.TemporaryDirectory() as place:
        source, out = Path(place, "source"), Path(place, "out")
        model.save_pretrained(source)
        main_export(str(source), str(out), task="text2text-generation-with-past", do_validation=False)
        folder.mkdir(parents=True, exist_ok=True)
        for file in out.glob("*.onnx"):
            slim(file, folder / file.name)
        shutil.copy(out / "config.json", folder / "config.json")


def slim(source, target):
    """A graph without the places in the source code that torch notes at every node."""
    graph = onnx.load(source)
    del graph.graph.value_info[:]
    def strip(part):
        for node in part.node:
            node.doc_string = ""
            del node.metadata_props[:]
            for attribute in node.attribute:
                if attribute.type == onnx.AttributeProto.GRAPH:
                    strip(attribute.g)
        del part.value_info[:]
    strip(graph.graph)
    onnx.save(graph, target)


def words(folder, own):
    """A tokenizer of one word a token: `w7` is 7."""
    end, pad = own["eos_token_id"], own["pad_token_id"]
    names = {end: "</s>", pad: "<pad>", 2: "<unk>"}
    vocabulary = {names.get(id, f"w{id}"): id for id in range(VOCABULARY)}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = WhitespaceSplit()
    tokenizer.add_special_tokens(["</s>", "<pad>", "<unk>"])
    tokenizer.post_processor = TemplateProcessing(single="$A </s>", special_tokens=[("</s>", end)])
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)


def special(folder):
    """The merged T5 with its weights in a file beside it, and one whose scores leave the range of half precision."""
    aside = folder / "external"
    aside.mkdir()
    for file in ("encoder_model.onnx", "decoder_model_merged.onnx"):
        onnx.save(onnx.load(folder / file), aside / file, save_as_external_data=True, location=f"{file}_data", size_threshold=64)
    over = folder / "overflow"
    over.mkdir()
    model = loud(t5("t5", feed_forward_proj="gated-gelu", tie_word_embeddings=False), 4.0)
    model.lm_head.weight.data *= 1e4
    with tempfile.TemporaryDirectory() as place:
        export(Path(place), model)
        for file in ("encoder_model.onnx", "decoder_model_merged.onnx"):
            half = convert_float_to_float16(onnx.load(Path(place, file)), disable_shape_infer=True)
            onnx.save(half, over / file)


def variants(folder, name):
    kinds = {"fp16", "int8", "q4"} if name == "marian" else set()
    files = ["encoder_model.onnx", "decoder_model_merged.onnx"]
    for kind in sorted(kinds):
        (folder / kind).mkdir(exist_ok=True)
        for file in files:
            target = folder / kind / file
            if kind == "int8":
                quantize_dynamic(folder / file, target, weight_type=QuantType.QInt8, per_channel=False,
                                 extra_options={"EnableSubgraph": True, "MatMulConstBOnly": True})
            elif kind == "fp16":
                onnx.save(convert_float_to_float16(onnx.load(folder / file), keep_io_types=False,
                                                   disable_shape_infer=True), target)
            else:
                quantizer = MatMulNBitsQuantizer(onnx.load(folder / file), block_size=16, is_symmetric=True)
                quantizer.process()
                quantizer.model.save_model_to_file(str(target))
        shutil.copy(folder / "config.json", folder / kind / "config.json")
    return sorted(kinds)


def texts():
    random = np.random.default_rng(3)
    return [[int(token) for token in random.integers(4, VOCABULARY - 2, length - 1)] + [1] for length in LENGTHS]


def written(model, ids, way, own):
    asked = GenerationConfig(**{**own, **way})
    tokens = model.generate(torch.tensor([ids]), generation_config=asked, return_dict_in_generate=True, output_scores=True)
    row = {"tokens": tokens.sequences[0].tolist()}
    if way.get("num_beams", 1) > 1:
        row["score"] = float(tokens.sequences_scores[0])
    return row


def rows_of(model, own):
    """The texts, each with its encoder's last state and the scores of the first token."""
    for ids in texts():
        ids = ids[:-1] + [own["eos_token_id"]]
        with torch.no_grad():
            states = model.get_encoder()(torch.tensor([ids])).last_hidden_state[0]
            first = model(input_ids=torch.tensor([ids]), decoder_input_ids=torch.tensor([[own["decoder_start_token_id"]]]))
        yield {"ids": ids, "states": states[-1].tolist(), "logits": first.logits[0, -1].tolist(), "ways": {}}


def forbidden(models, rows):
    """Tokens and runs of tokens that are not to be written: each stands in what a model writes otherwise."""
    words, runs = [], []
    for name, (model, own) in models.items():
        told = [written(model, row["ids"], WAYS["beams4"], own)["tokens"] for row in rows[name]]
        words += [[told[-1][1]], [told[0][2]]]
        runs += [tokens[1:3] for tokens in told[:2]] + [tokens[1:4] for tokens in told[2:]]
    words = [list(word) for word in dict.fromkeys(map(tuple, words)) if word[0] > 3]
    WAYS["bad_words"] = {"num_beams": 4, "bad_words_ids": words}
    WAYS["bad_runs"] = {"num_beams": 4, "bad_words_ids": runs}
    WAYS["shares"] = {**WAYS["bad_words"], "renormalize_logits": True}


def sighted(golden):
    """Every way differs from its plain one, in three models of four; `never` in one. Texts are varied."""
    for way, plain in PLAIN.items():
        alike = [name for name, model in golden.items()
                 if all(row["ways"][way]["tokens"] == row["ways"][plain]["tokens"] for row in model["rows"])]
        assert len(alike) <= (3 if way == "never" else 1), (way, alike)
        if alike:
            print(way, "is as", plain, "in", alike)
    for name, model in golden.items():
        told = [row["ways"][way]["tokens"] for row in model["rows"] for way in WAYS]
        varied = [len(set(tokens)) >= min(6, len(tokens) - 1) for tokens in told]
        ended = sum(len(tokens) < model["own"]["max_length"] for tokens in told)
        print(name, "varied", sum(varied), "ended early", ended, "of", len(told))
        assert sum(varied) >= 0.8 * len(told) and 10 < ended < len(told) - 10, name


def steady(folder, own, rows):
    """onnxruntime writes the same: over the merged files, or the split ones of T5, as optimum 0.1 gives a merged decoder a
    past of d_model / heads numbers, and T5's is of d_kv."""
    ort = ORTModelForSeq2SeqLM.from_pretrained(folder, use_merged=folder.name == "seq2seq-marian")
    for row in rows:
        for way, wanted in row["ways"].items():
            told = written(ort, row["ids"], WAYS[way], own)["tokens"]
            assert told == wanted["tokens"], (folder, way, row["ids"], told, wanted["tokens"])


def main():
    gated = {"feed_forward_proj": "gated-gelu", "tie_word_embeddings": False}
    plain = {"t5": t5("t5"), "t5-gated": t5("t5", **gated), "mt5": t5("mt5"), "marian": marian()}
    models = {name: (talkative(model, name), settings(model, name)) for name, model in plain.items()}
    rows = {name: list(rows_of(*model)) for name, model in models.items()}
    forbidden(models, rows)
    golden = {}
    for name, (model, own) in models.items():
        folder = POCKET / f"seq2seq-{name}"
        shutil.rmtree(folder, ignore_errors=True)
        export(folder, model)
        Path(folder, "generation_config.json").write_text(json.dumps(own, indent=1) + "\n")
        for row in rows[name]:
            row["ways"] = {way: written(model, row["ids"], asked, own) for way, asked in WAYS.items()}
        steady(folder, own, rows[name])
        if name == "mt5":
            [Path(folder, file).unlink() for file in ("decoder_model.onnx", "decoder_with_past_model.onnx")]
        words(folder, own)
        if name == "t5":
            special(folder)
        golden[name] = {"own": own, "rows": rows[name], "kinds": {}}
        for kind in variants(folder, name):
            ort = ORTModelForSeq2SeqLM.from_pretrained(folder / kind, use_merged=True)
            golden[name]["kinds"][kind] = [
                {way: written(ort, row["ids"], WAYS[way], own) for way in ("greedy", "beams4")} for row in rows[name]]
    sighted(golden)
    GOLDEN.write_text(json.dumps({"ways": WAYS, "models": golden}, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
