"""Short clips out of clips with transcripts, and how many of their words faster-whisper hears wrong.

    python word_errors.py make CLIPS OUT WHISPER        # CLIPS: .wav or .ogg, each with its .txt
    python word_errors.py hear OUT WHISPER int8|float32 BEAMS

WHISPER is CTranslate2's folder (`make bench` brings it to .tools/bench/packages/whisper). *make* writes every clip, pieces of
4, 6 and 9 words of the English ones, cut where faster-whisper's word times say so, and each of them again: with white noise
(12 dB), a fifth as loud, and with silence of a second before and one and a half behind. *hear* takes the language that is
likelier of Russian and English, writes no times and looks for no voice; ours: `AISAAC_VOICE=OUT make test-weights`.
Needs what ../../benches/peers/requirements.txt says.
"""
import difflib
import re
import sys
import wave
from pathlib import Path

import numpy as np
from faster_whisper import WhisperModel, decode_audio

RATE = 16000


def words(text):
    """Lowercase words without punctuation, ё as е."""
    return re.findall(r"[\w']+", text.lower().replace("ё", "е"))


def errors(said, heard):
    """Words that must be changed, put in or left out to make one text the other."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(said):
        corner, row[0] = row[0], i + 1
        for j, other in enumerate(heard):
            change, corner = corner + (word != other), row[j + 1]
            row[j + 1] = min(change, row[j] + 1, corner + 1)
    return row[-1]


def pieces(sound, text, model):
    """Pieces of so many words, with their words in the transcript."""
    said, found = words(text), model.transcribe(sound, language="en", beam_size=5, word_timestamps=True)[0]
    heard = [word for segment in found for word in segment.words]
    match = difflib.SequenceMatcher(None, ["".join(words(word.word)) for word in heard], said, autojunk=False)
    place = {a + k: b + k for a, b, size in match.get_matching_blocks() for k in range(size)}
    for size in (4, 6, 9):
        for first in range(0, len(heard) - size + 1, size):
            last = first + size - 1
            if first in place and last in place and place[last] > place[first]:
                start, end = max(0, heard[first].start - 0.08), heard[last].end + 0.12
                yield sound[int(start * RATE) : int(end * RATE)], " ".join(said[place[first] : place[last] + 1])


def write(path, sound, text):
    with wave.open(f"{path}.wav", "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())
    Path(f"{path}.txt").write_text(text + "\n", encoding="utf-8")


def make(clips, out, whisper):
    model, chance = WhisperModel(whisper, device="cpu", compute_type="float32"), np.random.default_rng(1)
    out.mkdir(parents=True, exist_ok=True)
    for file in sorted(path for path in clips.rglob("*") if path.suffix in (".wav", ".ogg")):
        if not file.with_suffix(".txt").exists():
            continue
        text, sound = file.with_suffix(".txt").read_text(encoding="utf-8").strip(), decode_audio(str(file))
        found = [(sound, text)] + (list(pieces(sound, text, model)) if text.isascii() else [])
        for number, (sound, text) in enumerate(found):
            quiet = lambda seconds: chance.normal(0, 1e-4, int(seconds * RATE))
            loud = np.sqrt((sound**2).mean())
            name = out / f"{file.stem}-{number}"
            write(name, sound, text)
            write(f"{name}~noise", sound + chance.normal(0, loud * 10 ** (-12 / 20), len(sound)), text)
            write(f"{name}~soft", sound * 0.2, text)
            write(f"{name}~late", np.concatenate([quiet(1), sound, quiet(1.5)]), text)


def hear(clips, whisper, form, beams):
    model, wrong, count = WhisperModel(whisper, device="cpu", compute_type=form), 0, 0
    for file in sorted(clips.glob("*.wav")):
        sound, said = decode_audio(str(file)), words(file.with_suffix(".txt").read_text(encoding="utf-8"))
        shares = dict(model.detect_language(sound)[2])
        segments, _ = model.transcribe(
            sound, language=max(("ru", "en"), key=shares.get), beam_size=beams, best_of=beams,
            condition_on_previous_text=False, without_timestamps=True,
        )
        wrong += errors(said, words(" ".join(segment.text for segment in segments)))
        count += len(said)
    print(f"faster-whisper {form}, {beams} beams: {wrong} of {count} words wrong")


match sys.argv[1:]:
    case ["make", clips, out, whisper]:
        make(Path(clips), Path(out), whisper)
    case ["hear", clips, whisper, form, beams]:
        hear(Path(clips), whisper, form, int(beams))
    case _:
        sys.exit(__doc__)
