"""The training set: pairs of phrases.py with errors of typing, and strange words that must pass through unchanged.

    python data.py OUT PAIRS [SEED]      OUT: tab-separated Russian and English, one pair a line
"""

import functools
import random as randomness
import re
import sys
import zlib
from pathlib import Path

from phrases import Writer
from words import agree, latin, nouns

STARTS = "б бл бр в вр г гл гр д др ж з зв к кл кр л м н п пл пр р с ск сл см сн ст стр т тр ф х ц ч ш щ".split() + [""] * 4
MIDDLES = "б в г д ж з к л м н п р с т ф х ц ч ш нд нк рк рт ск ст мб лк лт вр кс".split()
ENDS = "к н р т с л м д г ш х б в з нг рт кс нт ль нь рь й".split()
SOUNDS = "а а а о о о е и и у у ы э ю я".split()
FOREIGN = ("cyberpunk steampunk vintage cute cozy dark fantasy neon happy funny huge tiny retro modern gothic pixel anime "
           "magic robot dragon logo poster sticker cat dog girl city castle forest car sports wallpaper bitcoin hoodie").split()
BRANDS = ("iPhone Tesla BMW Audi Nike Adidas Apple Google Windows Linux Python Android Lada Toyota Ford Ferrari Porsche Pepsi "
          "Lego Sony Nintendo PlayStation Xbox Netflix YouTube Telegram TikTok Barbie Disney Pixar Marvel Minecraft Fortnite "
          "Roblox IKEA Boeing Samsung Nokia Honda Kawasaki Yamaha Gibson Fender Zenit AIsaac").split()


class Strange:
    """Words that no list has: made-up ones (written in Latin letters), Latin ones and numbers (kept), and the guard's marks."""

    def __init__(self, random):
        self.random = random
        self.marks = False  # every strange word is a mark of the guard, numbered as they come
        self.count = 0

    def mark(self, letter):
        """N for what takes no article, Q for the rest."""
        if self.marks:
            self.count += 1
            return f"{letter}{self.count}"
        return f"{letter}{self.random.choice((1, 1, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9))}"

    def made_up(self):
        r = self.random
        word = r.choice(STARTS) + r.choice(SOUNDS)
        for _ in range(r.choices((0, 1, 2, 3), (25, 45, 22, 8))[0]):
            word += r.choice(MIDDLES) + r.choice(SOUNDS)
        return word + (r.choice(ENDS) if r.random() < 0.6 else "")

    def latin_word(self):
        r = self.random
        draw = r.random()
        if draw < 0.35:
            word = r.choice(BRANDS)
            return f"{word} {r.randint(1, 20)}" if r.random() < 0.2 else word
        if draw < 0.6:
            return r.choice(FOREIGN)
        word = latin(self.made_up())
        return r.choice((word, word.capitalize(), word.capitalize(), word.upper()[:4]))

    def noun(self):
        """(Russian, English, takes an article)."""
        r = self.random
        draw = r.random()
        if self.marks:
            draw = 0.5 if draw < 0.65 else 0.65
        if draw < 0.3:
            word = self.made_up()
            return word, latin(word), True
        if draw < 0.45:
            word = self.made_up().capitalize()
            return word, latin(word), False
        if draw < 0.6:
            word = self.mark("Q")
            return word, word, True
        if draw < 0.72:
            word = self.mark("N")
            return word, word, False
        word = self.latin_word()
        return word, word, word[0].islower()

    def adjective(self, kind, case, alive):
        r = self.random
        draw = r.random()
        if self.marks:
            draw = 0.5
        if draw < 0.4:
            word = agree(self.made_up().rstrip("аеёиоуыэюяьй") + r.choice(("ный", "ский", "овый", "ный")), kind, case, alive)
            return word, latin(word)
        word = self.mark("Q") if draw < 0.75 else r.choice(FOREIGN)
        return word, word

    def called(self):
        r = self.random
        draw = 0.8 if self.marks else r.random()
        if draw < 0.45:
            item = r.choice(nouns()["name"])
            return item.head + (f" {item.tail}" if item.tail else ""), item.one
        if draw < 0.75:
            word = self.made_up().capitalize()
            return word, latin(word)
        word = self.mark("N") if draw < 0.9 else self.latin_word()
        return word, word


NEAR = {"а": "о", "о": "а", "и": "е", "е": "и", "я": "е", "д": "т", "т": "д", "б": "п", "в": "ф", "з": "с", "ж": "ш", "г": "к"}


