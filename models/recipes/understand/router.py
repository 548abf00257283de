"""The exact procedure of the house, in Python: phrase -> intent and subject, with onnxruntime over the exported heads.

Intent: encode the phrase, compare it with every command phrase; a command matches when its second output exceeds the
first; an intent's score is the best softmax probability among its commands; the best intent whose command matches
and whose score reaches the threshold wins; none: answer.
Subject: the best start <= end among the tokens of the text, against the no-subject score at position 0; the piece
is widened to whole words and loses outer spaces and punctuation.
"""

import json
from dataclasses import dataclass

import numpy as np
import onnxruntime

import data
from export import OUT
from states import PREFIX, States, run, tokenise

OUTER = " \t\n.,;:!?…\"'«»“”()-–—"


@dataclass
class Understood:
    ids: list
    intent: str
    scores: dict
    subject: str


def session(folder, name):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(folder / f"{name}.onnx"), options, providers=["CPUExecutionProvider"])


def softmax(logits):
    shifted = np.exp(logits - logits.max(-1, keepdims=True))
    return shifted / shifted.sum(-1, keepdims=True)


def trim(text, start, end):
    """Widen [start, end) to whole words, then drop outer spaces and punctuation."""
    while start > 0 and text[start - 1].isalnum() and text[start].isalnum():
        start -= 1
    while end < len(text) and text[end].isalnum() and text[end - 1].isalnum():
        end += 1
    return text[start:end].strip(OUTER)


class Router:
    def __init__(self, encoder: States, folder=OUT):
        self.encoder = encoder
        self.settings = json.loads((OUT / "understand.json").read_text(encoding="utf-8"))
        assert self.settings["prefix"] == PREFIX
        self.intent, self.match, self.span = (session(folder, name) for name in ("intent", "match", "span"))
        self.commands = data.command_phrases()
        self.keys = np.concatenate([self.encode(self.hidden(text)) for _, text in self.commands])

    def hidden(self, text):
        """[1, S, 384] in full precision."""
        if self.encoder.model is None:
            self.encoder.load_model()
        ids, _ = tokenise(self.encoder.tokenizer, text)
        return run(self.encoder.model, [ids])[0][None]

    def encode(self, hidden):
        mask = np.ones(hidden.shape[:2], np.int64)
        return self.intent.run(None, {"last_hidden_state": hidden, "attention_mask": mask})[0]

    def route(self, code):
        """(intent, {intent: score})."""
        logits = self.match.run(None, {"a": np.repeat(code, len(self.keys), 0), "b": self.keys})[0]
        scores, matched = {}, set()
        for (name, _), pair, chance in zip(self.commands, logits, softmax(logits)[:, 1]):
            scores[name] = max(scores.get(name, 0.0), float(chance))
            if pair[1] > pair[0]:
                matched.add(name)
        best = max(scores, key=scores.get)
        sure = best in matched and scores[best] >= self.settings["threshold"]
        return (best if sure else "answer"), scores

    def subject(self, text, hidden):
        mask = np.ones(hidden.shape[:2], np.int64)
        start, end = (x[0] for x in self.span.run(None, {"last_hidden_state": hidden, "attention_mask": mask}))
        _, offsets = tokenise(self.encoder.tokenizer, text)
        first, last = self.settings["prefix_tokens"], len(offsets) - 1
        best, where = -np.inf, None
        for i in range(first, last):
            for j in range(i, last):
                if start[i] + end[j] > best:
                    best, where = start[i] + end[j], (i, j)
        if where is None or best - (start[0] + end[0]) <= self.settings["no_subject_margin"]:
            return ""
        return trim(text, offsets[where[0]][0], offsets[where[1]][1])

    def understand(self, text):
        hidden = self.hidden(text)
        intent, scores = self.route(self.encode(hidden))
        return Understood(tokenise(self.encoder.tokenizer, text)[0], intent, scores, self.subject(text, hidden))
