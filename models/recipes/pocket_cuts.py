"""What transformers leaves of texts that are too long: golden/cuts.json, from the pocket tokenizers as they lie.

A text alone keeps its beginning; of a question and its context the context is cut (`only_second`), as its
question-answering pipeline does.
"""
import json
import sys
from pathlib import Path

from transformers import PreTrainedTokenizerFast

QUESTION, TEXT = "what to draw", "нарисуй рыжего кота 🦀 и собаку, please! " * 9


def rows(folder):
    words = PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"))
    for most in (24, 40, 100):
        alone = words(TEXT, truncation=True, max_length=most)
        pair = words(QUESTION, TEXT, truncation="only_second", max_length=most)
        yield {"most": most, "alone": alone["input_ids"], "pair": pair["input_ids"]}


def main(fixtures):
    made = {name: list(rows(fixtures / "pocket" / name)) for name in ("span-bert", "span-xlmr", "encoder-xlmr")}
    made = {"question": QUESTION, "text": TEXT, "models": made}
    (fixtures / "golden/cuts.json").write_text(json.dumps(made, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
