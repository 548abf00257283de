"""The lexicon in words/, Russian words in their forms (pymorphy3), English words in theirs."""

import functools
import json
from dataclasses import dataclass, field
from pathlib import Path

import pymorphy3

HERE = Path(__file__).parent
SUBJECTS = HERE / "../../sketch/subjects.json"
ANIMATE = ("animal", "person", "creature", "name")
CASES = ("nomn", "gent", "datv", "accs", "ablt", "loct")
VOWELS = "аеёиоуыэюя"


@functools.lru_cache
def morph():
    return pymorphy3.MorphAnalyzer()


@dataclass(frozen=True)
class Noun:
    """A Russian noun phrase (head inflects, tail stays) and its English."""

    head: str
    tail: str
    one: str
    many: str
    kind: str
    article: str  # "a", "the", "" for what takes none
    plural: bool = field(default=False)  # the English stands in the plural


def entries(name):
    """(kind, ru, en) of a file of words/."""
    kind = ""
    for line in (HERE / "words" / name).read_text(encoding="utf-8").splitlines():
        line = line.strip()
        if line.startswith("[") and line.endswith("]"):
            kind = line[1:-1]
        elif line and not line.startswith("#"):
            for item in line.split(";"):
                if "=" in item:
                    ru, en = item.split("=", 1)
                    yield kind, ru.strip(), en.strip()


IRREGULAR = {"knife": "knives", "fish": "fish", "child": "children", "mouse": "mice", "goose": "geese", "foot": "feet", "tooth": "teeth",
             "wolf": "wolves", "leaf": "leaves", "calf": "calves", "person": "people", "deer": "deer", "sheep": "sheep"}


def plural_of(word):
    """The English plural by rule, of the word before a preposition."""
    for cut in (" of ", " in ", " on ", " with "):
        if cut in word:
            head, tail = word.split(cut, 1)
            return plural_of(head) + cut + tail
    start, _, last = word.rpartition(" ")
    if last in IRREGULAR:
        last = IRREGULAR[last]
    elif last.endswith(("s", "x", "ch", "sh")):
        last += "es"
    elif last.endswith("y") and last[-2:-1] not in "aeiou":
        last = last[:-1] + "ies"
    elif last.endswith(("man", "woman")) and last not in ("human", "German", "shaman", "caiman", "talisman"):
        last = last[:-3] + "men"
    else:
        last += "s"
    return f"{start} {last}".strip()


def noun(kind, ru, en):
    head, _, tail = ru.partition("|")
    if en.startswith("~"):
        return Noun(head, tail, en[1:], en[1:], kind, "")
    if en.startswith("+"):
        return Noun(head, tail, en[1:], en[1:], kind, "", True)
    if en.startswith("the "):
        return Noun(head, tail, en[4:], en[4:], kind, "the")
    one, _, many = en.partition("/")
    return Noun(head, tail, one, many or plural_of(one), kind, "" if kind == "name" else "a")


@functools.lru_cache
def nouns():
    """Every noun by kind; "any" holds all of them. The sketch's own words come last: what the list has wins."""
    out, seen = {}, {}
    for kind, ru, en in entries("nouns.txt"):
        if (ru, kind) not in seen:
            seen[ru, kind] = noun(kind, ru, en)
    known = {ru.replace("|", " ") for ru, _ in seen}
    for file in ("more.txt", "family.txt"):
        for kind, ru, en in entries(file):
            if ru.replace("|", " ") not in known:
                known.add(ru.replace("|", " "))
                seen[ru, kind] = noun(kind, ru, en)
    base = {ru: item for (ru, _), item in seen.items()}
    for ru, en, root in sketch_words():
        if ru not in known and root in base:
            known.add(ru)
            seen[ru, base[root].kind] = as_many(noun(base[root].kind, ru, marked(base[root])))
    for _, ru, en in entries("names.txt"):
        seen.setdefault((ru, "name"), noun("name", ru, en))
    for name in (HERE / "words/people.txt").read_text(encoding="utf-8").splitlines()[1:]:
        for word in name.split():
            seen.setdefault((word, "name"), noun("name", word, latin(word)))
    for (_, kind), item in seen.items():
        out.setdefault(kind, []).append(item)
    out["drink"] = [n for n in out["food"] if n.head in DRINKS]
    out["any"] = [n for kind, items in out.items() if kind not in ("drink", "name") for n in items]
    return out


