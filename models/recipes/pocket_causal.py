"""Pocket causal language models and their golden file (random weights, a few hundred tokens).

Writes tests/fixtures/pocket/causal-{llama,qwen2,qwen3,llama-nocache,llama-merged}/ and
tests/fixtures/golden/causal.json: prompts and greedy continuations by transformers with the same weights.
Run from the repository root: python models/recipes/pocket_causal.py
(transformers 4.57.6, optimum-onnx 0.1.0, tokenizers 0.22, onnx 1.23)
"""
import json
import shutil
import tempfile
from pathlib import Path

import onnx
import torch
from onnx import TensorProto, helper
from optimum.exporters.onnx import main_export
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM, Qwen3Config,
    Qwen3ForCausalLM,
)

POCKET = Path("tests/fixtures/pocket")
SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"
TEMPLATE = (
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\n" + SYSTEM + "<|im_end|>\n' }}{% endif %}"
    "{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
CORPUS = [
    SYSTEM, "What is the capital of France? The capital of France is Paris.", "Why is the sky blue? Light is scattered.",
    "Нарисуй кота в шляпе. Привет, как дела? Почему небо синее?", "one two three, 1 2 3: (yes) no!", "user assistant system",
]
TALKS = [
    [("user", "What is the capital of France?")],
    [("user", "Привет! Почему небо синее? 🦀")],
    [("system", "Be short."), ("user", "one two three"), ("assistant", "1 2 3"), ("user", "  (yes)   no!\n\n- a\n- b")],
    [("user", "...?! 42"), ("assistant", "Light, it's scattered."), ("user", "Why?")],
]


def tokenizer():
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    made.decoder = decoders.ByteLevel()
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    trainer = trainers.BpeTrainer(vocab_size=420, special_tokens=special, show_progress=False,
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    made.train_from_iterator(CORPUS * 4, trainer)
    made.add_tokens([AddedToken("<think>", special=False, normalized=False),
                     AddedToken("</think>", special=False, normalized=False)])
    fast = PreTrainedTokenizerFast(tokenizer_object=made, bos_token="<|im_start|>", eos_token="<|im_end|>",
                                   pad_token="<|im_end|>")
    fast.chat_template = TEMPLATE
    return fast


def family(name, words):
    size = dict(vocab_size=len(words), hidden_size=32, intermediate_size=48, num_hidden_layers=2,
                num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=512, initializer_range=0.35,
                tie_word_embeddings=True, bos_token_id=1, eos_token_id=2, pad_token_id=2, attn_implementation="eager")
    torch.manual_seed({"llama": 3, "qwen2": 4, "qwen3": 5}[name])
    if name == "llama":
        return LlamaForCausalLM(LlamaConfig(**size)).eval()
    if name == "qwen2":
        return Qwen2ForCausalLM(Qwen2Config(**size)).eval()
    return Qwen3ForCausalLM(Qwen3Config(head_dim=16, **size)).eval()


def export(model, words, task, folder):
    with tempfile.TemporaryDirectory() as work:
        model.save_pretrained(f"{work}/torch")
        words.save_pretrained(f"{work}/torch")
        main_export(f"{work}/torch", f"{work}/onnx", task=task, do_validation=False)
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(f"{work}/onnx/model.onnx", folder / "model.onnx")
    write_words(words, folder)


def write_words(words, folder):
    (folder / "tokenizer.json").write_text(words.backend_tokenizer.to_str())
    (folder / "chat_template.jinja").write_text(TEMPLATE)


def merged(source, folder):
    """Gives the graph a `use_cache_branch` that must say whether there is a past; else its scores are all zero."""
    model = onnx.load(source / "model.onnx")
    graph = model.graph
    for node in graph.node:
        node.output[:] = ["plain_logits" if name == "logits" else name for name in node.output]
    graph.input.append(helper.make_tensor_value_info("use_cache_branch", TensorProto.BOOL, [1]))
    past = next(port.name for port in graph.input if port.name.startswith("past_key_values"))
    graph.initializer.extend([
        helper.make_tensor("merged_axis", TensorProto.INT64, [1], [2]),
        helper.make_tensor("merged_zero", TensorProto.INT64, [1], [0]),
        helper.make_tensor("merged_nothing", TensorProto.FLOAT, [1], [0.0]),
    ])
    graph.node.extend([
        helper.make_node("Shape", [past], ["merged_shape"]),
        helper.make_node("Gather", ["merged_shape", "merged_axis"], ["merged_length"]),
        helper.make_node("Greater", ["merged_length", "merged_zero"], ["merged_has_past"]),
        helper.make_node("Equal", ["merged_has_past", "use_cache_branch"], ["merged_right"]),
        helper.make_node("Where", ["merged_right", "plain_logits", "merged_nothing"], ["logits"]),
    ])
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(model, folder / "model.onnx")


def goldens(model, words):
    for talk in TALKS:
        turns = [{"role": role, "content": text.strip()} for role, text in talk]
        prompt = words.apply_chat_template(turns, add_generation_prompt=True, return_tensors="pt")
        case = {"turns": [list(turn) for turn in talk], "prompt": prompt[0].tolist()}
        for key, penalty in (("greedy", 1.0), ("penalised", 1.3)):
            made = model.generate(prompt, attention_mask=torch.ones_like(prompt), do_sample=False, max_new_tokens=24,
                                  repetition_penalty=penalty)[0, prompt.shape[1]:]
            case[key] = {"tokens": made.tolist(), "text": words.decode(made, skip_special_tokens=True,
                                                                       clean_up_tokenization_spaces=False)}
        yield case


words = tokenizer()
golden = {}
for name in ("llama", "qwen2", "qwen3"):
    model = family(name, words)
    export(model, words, "text-generation-with-past", POCKET / f"causal-{name}")
    if name == "llama":
        export(model, words, "text-generation", POCKET / "causal-llama-nocache")
        merged(POCKET / "causal-llama", POCKET / "causal-llama-merged")
        write_words(words, POCKET / "causal-llama-merged")
    golden[name] = list(goldens(model, words))
Path("tests/fixtures/golden/causal.json").write_text(json.dumps(golden, ensure_ascii=False, indent=1) + "\n")
