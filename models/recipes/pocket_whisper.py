"""A pocket Whisper (random weights, a window of 2 seconds) as optimum exports it, and its golden file.

Writes tests/fixtures/pocket/whisper/ (encoder; decoder split and merged; tokenizer.json) and
tests/fixtures/golden/whisper.json: log-mel frames of 80 and 128 bins, logits, greedy and beam tokens by transformers.
Run from the repository root: python models/recipes/pocket_whisper.py
(transformers 4.57.6, optimum-onnx 0.1.0, tokenizers 0.22, onnx 1.23)

The sounds are made of whole numbers, so that the tests make the same ones: see `sound`.
"""
import json
import tempfile
from pathlib import Path

import numpy as np
import onnx
import torch
from optimum.exporters.onnx import main_export
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    GenerationConfig, GenerationMixin, LogitsProcessorList, PreTrainedTokenizerFast, SuppressTokensAtBeginLogitsProcessor,
    SuppressTokensLogitsProcessor, WhisperConfig, WhisperFeatureExtractor, WhisperForConditionalGeneration,
)
from transformers.generation.logits_process import WhisperTimeStampLogitsProcessor

POCKET, WORDS, POSITIONS = Path("tests/fixtures/pocket/whisper"), 320, 100
SPECIAL = ["<|endoftext|>", "<|startoftranscript|>", "<|en|>", "<|ru|>", "<|translate|>", "<|transcribe|>", "<|startoflm|>",
           "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>"]
EOT, SOT, EN, RU, _, TASK, _, PREV, _, PLAIN = range(WORDS, WORDS + len(SPECIAL))
FIRST_TIME, SUPPRESS, AT_BEGIN = PLAIN + 1, [1, 2, 7, SOT, EN, RU, TASK - 1, TASK, PREV - 1, PREV, PREV + 1], [220, EOT]
CORPUS = ["What is the capital of France? The capital of France is Paris.", "Нарисуй кота в шляпе. Привет, как дела?", "one two three"]


def sound(seed, seconds):
    """16 kHz, -1..1: noise of a linear congruence under a square wave, louder and softer every 1,600 samples."""
    state, out = seed, []
    for n in range(int(seconds * 16000)):
        state = (state * 1664525 + 1013904223) % 2**32
        noise, tone = (state >> 16) - 32768, 12000 if n // (20 + 7 * (n // 4000 % 5)) % 2 else -12000
        out.append((noise // 4 + tone) / 32768 / 2 ** ((n // 1600 + seed) % 4))
    return np.array(out, np.float32)


def tokenizer():
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=WORDS, show_progress=False, initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    made.train_from_iterator(CORPUS * 4, trainer)
    made.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in SPECIAL])
    assert made.token_to_id(SPECIAL[0]) == EOT, made.get_vocab_size()
    return made


def model():
    torch.manual_seed(2)
    config = WhisperConfig(
        vocab_size=FIRST_TIME + POSITIONS + 1, num_mel_bins=80, d_model=16, encoder_layers=1, decoder_layers=2,
        encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=16, decoder_ffn_dim=16,
        max_source_positions=POSITIONS, max_target_positions=40, bos_token_id=EOT, eos_token_id=EOT, pad_token_id=EOT,
        decoder_start_token_id=SOT, init_std=1.0, attn_implementation="eager", suppress_tokens=None, begin_suppress_tokens=None)
    made = WhisperForConditionalGeneration(config).eval()
    with torch.no_grad():
        made.model.decoder.embed_tokens.weight[EOT].normal_(0, 1.6)  # the padding row is zero: no answer would end
    made.generation_config = GenerationConfig(
        bos_token_id=EOT, eos_token_id=EOT, pad_token_id=EOT, decoder_start_token_id=SOT, max_length=40,
        no_timestamps_token_id=PLAIN, max_initial_timestamp_index=50)
    return made


def bare(graph):
    """Without what the exporter says about itself."""
    def strip(nodes):
        for node in nodes:
            node.ClearField("doc_string"), node.ClearField("metadata_props"), node.ClearField("name")
            for attribute in node.attribute:
                strip(attribute.g.node)
    strip(graph.graph.node)
    return graph


def export(made, words):
    POCKET.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        made.save_pretrained(f"{work}/torch")
        PreTrainedTokenizerFast(tokenizer_object=words, eos_token=SPECIAL[0]).save_pretrained(f"{work}/torch")
        WhisperFeatureExtractor(chunk_length=2).save_pretrained(f"{work}/torch")
        for split in (True, False):
            main_export(f"{work}/torch", f"{work}/{split}", task="automatic-speech-recognition-with-past",
                        no_post_process=split, do_validation=False, nb_max_frames=2 * POSITIONS)
            for path in Path(f"{work}/{split}").glob("*.onnx"):
                onnx.save(bare(onnx.load(path)), POCKET / path.name)
    (POCKET / "tokenizer.json").write_text(words.to_str())


def spoken(made, features, prompt, times, beams):
    """New tokens, by transformers' own search and processors."""
    rules = [SuppressTokensLogitsProcessor(SUPPRESS), SuppressTokensAtBeginLogitsProcessor(AT_BEGIN, len(prompt))]
    if times:
        rules.append(WhisperTimeStampLogitsProcessor(made.generation_config, begin_index=len(prompt)))
    with torch.no_grad():
        said = GenerationMixin.generate(
            made, inputs=features, decoder_input_ids=torch.tensor([prompt]), logits_processor=LogitsProcessorList(rules),
            num_beams=beams, do_sample=False, max_length=40, length_penalty=1.0)
    said = said[0, len(prompt):].tolist()
    return said[: said.index(EOT)] if EOT in said else said


def cases(made):
    extract = WhisperFeatureExtractor(chunk_length=2)
    for seed, seconds in ((1, 2.0), (2, 1.3), (3, 0.61)):
        features = extract(sound(seed, seconds), sampling_rate=16000, return_tensors="pt")["input_features"]
        with torch.no_grad():
            first = made(features, decoder_input_ids=torch.tensor([[SOT]])).logits[0, 0]
            logits = made(features, decoder_input_ids=torch.tensor([[SOT, EN, TASK, PLAIN]])).logits[0, -1]
        case = {"seed": seed, "seconds": seconds, "first": first.tolist(), "fourth": logits.tolist()}
        for name, prompt, times in (("plain", [SOT, EN, TASK, PLAIN], False), ("times", [SOT, RU, TASK], True),
                                    ("prompted", [PREV, 83, 12, 300, SOT, EN, TASK, PLAIN], False)):
            case[name] = {str(beams): spoken(made, features, prompt, times, beams) for beams in (1, 2, 5)}
        yield case


def frames():
    for mels in (80, 128):
        made = WhisperFeatureExtractor(feature_size=mels)(sound(4, 3.21), sampling_rate=16000)["input_features"][0]
        yield {"mels": mels, "frames": {str(i): np.asarray(made)[:, i].tolist() for i in (0, 1, 7, 100, 318, 319, 320, 321, 322, 2999)}}


words, made = tokenizer(), model()
export(made, words)
golden = {"frames": list(frames()), "cases": list(cases(made))}
rounded = json.loads(json.dumps(golden), parse_float=lambda number: float(f"{float(number):.6g}"))
Path("tests/fixtures/golden/whisper.json").write_text(json.dumps(rounded) + "\n")