@functools.lru_cache
def later():
    """The nouns of family.txt by kind: added last, so pairs are made of them more often."""
    found = {ru for _, ru, _ in entries("family.txt")}
    return {kind: new for kind, items in nouns().items() if kind not in ("any", "drink", "name")
            if (new := [n for n in items if (f"{n.head}|{n.tail}" if n.tail else n.head) in found])}


DRINKS = set("чай кофе капучино латте эспрессо какао сок лимонад компот квас вода коктейль смузи пиво вино шампанское "
             "виски кола молоко кефир бульон".split()) | {"апельсиновый сок", "красное вино"}


@functools.lru_cache
def adjectives():
    out = {}
    seen = set()
    for file in ("adjectives.txt", "family_adjectives.txt"):
        for kind, ru, en in entries(file):
            if (ru, file) not in seen and (ru, "adjectives.txt") not in seen:
                seen.add((ru, file))
                out.setdefault(kind, []).append((ru, en))
    return out


LETTERS = dict(zip("абвгдезийклмнопрстуфхыэ", "abvgdeziyklmnoprstufhye")) | {
    "ё": "yo", "ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ь": "", "ю": "yu", "я": "ya"}


def latin(text):
    """Russian letters in Latin ones; the program's guard has the same table."""
    out = []
    for letter in text:
        plain = LETTERS.get(letter.lower())
        out.append(letter if plain is None else plain.capitalize() if letter.isupper() else plain)
    return "".join(out)


@functools.lru_cache(maxsize=None)
def readings(word, parts):
    return [r for r in morph().parse(word) if r.tag.POS in parts and "nomn" in r.tag]


def unlikely(reading, named, animate):
    """Names and abbreviations are read last, but for names; then what lives where it should not, or the reverse."""
    strange = any(mark in reading.tag for mark in ("Abbr", "Name", "Surn", "Patr", "Geox", "Orgn", "Trad", "Sgtm"))
    return (strange and not named) * 2 + (animate != ("anim" in reading.tag))


@functools.lru_cache(maxsize=None)
def split(head, animate, named):
    """(adjective readings, noun reading, rest) of a head; the noun is the first word that is no adjective."""
    tokens = head.split(" ")
    before = []
    for place, token in enumerate(tokens):
        last = place == len(tokens) - 1
        adjective = [] if last else readings(token, ("ADJF", "PRTF"))
        if adjective:
            before.append(adjective[0])
            continue
        found = readings(token, ("NOUN",)) or readings(token, ("ADJF", "PRTF"))
        found = sorted(found, key=lambda r: ("plur" in r.tag, unlikely(r, named, animate)))
        return before, found[0] if found else None, tokens[place:], named
    return before, None, tokens, named


def like(token, word):
    return word.capitalize() if token[:1].isupper() else word


@functools.lru_cache(maxsize=None)
def gender(item):
    _, core, _, _ = split(item.head, item.kind in ANIMATE, item.kind == "name")
    if core is None:
        return "masc"
    return "plur" if "plur" in core.tag else str(core.tag.gender or "masc")


@functools.lru_cache(maxsize=None)
def animate(item):
    _, core, _, _ = split(item.head, item.kind in ANIMATE, item.kind == "name")
    return item.kind in ("animal", "person", "creature") or (core is not None and "anim" in core.tag)


@functools.lru_cache(maxsize=None)
def agree(word, kind, case, alive):
    """An adjective or participle in a gender (or plur) and case."""
    found = readings(word, ("ADJF", "PRTF", "NUMR"))
    if not found:
        return word
    if case in ("accs", "loc2"):
        case = "loct" if case == "loc2" else ("gent" if alive else "nomn") if kind in ("masc", "plur") else case
    form = found[0].inflect({case, kind})
    return like(word, form.word) if form else word


OWN = {  # plurals that the dictionary takes from another word of the same lemma; and words that do not change
    "листья": ("листья", "листьев", "листьям", "листья", "листьями", "листьях"),
    "цветы": ("цветы", "цветов", "цветам", "цветы", "цветами", "цветах")}
