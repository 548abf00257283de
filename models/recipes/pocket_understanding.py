"""Pocket encoders, siamese and span models (random weights, seeded) and their golden file, from transformers.

    OMP_NUM_THREADS=1 python pocket_understanding.py ../../tests/fixtures

pocket/understanding      encoder.onnx (BERT: input_ids, attention_mask, token_type_ids), tokenizer.json (WordPiece),
                          intent.onnx, match.onnx, span.onnx: one shared encoder with siamese and span heads
pocket/encoder-xlmr       model.onnx (XLM-R: no token_type_ids, positions from the padding id), tokenizer.json (Unigram)
                          that pads to 32 and cuts at 32, as sentence encoders are published: a reader must not obey
pocket/siamese-separate   phrase/ (XLM-R shape) and command/ (BERT shape), each encoder.onnx, tokenizer.json, intent.onnx;
                          match.onnx
pocket/span-{bert,xlmr}   model.onnx: BertForQuestionAnswering and XLMRobertaForQuestionAnswering with pair templates as
                          published (XLM-R's gives both texts type 0)
golden/understanding.json token ids, vectors, logits and answers by torch and transformers' question-answering pipeline
"""
import argparse
import json
from pathlib import Path

import torch
from pocket_words import unigram, word_pieces
from small import export
from torch import nn
from transformers import (
    BertConfig, BertForQuestionAnswering, BertModel, PreTrainedTokenizerFast, XLMRobertaConfig,
    XLMRobertaForQuestionAnswering, XLMRobertaModel, pipeline,
)

WIDTH, ENCODING, LONGEST = 16, 12, 64
TEXTS = ["нарисуй рыжего кота", "Draw a red apple, please!", "Привет, как дела? 🦀", "", "ё", "what is\tthe capital of France?",
         "нарисуй кота и собаку " * 6]
COMMANDS = [("draw", "нарисуй"), ("draw", "draw a picture"), ("help", "what can you do"), ("queue", "отмени рисунок")]
PAIRS = [("Что нарисовать?", "можешь резко нарисовать рыжего кота"), ("what to draw", "gimme a pic of a red apple"),
         ("Кто?", "Привет, как дела?"), ("what?", "the city of dogs 🦀 и кот"), ("", "a red cat"),
         ("What is the capital?", "Paris"), ("что", "дела")]


def shape(words, seed, layers):
    torch.manual_seed(seed)
    return dict(vocab_size=words.get_vocab_size(), hidden_size=WIDTH, num_hidden_layers=layers, num_attention_heads=2,
                intermediate_size=24, max_position_embeddings=128, initializer_range=0.4, attn_implementation="eager")


def bert(words, seed, layers=2, of=BertModel):
    more = {"add_pooling_layer": False} if of is BertModel else {}
    return of(BertConfig(**shape(words, seed, layers)), **more).eval().requires_grad_(False)


def xlmr(words, seed, layers=2, of=XLMRobertaModel):
    more = {"add_pooling_layer": False} if of is XLMRobertaModel else {}
    config = XLMRobertaConfig(**shape(words, seed, layers), pad_token_id=1, bos_token_id=0, eos_token_id=2, type_vocab_size=1)
    return of(config, **more).eval().requires_grad_(False)


class Trunk(nn.Module):
    """Mean over tokens -> dense -> tanh: the encoding of a text."""

    def __init__(self, seed):
        super().__init__()
        torch.manual_seed(seed)
        self.dense = nn.Linear(WIDTH, ENCODING)

    def forward(self, last_hidden_state, attention_mask):
        mask = attention_mask.unsqueeze(-1).float()
        return torch.tanh(self.dense((last_hidden_state * mask).sum(1) / mask.sum(1)))


class Match(nn.Module):
    """L1 distance of two encodings, one dense layer, two outputs."""

    def __init__(self, seed):
        super().__init__()
        torch.manual_seed(seed)
        self.dense = nn.Linear(ENCODING, 2)

    def forward(self, a, b):
        return self.dense((a - b).abs()) * 4.0


