"""What stands between a request and the model: words that no list has never reach it. The program does the same.

    python guard.py OUT/known.bin        writes the hashes of every known form

A text without a small letter is taken in small letters. For each word with a Russian letter (letters with single hyphens inside; lower case, ё as е, NFC):
 1. known, or every part of it between hyphens known: it stays;
 2. small letters only, five or more, and known forms lie one slip away (a letter lost, added, changed, two swapped): when
    it is one form, that stands in for the word; when there are more, the word stays as typed;
 3. else it is replaced by a mark, "N1" when it begins with a capital, else "Q1" (then 2 to 9; a word that comes twice has
    one mark; words with capitals that follow each other after one space share one: "Зинаиды Гиппиус"). After the model each mark gives way to the word in Latin letters (words.latin: a table of 33 letters). When
    a mark got lost, the model sees the phrase again with Latin letters in place of the marks; what is lost then, too, is
    put behind the text after a comma.
Words in Latin letters and digits go to the model as they are; the same check (is it still there?) applies to them.

known.bin: FNV-1a, 32 bit, of each form's UTF-8, sorted, little-endian u32.
"""

import functools
import itertools
import re
import struct
import sys
from pathlib import Path

import words
from phrases import HOW, NUMBERS, OF, MANY_OF, OWNERS, PREPOSITIONS, STRENGTH, WHICH, fixed, verbs
from words import agree, form, nouns

WORD = re.compile(r"[^\W\d_]+(?:[-’'][^\W\d_]+)*")
RUSSIAN = re.compile("[а-яё]", re.I)
ALPHABET = "абвгдежзийклмнопрстуфхцчшщъыьэюя"
GENDERS = ("masc", "femn", "neut", "plur")


def key(word):
    return word.lower().replace("ё", "е")


def hashed(word):
    value = 0x811C9DC5
    for byte in word.encode():
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


@functools.lru_cache
def forms():
    """Every form the lexicon can take."""
    out = set()

    def add(text):
        for word in WORD.findall(text):
            if RUSSIAN.search(word):
                out.update(key(part) for part in {word, *word.split("-")})

    def adjective(word):
        for kind, case, alive in itertools.product(GENDERS, words.CASES, (True, False)):
            add(agree(word, kind, case, alive))

    heads = [words.noun("abstract", head, "x") for head in {o[0] for o in OF}]
    heads += [words.noun("thing", m[0].replace(" ", "|"), "x") for m in MANY_OF]
    for item in [n for kind, items in nouns().items() if kind != "any" for n in items] + heads:
        for case, many in itertools.product((*words.CASES, "loc2"), (False, True)):
            add(form(item, case, many))
    for kind in words.adjectives().values():
        for ru, _ in kind:
            adjective(ru)
    for word in [*(o[0] for o in OWNERS), *WHICH.values(), "похожий", "надпись"]:
        adjective(word)
    for finite, participle, _, _ in verbs():
        add(finite)
        add(words.verb(finite, True))
        first, _, rest = participle.partition(" ")
        adjective(first)
        add(rest)
    for name in ("places.txt", "tails.txt"):
        for ru, _ in fixed(name):
            add(ru)
    for word in itertools.chain(*NUMBERS.values(), (p[0] for p in PREPOSITIONS), (o[1] for o in OF), (s[0] for s in STRENGTH), (h[0] for h in HOW)):
        add(word)
    add("две и или со во об по имени кличке надписью текстом подписью на за от до не из-за как стиле кличке")
    return out


@functools.lru_cache
def known():
    return {hashed(word) for word in forms()}


def is_known(word):
    word = key(word)
    parts = word.split("-")
    return hashed(word) in known() or (len(parts) > 1 and all(hashed(p) in known() for p in parts))


def near(word):
    """Known forms one slip away."""
    word = key(word)
    out = set()
    for at in range(len(word) + 1):
        left, right = word[:at], word[at:]
        if right:
            out.add(left + right[1:])
        if len(right) > 1:
            out.add(left + right[1] + right[0] + right[2:])
        for letter in ALPHABET:
            out.add(left + letter + right)
            if right:
                out.add(left + letter + right[1:])
    out.discard(word)
    return sorted(w for w in out if hashed(w) in known())


def marked(text):
    """(the text for the model, {mark: word})."""
    marks = {}
    if text == text.upper():
        text = text.lower()

    def one(match):
        word = match.group()
        if not RUSSIAN.search(word) or is_known(word):
            return word
        if 5 <= len(word) <= 32 and word.islower():
            found = near(word)
            if found:
                return found[0] if len(found) == 1 else word
        for mark, other in marks.items():
            if other == word:
                return mark
        kind, taken = "N" if word[0].isupper() else "Q", {mark[1:] for mark in marks}
        free = [n for n in "123456789" if n not in taken and not re.search(rf"\b{kind}{n}\b", text)]
        if not free:
            return words.latin(word)
        mark = kind + free[0]
        marks[mark] = word
        return mark

    source = WORD.sub(one, text)
    while joint := re.search(r"\b(N\d) (N\d)\b", source):
        first, second = joint.groups()
        if first == second or len(re.findall(rf"\b(?:{first}|{second})\b", source)) > 2:
            break
        marks[first] += f" {marks.pop(second)}"
        source = source.replace(joint.group(), first)
    return source, marks


def restored(text, marks):
    """(the text with words for marks, marks that it lacks)."""
    lost = [mark for mark in marks if not re.search(rf"\b{mark}\b", text)]
    for mark, word in marks.items():
        text = re.sub(rf"\b{mark}\b", words.latin(word), text)
    return text, lost


def guarded(translate, text):
    """`translate` maps a phrase to English."""
    source, marks = marked(text)
    out, lost = restored(translate(source), marks)
    if lost:
        for mark, word in marks.items():
            source = re.sub(rf"\b{mark}\b", words.latin(word), source)
        out = translate(source)
        for word in marks.values():
            if words.latin(word).lower() not in out.lower():
                out += f", {words.latin(word)}"
    return out


def main(path):
    values = sorted(known())
    Path(path).write_bytes(struct.pack(f"<{len(values)}I", *values))
    print(len(forms()), "forms,", len(values), "hashes")


if __name__ == "__main__":
    main(sys.argv[1])
