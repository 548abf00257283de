"""Words and noun phrases in Russian (inflected by pymorphy3) and English, read from phrases/.

A Russian noun phrase is `head|tail`: the words of the head take the asked case, the tail stays as it is.
"""

import functools
import json
from pathlib import Path

import pymorphy3

PHRASES = Path(__file__).parent / "phrases"
INVARIABLE = {"аниме", "метро", "киберпанк", "стимпанк", "ретро", "в", "на", "с", "и", "да", "для"}


@functools.lru_cache
def lines(name):
    """The lines of a phrase file without comments and blanks."""
    text = (PHRASES / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


@functools.lru_cache
def words(name):
    return [word.replace("_", " ") for line in lines(name) for word in line.split()]


@functools.lru_cache
def word_lists():
    return json.loads((PHRASES / "words.json").read_text(encoding="utf-8"))


@functools.lru_cache
def morph():
    return pymorphy3.MorphAnalyzer()


@functools.lru_cache(maxsize=None)
def parse(word, parts=("NOUN", "ADJF", "PRTF", "NUMR", "NPRO")):
    """The most likely nominative reading, or None."""
    for reading in morph().parse(word):
        if reading.tag.POS in parts and "nomn" in reading.tag:
            return reading
    return None


def cased(reading, case, animate, masculine_or_plural):
    if case == "accs" and reading.tag.POS != "NOUN" and masculine_or_plural:
        case = "gent" if animate else "nomn"
    form = reading.inflect({case})
    return form.word if form else reading.word


@functools.lru_cache(maxsize=None)
def inflect(head, case):
    """The head with every word in the case; capitals are kept."""
    if case == "nomn":
        return head
    tokens = head.split(" ")
    nouns = [parse(token, ("NOUN",)) for token in tokens if token.lower() not in INVARIABLE]
    noun = next((reading for reading in reversed(nouns) if reading), None)
    animate = noun is not None and "anim" in noun.tag
    agrees = noun is not None and ("plur" in noun.tag or "masc" in noun.tag)
    out = []
    for token in tokens:
        reading = None if token.lower() in INVARIABLE else parse(token)
        word = cased(reading, case, animate, agrees) if reading else token
        out.append(word.capitalize() if token[0].isupper() else word)
    return " ".join(out)


def gender(noun):
    """masc, femn, neut or plur, for agreement."""
    reading = parse(noun.split(" ")[-1], ("NOUN",))
    if reading is None:
        return "masc"
    return "plur" if "plur" in reading.tag else reading.tag.gender or "masc"


def agree(adjective, kind, case="nomn"):
    reading = parse(adjective)
    if reading is None:
        return adjective
    form = reading.inflect({case, kind})
    return form.word if form else adjective


def in_case(phrase, case):
    head, _, tail = phrase.partition("|")
    return join(inflect(head, case), tail)


def join(head, tail):
    return head + ("" if not tail or tail[0] == "," else " ") + tail


WHICH = {"masc": "который", "femn": "которая", "neut": "которое", "plur": "которые"}


def subject_ru(random):
    """`head|tail` of something to draw; the tail may hold slots."""
    if random.random() < 0.25:
        return random.choice(lines("scenes.ru.txt"))
    noun = random.choice(words("nouns.ru.txt"))
    head = noun
    if random.random() < 0.6:
        head = f"{agree(random.choice(words('adjs.ru.txt')), gender(noun))} {noun}"
        if random.random() < 0.12:
            head = f"{agree(random.choice(words('adjs.ru.txt')), gender(noun))} {head}"
    tail = ""
    draw = random.random()
    if draw < 0.42:
        tail = random.choice(lines("tails.ru.txt"))
    elif draw < 0.52:
        tail = f"{random.choice([', ', ''])}{WHICH[gender(noun)]} {random.choice(lines('relatives.ru.txt'))}"
    elif draw < 0.58:
        tail = f"и {{n.CASE}}"
    if tail and random.random() < 0.15:
        tail = join(tail, random.choice(lines("tails.ru.txt")))
    return f"{head}|{tail}"


def article(phrase, random):
    """Mostly "a" or "an", sometimes "the" or nothing."""
    draw = random.random()
    if draw < 0.12:
        return phrase
    if draw < 0.18:
        return f"the {phrase}"
    return f"{'an' if phrase[0] in 'aeiou' else 'a'} {phrase}"


def noun_en(random):
    noun = random.choice(words("nouns.en.txt"))
    draw = random.random()
    if draw < 0.6:
        noun = f"{random.choice(words('adjs.en.txt'))} {noun}"
        if draw < 0.08:
            noun = f"{random.choice(words('adjs.en.txt'))} {noun}"
    if random.random() < 0.08:
        plural = noun if noun.endswith("s") else f"{noun}s"
        return f"{random.choice(['two', 'three', 'five', 'some', 'a bunch of', 'many'])} {plural}"
    return article(noun, random)


def subject_en(random):
    if random.random() < 0.25:
        scene = random.choice(lines("scenes.en.txt"))
        first = scene.split()[0].lower()
        plain = first in {"a", "an", "the", "two", "three", "my"} or scene[0].isupper()
        return scene if plain or random.random() < 0.6 else article(scene, random)
    phrase = noun_en(random)
    draw = random.random()
    if draw < 0.4:
        phrase = join(phrase, random.choice(lines("tails.en.txt")))
    elif draw < 0.53:
        phrase = f"{phrase} {random.choice(lines('relatives.en.txt'))}"
    elif draw < 0.58:
        phrase = f"{phrase} and {noun_en(random)}"
    if draw < 0.5 and random.random() < 0.15:
        phrase = join(phrase, random.choice(lines("tails.en.txt")))
    return phrase
