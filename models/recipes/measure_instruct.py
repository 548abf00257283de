"""Compares filled 4-bit graphs of SmolLM2 with transformers in fp32, and writes golden tokens.

    python measure_instruct.py FILE.gguf FOLDER... [--golden ../instruct/golden.json] [--tokens 40]

FOLDER holds model.onnx, model.onnx_data and tokenizer.json (fill.py). The reference is LlamaForCausalLM with weights
that transformers' own GGUF loader dequantises; its tokenizer is not used, being inexact. Both continue 24 questions
greedily after the model's own chat template and system message. Printed for each folder: answers that are the same
token by token, steps where fp32's choice is the graph's choice when both have read fp32's answer, the largest
difference of logits, tokens a second.
"""
import argparse
import json
import time
from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch
from tokenizers import Tokenizer

QUESTIONS = """What is the capital of France?
What is the capital of Japan?
Why is the sky blue?
Write one sentence about cats.
How many legs does a spider have?
Translate "good morning" into French.
What is 7 plus 5?
List three fruits.
Who wrote Romeo and Juliet?
What is the largest planet in the Solar System?
Give me a recipe for pancakes.
Explain gravity to a child.
What colour do you get when you mix red and yellow?
Write a haiku about the sea.
What does HTML stand for?
Name a famous painter.
How do I boil an egg?
Tell me a short story about a robot.
What is the opposite of hot?
When did the Second World War end?
Hi! How are you?
Write a polite email asking for a day off.
What is the boiling point of water?
Привет! Как дела?""".split("\n")
SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"
EOS = 2


class Graph:
    """A filled graph that reads on and remembers."""

    def __init__(self, folder, threads):
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.session = ort.InferenceSession(str(folder / "model.onnx"), options)
        self.pasts = [i for i in self.session.get_inputs() if i.name.startswith("past")]
        self.names = [output.name for output in self.session.get_outputs()]
        self.forget()

    def forget(self):
        self.read = 0
        self.cache = {i.name: np.zeros((1, i.shape[1], 0, i.shape[3]), np.float32) for i in self.pasts}

    def feed(self, tokens):
        """Logits after the last of the tokens."""
        count, self.read = len(tokens), self.read + len(tokens)
        feeds = {"input_ids": np.array([tokens]), "attention_mask": np.ones((1, self.read), np.int64),
                 "position_ids": np.arange(self.read - count, self.read)[None]}
        logits, *present = self.session.run(None, feeds | self.cache)
        self.cache = {n.replace("present", "past_key_values"): p for n, p in zip(self.names[1:], present)}
        return logits[0, -1]


def prompt(question):
    return f"<|im_start|>system\n{SYSTEM}<|im_end|>\n<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\n"


def reference(gguf, tokenizer, most):
    """[(prompt ids, answer ids, logits of every step)]."""
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype=torch.float32).eval()
    rows = []
    for question in QUESTIONS:
        ids = tokenizer.encode(prompt(question)).ids
        made = model.generate(torch.tensor([ids]), attention_mask=torch.ones(1, len(ids), dtype=torch.int64),
                              do_sample=False, max_new_tokens=most, eos_token_id=EOS, pad_token_id=EOS,
                              output_logits=True, return_dict_in_generate=True)
        logits = [step[0].numpy() for step in made.logits]
        rows.append((ids, made.sequences[0, len(ids):].tolist(), logits))
    return rows


def greedy(graph, ids, most):
    graph.forget()
    answer, logits = [], graph.feed(ids)
    while len(answer) < most:
        answer.append(int(logits.argmax()))
        if answer[-1] == EOS:
            break
        logits = graph.feed(answer[-1:])
    return answer


def compare(folder, rows, most):
    graph = Graph(folder, 1)
    same = agree = steps = 0
    furthest, answers = 0.0, []
    for ids, answer, logits in rows:
        answers.append(greedy(graph, ids, most))
        same += answers[-1] == answer
        graph.forget()
        ours = graph.feed(ids)
        for token, theirs in zip(answer, logits):
            agree, steps = agree + (ours.argmax() == theirs.argmax()), steps + 1
            furthest = max(furthest, float(np.abs(ours - theirs).max()))
            ours = graph.feed([token])
    print(f"{folder.name}: {same} of {len(rows)} answers the same, {agree} of {steps} steps, logits within {furthest:.3f}")
    return answers


def speed(folder, threads, ids):
    """(seconds to read a prompt, tokens a second, CPU seconds a token), best of three."""
    graph, best = Graph(folder, threads), []
    for _ in range(3):
        graph.forget()
        start = time.perf_counter()
        logits = graph.feed(ids)
        read, cpu, begun = time.perf_counter() - start, time.process_time(), time.perf_counter()
        for _ in range(40):
            logits = graph.feed([int(logits.argmax())])
        best.append((read, (time.perf_counter() - begun) / 40, (time.process_time() - cpu) / 40))
    read, wall, cpu = (min(column) for column in zip(*best))
    print(f"{folder.name}: {threads} threads, {len(ids)} tokens read in {read:.3f} s, {1 / wall:.1f} tokens/s, {cpu:.4f} CPU s a token")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gguf", type=Path)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--golden", type=Path)
    parser.add_argument("--tokens", type=int, default=40)
    args = parser.parse_args()
    torch.set_num_threads(1)
    tokenizer = Tokenizer.from_file(str(args.folders[0] / "tokenizer.json"))
    rows = reference(args.gguf, tokenizer, args.tokens)
    answers = [compare(folder, rows, args.tokens) for folder in args.folders][0]
    for folder in args.folders:
        for threads in (1, 2):
            speed(folder, threads, rows[0][0])
    for question, row in zip(QUESTIONS, rows):
        print(question, "->", json.dumps(tokenizer.decode(row[1]), ensure_ascii=False))
    if args.golden:
        cases = [{"question": q, "prompt": row[0], "fp32": row[1], "graph": made}
                 for q, row, made in zip(QUESTIONS, rows, answers)]
        args.golden.write_text("[\n" + ",\n".join(json.dumps(c, ensure_ascii=False) for c in cases[:8]) + "\n]\n")


if __name__ == "__main__":
    main()
