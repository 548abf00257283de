"""Whisper by faster-whisper on the packages' own numbers: from the file of a note to its text.

    python faster_whisper_hears.py FOLDER int8|float32 THREADS

It does what the product does: it finds the language, follows one hypothesis, hears each window by itself, and writes times
only where a note is longer than a window. It looks for no voice before it hears (the product does).
"""
import patient  # first

import sys
import time

import ctranslate2
import faster_whisper
from faster_whisper import WhisperModel

from peer import serve

folder, form, threads = sys.argv[1:4]
model = WhisperModel(folder, device="cpu", compute_type=form, cpu_threads=int(threads))


def hear(file, seconds):
    start = time.perf_counter()
    segments, about = model.transcribe(
        file, beam_size=1, best_of=1, condition_on_previous_text=False, without_timestamps=seconds <= 30
    )
    texts, first = [], None
    for segment in segments:
        first = first or time.perf_counter() - start
        texts.append(segment.text.strip())
    whole = time.perf_counter() - start
    return {"whole": whole, "first": first or whole, "text": " ".join(texts), "language": about.language}


serve(f"faster-whisper {faster_whisper.__version__}, CTranslate2 {ctranslate2.__version__}, {form}", hear=hear)
