"""Expand phrase templates into segments: [(text, is_subject)].

`(a|b|)` picks one; `$name` (or `$ru.name`) picks from words.json; `<...>` is the subject. Slots:
`{S}` a subject (Russian: `{S.case}`), `{A}` a picture that keeps its own word ("logo for ..."), `{F.nomn}` and
`{M.nomn}` the same, feminine or masculine, `{T}` a topic or a thing, `{n}` a noun, `{j}` an adjective, `{L}` or `{P}`
a tail ("on a roof"), `{R}` what somebody does, `{Sen}`, `{Aen}`, `{Ten}` the English ones inside a Russian phrase. Only
S, A, F, M and `<>` in a drawing request are subjects.
"""

import re

import lexicon

SLOT = re.compile(r"\{([^{}]+)\}")
CHOICE = re.compile(r"\(([^()]*)\)")
WORD = re.compile(r"\$(?:(ru|en)\.)?(\w+)")
OPEN, CLOSE = "\x02", "\x03"


def language(template):
    return "ru" if re.search("[а-яё]", template.lower()) or re.search(r"\.(nomn|accs|gent|ablt|loct)", template) else "en"


def kind_ru(random, case, wanted=None):
    """"логотип с ...", in the asked case and, if wanted, gender."""
    while True:
        line = random.choice(lexicon.lines("kinds.ru.txt"))
        head = line.split("|")[0]
        if wanted is None or lexicon.gender(head) == wanted:
            break
    return fill(lexicon.in_case(line, case), random, "ru")


def slot(name, random, lang):
    """(text, whether it is a subject by itself)."""
    base, _, case = name.partition(".")
    if base == "S" and lang == "ru" and case:
        phrase = lexicon.subject_ru(random).replace("CASE", case)
        return fill(lexicon.in_case(phrase, case), random, "ru"), True
    if base in ("S", "Sen"):
        return fill(lexicon.subject_en(random), random, "en"), True
    if base == "A" and case:
        return kind_ru(random, case), True
    if base in ("A", "Aen"):
        phrase = fill(random.choice(lexicon.lines("kinds.en.txt")), random, "en")
        return (phrase.removeprefix("a ") if random.random() < 0.3 else phrase), True
    if base in ("F", "M"):
        return kind_ru(random, case, {"F": "femn", "M": "masc"}[base]), True
    if base in ("T", "Ten"):
        thing = random.random() < 0.45
        if case:
            phrase = lexicon.subject_ru(random).replace("CASE", case) if thing else random.choice(lexicon.lines("topics.ru.txt"))
            return fill(lexicon.in_case(phrase, case), random, "ru"), False
        return (fill(lexicon.subject_en(random), random, "en") if thing else random.choice(lexicon.lines("topics.en.txt"))), False
    if base in ("L", "P", "R"):
        name = {"L": "tails", "P": "places", "R": "relatives"}[base]
        phrase = random.choice(lexicon.lines(f"{name}.{lang}.txt")).lstrip(", ")
        return fill(phrase.replace("CASE", "nomn"), random, lang), False
    if base == "n" and case:
        return lexicon.inflect(random.choice(lexicon.words("nouns.ru.txt")), case), False
    if base == "n":
        return random.choice(lexicon.words("nouns.en.txt")), False
    if base == "j" or name == "adj":
        return random.choice(lexicon.words("adjs.en.txt")), False
    if base == "adj":
        return lexicon.agree(random.choice(lexicon.words("adjs.ru.txt")), "masc", case.split(".")[-1]), False
    raise ValueError(f"unknown slot {name}")


def fill(text, random, lang, mark=False):
    def one(match):
        value, subject = slot(match[1], random, lang)
        return f"{OPEN}{value}{CLOSE}" if mark and subject else value

    return SLOT.sub(one, text)


def expand(template, random):
    """One phrase of the template, as [(text, is_subject)]."""
    lang = language(template)
    text = template
    while CHOICE.search(text):
        text = CHOICE.sub(lambda match: random.choice(match[1].split("|")), text, count=1)
    text = WORD.sub(lambda match: random.choice(lexicon.word_lists()[match[1] or lang][match[2]]), text)
    nested = re.search("<(.*)>", text)
    if nested:
        inner = fill(nested[1], random, lang)
        text = text.replace(nested[0], f"{OPEN}{inner}{CLOSE}")
    text = fill(text, random, lang, mark=not nested)
    return segments(text)


def segments(text):
    """Split at the marks; spaces around the subject belong outside, doubled spaces go."""
    text = re.sub(r" +", " ", text).replace(" ,", ",").replace(" ?", "?").strip()
    out, inside = [], False
    for piece in re.split(f"([{OPEN}{CLOSE}])", text):
        if piece in (OPEN, CLOSE):
            inside = piece == OPEN
        elif piece:
            out.append((piece, inside))
    return out