class Span(nn.Module):
    """Start and end of the answer, over token states."""

    def __init__(self, seed):
        super().__init__()
        torch.manual_seed(seed)
        self.dense = nn.Linear(WIDTH, 2)

    def forward(self, last_hidden_state, attention_mask):
        start, end = (self.dense(last_hidden_state) * 4.0).unbind(-1)
        hidden = (1 - attention_mask.float()) * -1e4
        return start + hidden, end + hidden


def export_encoder(model, path, kinds, outputs=("last_hidden_state",)):
    names = ["input_ids", "attention_mask"] + ["token_type_ids"] * kinds
    ids = torch.tensor([[5, 6, 7, 8], [5, 6, 7, 1]])
    mask = torch.tensor([[1, 1, 1, 1], [1, 1, 1, 0]])
    call = lambda m, *inputs: m(**dict(zip(names, inputs)), return_dict=False)[: len(outputs)]
    export(model, call, (ids, mask, torch.zeros_like(ids))[: len(names)], path, names, outputs,
           {name: {0: "batch", 1: "tokens"} for name in (*names, *outputs)})


def export_heads(folder, trunk, span=None):
    args = (torch.zeros(2, 4, WIDTH), torch.ones(2, 4, dtype=torch.int64))
    names, axes = ["last_hidden_state", "attention_mask"], {0: "batch", 1: "tokens"}
    export(trunk, lambda m, *x: m(*x), args, folder / "intent.onnx", names, ["encoding"],
           {name: axes for name in names} | {"encoding": {0: "batch"}})
    if span:
        outputs = ["start_logits", "end_logits"]
        export(span, lambda m, *x: m(*x), args, folder / "span.onnx", names, outputs, {n: axes for n in (*names, *outputs)})


def export_match(match, path):
    export(match, lambda m, a, b: m(a, b), (torch.zeros(2, ENCODING),) * 2, path, ["a", "b"], ["logits"],
           {name: {0: "rows"} for name in ("a", "b", "logits")})


def states(model, words, text):
    ids = words.encode(text).ids
    ids, mask = torch.tensor([ids]), torch.ones(1, len(ids), dtype=torch.int64)
    return ids, mask, model(ids, mask).last_hidden_state


def vectors(model, words):
    for text in TEXTS:
        ids, _, hidden = states(model, words, text)
        unit = nn.functional.normalize(torch.stack([hidden[0].mean(0), hidden[0, 0]]))
        yield {"text": text, "ids": ids[0].tolist(), "mean": unit[0].tolist(), "cls": unit[1].tolist(),
               "last state": hidden[0, -1].tolist()}


def siamese(sides, match):
    """Logits of every text against every command; sides: (encoder, words, trunk) of phrases and of commands."""
    encode = lambda side, text: side[2](states(side[0], side[1], text)[2], states(side[0], side[1], text)[1])
    commands = [encode(sides[1], phrase) for _, phrase in COMMANDS]
    rows = [{"text": text, "logits": [match(encode(sides[0], text), c)[0].tolist() for c in commands]} for text in TEXTS]
    return {"commands": COMMANDS, "phrases": rows}


def spans(model, words, head):
    for text in TEXTS:
        ids, mask, hidden = states(model, words, text)
        start, end = (logits[0] for logits in head(hidden, mask))
        offsets = words.encode(text).offsets
        best, found = start[0] + end[0], None
        for i, (opens, _) in enumerate(offsets):
            for j in range(i, min(i + LONGEST, len(offsets))):
                inside = offsets[i][0] < offsets[i][1] and offsets[j][0] < offsets[j][1]
                if inside and start[i] + end[j] > best:
                    best, found = start[i] + end[j], text[opens:offsets[j][1]]
        yield {"text": text, "start": start.tolist(), "end": end.tolist(), "answer": found}


