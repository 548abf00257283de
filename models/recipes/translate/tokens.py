"""The tokenizer: one SentencePiece unigram model for both sides, in Marian's three files.

    python tokens.py PAIRS.tsv FOLDER [PIECES]
"""

import json
import shutil
import sys
from pathlib import Path

import sentencepiece


def train(pairs, folder, pieces="6000"):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    lines = [side for line in open(pairs, encoding="utf-8") for side in line.rstrip("\n").split("\t")]
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines[:400_000]), model_prefix=str(folder / "source"), vocab_size=int(pieces), model_type="unigram",
        normalization_rule_name="nmt_nfkc", character_coverage=1.0, split_digits=True, max_sentencepiece_length=12,
        unk_id=0, bos_id=1, eos_id=2, pad_id=-1, num_threads=2, minloglevel=1,
        required_chars="abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,!?:;-–—'\"«»()№%&+/"
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюяАБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ")
    (folder / "source.model").rename(folder / "source.spm")
    (folder / "source.vocab").unlink()
    shutil.copy(folder / "source.spm", folder / "target.spm")
    model = sentencepiece.SentencePieceProcessor(model_file=str(folder / "source.spm"))
    order = ["</s>", "<unk>"]
    order += [piece for piece in (model.id_to_piece(i) for i in range(model.get_piece_size())) if piece not in ("<unk>", "<s>", "</s>")]
    order.append("<pad>")
    vocab = {piece: place for place, piece in enumerate(order)}
    (folder / "vocab.json").write_text(json.dumps(vocab, ensure_ascii=False, indent=0), encoding="utf-8")
    config = {"source_lang": "ru", "target_lang": "en", "model_max_length": 128, "tokenizer_class": "MarianTokenizer"}
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    print(len(vocab), "pieces")


if __name__ == "__main__":
    train(*sys.argv[1:])
