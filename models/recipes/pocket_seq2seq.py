"""Pocket encoder-decoders (T5 1.0, T5 1.1, mT5, Marian), as optimum exports them, and what transformers writes with them.

From the repository root: python models/recipes/pocket_seq2seq.py
Writes tests/fixtures/pocket/seq2seq-{t5,t5-gated,mt5,marian}/ and tests/fixtures/golden/seq2seq.json.

Weights are random and large, so that texts are varied; what transformers (torch, fp32) writes is the truth. The exports:
*merged* and *split* of every model, `external` (the merged T5 with its weights beside it), `fp16`, `int8` and `q4` of Marian
and T5 by onnxruntime's own tools (the truth of those is optimum over the same files), and `overflow`, a T5 whose scores
leave the range of half precision.
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
    "bad_words": {"num_beams": 4, "bad_words_ids": [[7], [9, 11], [5, 6, 8]]},
    "repeated": {"repetition_penalty": 1.3},
    "repeated_beams": {"num_beams": 4, "repetition_penalty": 1.3},
    "not_short": {"num_beams": 4, "min_length": 12},
    "not_short_new": {"min_new_tokens": 9},
    "begins": {"num_beams": 4, "forced_bos_token_id": 13},
    "ends": {"num_beams": 4, "forced_eos_token_id": 1, "max_length": 9},
    "suppressed": {"suppress_tokens": [4, 5, 6], "begin_suppress_tokens": [8, 10, 12]},
    "shares": {"num_beams": 4, "renormalize_logits": True, "bad_words_ids": [[7], [9]]},
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


def main():
    models = {
        "t5": loud(t5("t5"), 4.0),
        "t5-gated": loud(t5("t5", feed_forward_proj="gated-gelu", tie_word_embeddings=False), 2.5),
        "mt5": loud(t5("mt5"), 2.5, seed=6),
        "marian": loud(marian(), 3.2),
    }
    golden = {}
    for name, model in models.items():
        own = settings(model, name)
        folder = POCKET / f"seq2seq-{name}"
        shutil.rmtree(folder, ignore_errors=True)
        export(folder, model)
        Path(folder, "generation_config.json").write_text(json.dumps(own, indent=1) + "\n")
        if name == "mt5":
            [Path(folder, file).unlink() for file in ("decoder_model.onnx", "decoder_with_past_model.onnx")]
        words(folder, own)
        if name == "t5":
            special(folder)
        kinds = variants(folder, name)
        rows = []
        for ids in texts():
            ids = ids[:-1] + [own["eos_token_id"]]
            with torch.no_grad():
                states = model.get_encoder()(torch.tensor([ids])).last_hidden_state[0]
                first = model(input_ids=torch.tensor([ids]), decoder_input_ids=torch.tensor([[own["decoder_start_token_id"]]]))
            ways = {way: written(model, ids, asked, own) for way, asked in WAYS.items()}
            rows.append({"ids": ids, "states": states[-1].tolist(), "logits": first.logits[0, -1].tolist(), "ways": ways})
        varied = {token for row in rows for way in row["ways"].values() for token in way["tokens"]}
        assert len(varied) > 15, (name, len(varied))
        golden[name] = {"own": own, "rows": rows, "kinds": {}}
        for kind in kinds:
            ort = ORTModelForSeq2SeqLM.from_pretrained(folder / kind, use_merged=True)
            golden[name]["kinds"][kind] = [
                {way: written(ort, row["ids"], WAYS[way], own) for way in ("greedy", "beams4")} for row in rows]
    GOLDEN.write_text(json.dumps({"ways": WAYS, "models": golden}, separators=(",", ":")) + "\n")
    for name in models:
        one = golden[name]["rows"][-1]["ways"]
        print(name, one["greedy"]["tokens"], one["beams4"]["tokens"])


if __name__ == "__main__":
    main()