OWN_MANY = {"лист": "листья", "цветок": "цветы"}
FIXED = {"капучино", "чихуахуа", "смузи", "латте", "тирамису", "оливье", "нло", "рамен", "мороженко", "би-би", "ква-ква", "восьмое марта"}
ENDINGS = {"gent": "а", "datv": "у", "accs": "а", "ablt": "ом", "loct": "е", "loc2": "е"}
MANY = {"gent": "ов", "datv": "ам", "accs": "ов", "ablt": "ами", "loct": "ах", "loc2": "ах"}


def unlisted(word, case, many):
    """A masculine noun that the dictionary lacks; other endings stay."""
    if word[-1] in "ая" and word[0].islower() and len(word) > 3:
        ends = {"gent": "и" if word[-2] in "гкхчшщж" or word[-1] == "я" else "ы", "accs": "у" if word[-1] == "а" else "ю",
                "datv": "е", "loct": "е", "loc2": "е", "ablt": "ой" if word[-1] == "а" else "ей"}
        return word[:-1] + ends.get(case, word[-1]) if not many else word
    if word[-1] in VOWELS + "ьй" or word[0].isupper() or word == "рамен":
        return word
    if many:
        return word + MANY.get(case, "и" if word[-1] in "гкхчшщж" else "ы")
    return word + ENDINGS.get(case, "")


@functools.lru_cache(maxsize=None)
def form(item, case, many=False):
    """The Russian of a noun in a case; "loc2" is the place after в and на."""
    before, core, tokens, named = split(item.head, item.kind in ANIMATE, item.kind == "name")
    if core is None:
        return f"{unlisted(item.head, case, many)} {item.tail}".strip()
    if item.head in FIXED:
        return f"{item.head} {item.tail}".strip()
    own = OWN.get(OWN_MANY.get(tokens[0]) if many else tokens[0])
    kind = "plur" if many or "plur" in core.tag else str(core.tag.gender or "masc")
    alive = animate(item)
    grams = {case, "plur"} if many else {case}
    if case == "accs" and alive and "anim" not in core.tag and kind in ("masc", "plur"):
        grams = (grams - {"accs"}) | {"gent"}
    inflected = core.inflect(grams)
    if inflected is None and case == "loc2":
        inflected = core.inflect((grams - {"loc2"}) | {"loct"})
    heads = item.head.split(" ")
    out = [like(t, agree(r.word, kind, case, alive)) for t, r in zip(heads, before)]
    word = own[CASES.index("loct" if case == "loc2" else case)] if own else inflected.word if inflected else tokens[0]
    out.append(like(tokens[0], word))
    for token in tokens[1:]:
        other = readings(token, ("NOUN", "ADJF")) if named else []
        got = other[0].inflect({"loct" if case == "loc2" else case}) if other else None
        out.append(like(token, got.word) if got else token)
    return " ".join(out + ([item.tail] if item.tail else []))


def article(words, kind="a"):
    if kind == "the":
        return f"the {words}"
    if not kind:
        return words
    first = words.split()[0].lower()
    soft = first[0] in "aeiou" and not first.startswith(("eu", "uni", "use", "one", "uk", "ufo"))
    return f"{'an' if soft or first.startswith(('hour', 'honest')) else 'a'} {words}"


@functools.lru_cache(maxsize=None)
def verb(phrase, many):
    """A phrase with a finite verb first, in the plural when asked."""
    if not many:
        return phrase
    first, _, rest = phrase.partition(" ")
    for reading in morph().parse(first):
        if reading.tag.POS == "VERB" and "sing" in reading.tag:
            got = reading.inflect({"plur"})
            if got:
                return f"{got.word} {rest}".strip()
    return phrase


def sketch_words():
    """(ru, en) of everything the sketch can draw, with its synonyms."""
    for row in json.loads(SUBJECTS.read_text(encoding="utf-8")):
        for ru in [row["ru"], *row["synonyms_ru"]]:
            yield ru, row["en"], row["ru"]


def marked(item):
    """The English of a noun as the lists write it."""
    if item.article == "the":
        return f"the {item.one}"
    return f"+{item.one}" if item.plural else f"{item.one}/{item.many}" if item.article else f"~{item.one}"


def as_many(item):
    """The same in the plural, when the Russian stands in it."""
    _, core, _, _ = split(item.head, item.kind in ANIMATE, False)
    if item.article == "a" and core is not None and "plur" in core.tag:
        return Noun(item.head, item.tail, item.many, item.many, item.kind, "", True)
    return item