def misspell(text, random):
    """One slip in one longer word: a letter lost, doubled, swapped, or by ear."""
    parts = text.split(" ")
    long = [i for i, word in enumerate(parts) if len(word) > 4 and word.isalpha() and word[0].islower() and word[0] > "z"]
    if not long:
        return text
    place = random.choice(long)
    word = parts[place]
    at = random.randrange(1, len(word) - 1)
    how = random.random()
    if how < 0.25:
        word = word[:at] + word[at + 1:]
    elif how < 0.4:
        word = word[:at] + word[at] + word[at:]
    elif how < 0.6:
        word = word[:at] + word[at + 1] + word[at] + word[at + 2:]
    else:
        word = word[:at] + NEAR.get(word[at], word[at]) + word[at + 1:]
    parts[place] = word
    return " ".join(parts)


def soiled(ru, random):
    """As people write it; the English stays."""
    if random.random() < 0.35:
        ru = ru.replace("ё", "е").replace("Ё", "Е")
    draw = random.random()
    if draw < 0.2:
        ru = ru[:1].upper() + ru[1:]
    elif draw < 0.27 and not any(mark in ru for mark in ("Q", "N")):
        ru = "".join(c.lower() if c > "z" else c for c in ru)
    if random.random() < 0.04:
        ru = misspell(ru, random)
    if random.random() < 0.02:
        ru += random.choice((".", "!", " "))
    return ru.strip()


def quoted(ru, en, strange, random):
    """A text in quotes behind it, kept as it stands."""
    text = random.choice((strange.latin_word, lambda: f"N{random.randint(1, 9)}"))()
    opening, closing = random.choice((('"', '"'), ("«", "»"), ("", "")))
    ru = f"{ru} {random.choice(('с надписью', 'с текстом', 'с подписью'))} {opening}{text}{closing}"
    return ru, f'{en} with the text {opening and chr(34)}{text}{closing and chr(34)}'


def held_out(ru):
    """One pair of 50 is for measuring, by what it says, not by where it stands."""
    return zlib.crc32(ru.lower().replace("ё", "е").encode()) % 50 == 0


@functools.lru_cache
def tested():
    """The Russian of phrases/, as the training pairs must not have it."""
    files = (Path(__file__).parent / "phrases").glob("*.tsv")
    lines = [line for path in files for line in path.read_text(encoding="utf-8").splitlines()]
    return {bare(part) for line in lines if not line.startswith("#") for part in line.split("\t")[:2]}


def bare(ru):
    return ru.lower().replace("ё", "е").strip(" .!")


def unknown_verb(ru, en, strange):
    """A mark where a verb or what follows it would stand."""
    word = strange.mark("Q")
    return f"{ru} {word}", f"{en} {word}"


def marked(writer, strange, random):
    """A pair with one to three marks in it, as the guard writes them."""
    strange.marks = True
    while True:
        strange.count = 0
        ru, en = writer.entry() if random.random() < 0.2 else writer.subject()
        if random.random() < 0.08:
            ru, en = unknown_verb(ru, en, strange)
        elif random.random() < 0.06:
            word = strange.mark(random.choice("NNQ"))
            ru, en = f"{ru} в стиле {word}", f"{en} in {word} style" if word[0] == "Q" else f"{en} in the style of {word}"
        if 1 <= strange.count <= 3 and all(mark in en for mark in re.findall(r"[QN]\d", ru)):
            strange.marks = False
            return ru, en


def one(writer, strange, random):
    draw = random.random()
    ways = ((0.13, writer.entry), (0.07, lambda: next(writer.next_plural)), (0.09, lambda: marked(writer, strange, random)),
            (0.08, writer.scene), (0.04, writer.listed), (0.03, writer.first), (1, writer.subject))
    for share, make in ways:
        if draw < share:
            return make()
        draw -= share


def pairs(count, seed, held=False):
    random = randomness.Random(seed)
    strange = Strange(random)
    writer = Writer(random, strange)
    done = 0
    while done < count:
        ru, en = one(writer, strange, random)
        if random.random() < 0.015:
            ru, en = quoted(ru, en, strange, random)
        if random.random() < 0.01:
            number = str(random.randint(2, 2030))
            ru, en = f"{ru} {number}", f"{en} {number}"
        if len(ru) > 140 or held_out(ru) != held or bare(ru) in tested():
            continue
        yield (ru if held and random.random() < 0.6 else soiled(ru, random)), en
        done += 1


def main(out, count, seed="1"):
    with open(out, "w", encoding="utf-8") as file:
        for ru, en in pairs(int(count), int(seed), held="held" in out):
            file.write(f"{ru}\t{en}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
