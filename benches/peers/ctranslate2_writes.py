"""A text by CTranslate2: ids in, so many ids out, greedily or with beams.

    python ctranslate2_writes.py FOLDER float32|int8 THREADS        (FOLDER: see seq2seq_numbers.py)
"""
import patient  # first

import json
import sys
from pathlib import Path

import ctranslate2

from peer import serve, timed

folder, form, threads = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
model = ctranslate2.Translator(str(folder / f"ct2-{form}"), device="cpu", compute_type=form, inter_threads=1, intra_threads=threads)
own = json.loads((folder / "generation_config.json").read_text())
banned = [[f"w{id}" for id in run] for run in own.get("bad_words_ids") or []] or None


def write(ids, new, beams):
    read = [[f"w{id}" for id in ids]]
    whole, told = timed(lambda: model.translate_batch(
        read, beam_size=beams, max_decoding_length=new, min_decoding_length=new, max_input_length=0,
        no_repeat_ngram_size=own.get("no_repeat_ngram_size", 0), suppress_sequences=banned))
    return {"whole": whole, "ids": [int(name[1:]) for name in told[0].hypotheses[0]]}


serve(f"CTranslate2 {ctranslate2.__version__}, {form}", write=write)