def questions(model, words, special):
    fast = PreTrainedTokenizerFast(tokenizer_object=words, **special)
    fast.model_input_names = ["input_ids", "attention_mask"] + ["token_type_ids"] * (model.config.model_type == "bert")
    pipe = pipeline("question-answering", model=model, tokenizer=fast)
    for question, context in PAIRS:
        encoding = words.encode(question, context)
        ids, kinds = torch.tensor([encoding.ids]), torch.tensor([encoding.type_ids])
        out = model(ids, torch.ones_like(ids), token_type_ids=kinds)
        said = pipe(question=question, context=context, handle_impossible_answer=True, max_answer_len=LONGEST,
                    align_to_words=False) if question else None
        yield {"question": question, "context": context, "ids": encoding.ids, "start": out.start_logits[0].tolist(),
               "end": out.end_logits[0].tolist(), "answer": said and (said["answer"] or None), "asked": bool(question)}


def write_words(words, folder, sentence_encoder=False):
    folder.mkdir(parents=True, exist_ok=True)
    made = json.loads(words.to_str())
    if sentence_encoder:
        made["truncation"] = {"direction": "Right", "max_length": 32, "strategy": "LongestFirst", "stride": 0}
        made["padding"] = {"strategy": {"Fixed": 32}, "direction": "Right", "pad_to_multiple_of": None, "pad_id": 1,
                           "pad_type_id": 0, "pad_token": "<pad>"}
    (folder / "tokenizer.json").write_text(json.dumps(made, ensure_ascii=False, separators=(",", ":")) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("fixtures", type=Path)
    pocket, golden = (parser.parse_args().fixtures / part for part in ("pocket", "golden"))
    pieces, unigrams = word_pieces(), unigram()
    special = {"pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]"}, {"pad_token": "<pad>", "cls_token": "<s>", "sep_token": "</s>"}
    shared, many = bert(pieces, 1), xlmr(unigrams, 2)
    trunk, match, span = Trunk(3), Match(4), Span(5)
    phrase, command = (xlmr(unigrams, 6, 1), unigrams, Trunk(7)), (bert(pieces, 8, 1), pieces, Trunk(9))
    apart = Match(10)
    qa = bert(pieces, 11, 1, BertForQuestionAnswering), xlmr(unigrams, 12, 1, XLMRobertaForQuestionAnswering)
    export_encoder(shared, pocket / "understanding/encoder.onnx", True)
    write_words(pieces, pocket / "understanding")
    export_heads(pocket / "understanding", trunk, span)
    export_match(match, pocket / "understanding/match.onnx")
    export_encoder(many, pocket / "encoder-xlmr/model.onnx", False)
    write_words(unigrams, pocket / "encoder-xlmr", sentence_encoder=True)
    for name, (model, words, head) in (("phrase", phrase), ("command", command)):
        folder = pocket / "siamese-separate" / name
        export_encoder(model, folder / "encoder.onnx", name == "command")
        write_words(words, folder)
        export_heads(folder, head)
    export_match(apart, pocket / "siamese-separate/match.onnx")
    for name, model, words in (("bert", qa[0], pieces), ("xlmr", qa[1], unigrams)):
        export_encoder(model, pocket / f"span-{name}/model.onnx", name == "bert", ("start_logits", "end_logits"))
        write_words(words, pocket / f"span-{name}")
    made = {
        "bert": list(vectors(shared, pieces)), "xlmr": list(vectors(many, unigrams)),
        "siamese": siamese([(shared, pieces, trunk)] * 2, match), "separate": siamese([phrase, command], apart),
        "span": list(spans(shared, pieces, span)),
        "questions": {"bert": list(questions(qa[0], pieces, special[0])), "xlmr": list(questions(qa[1], unigrams, special[1]))},
    }
    rounded = json.loads(json.dumps(made), parse_float=lambda number: round(float(number), 6))
    (golden / "understanding.json").write_text(json.dumps(rounded, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
