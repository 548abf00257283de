"""Pairs of a Russian subject of a drawing and its English, at random from the lexicon.

English, one way: "a" before what counts, nothing before plurals, names and what does not, "the" before what there is one
of; finite verbs, participles and "который" all become -ing behind the noun.
"""

import functools

import words
from words import agree, animate, article, entries, form, gender, latin, nouns, verb

THINGS = ["animal"] * 8 + ["person"] * 6 + ["creature"] * 4 + ["thing"] * 8 + ["food"] * 5 + ["plant"] * 3 + ["vehicle"] * 4 + [
    "building"] * 4 + ["nature"] * 5 + ["clothes"] * 2 + ["abstract"] + ["body"]
ACTORS = ["animal"] * 5 + ["person"] * 4 + ["creature"] * 3 + ["name"] * 4
PREPOSITIONS = [  # Russian, case, English, kinds, weight
    ("в", "loc2", "in", "clothes", 9), ("в", "loc2", "in", "building nature thing vehicle", 8), ("на", "loc2", "on", "thing building nature vehicle plant food animal", 9),
    ("под", "ablt", "under", "thing plant nature building vehicle", 5), ("над", "ablt", "above", "nature building thing", 5),
    ("рядом с", "ablt", "next to", "any", 6), ("возле", "gent", "near", "thing building nature plant vehicle", 3),
    ("около", "gent", "near", "thing building nature plant vehicle", 3), ("у", "gent", "by", "thing building nature plant", 4),
    ("с", "ablt", "with", "thing body clothes plant food animal person creature", 16), ("без", "gent", "without", "thing body clothes", 4),
    ("за", "ablt", "behind", "thing building nature plant vehicle", 3), ("перед", "ablt", "in front of", "thing building creature person nature", 3),
    ("вокруг", "gent", "around", "thing building nature plant", 2), ("напротив", "gent", "opposite", "building thing", 1),
    ("посреди", "gent", "in the middle of", "nature building", 2), ("внутри", "gent", "inside", "thing building vehicle", 1),
    ("на фоне", "gent", "against", "nature building", 4), ("в виде", "gent", "in the shape of", "any", 2), ("в форме", "gent", "in the shape of", "any", 2),
    ("верхом на", "loc2", "riding", "animal creature vehicle", 3), ("размером с", "accs", "the size of", "any", 2), ("вместо", "gent", "instead of", "any", 1),
    ("через", "accs", "across", "nature", 1), ("для", "gent", "for", "any", 3), ("про", "accs", "about", "any", 2), ("о", "loct", "about", "any", 1),
    ("из", "gent", "from", "building nature", 1), ("к", "datv", "to", "building nature", 1), ("от", "gent", "from", "any", 1), ("против", "gent", "against", "animal creature person", 2),
    ("между", "ablt", "between", "thing building nature plant", 2), ("среди", "gent", "among", "plant thing building nature animal person", 3)]
WEIGHTS = [p[4] for p in PREPOSITIONS]
OF = [  # noun, what follows, English; {c} is the case of the second noun
    ("портрет", "", "gent", "portrait of", "animal person creature name", 8), ("фото", "", "gent", "photo of", "any", 3),
    ("фотография", "", "gent", "photo of", "any", 3), ("рисунок", "", "gent", "drawing of", "any", 2), ("картина", "с", "ablt", "painting with", "any", 2),
    ("картинка", "с", "ablt", "picture with", "any", 3), ("изображение", "", "gent", "image of", "any", 2), ("эскиз", "", "gent", "sketch of", "any", 3),
    ("набросок", "", "gent", "sketch of", "any", 2), ("скетч", "", "gent", "sketch of", "any", 1), ("логотип", "с", "ablt", "logo with", "any", 3), ("логотип", "для", "gent", "logo for", "building", 2),
    ("эмблема", "с", "ablt", "emblem with", "any", 2), ("герб", "с", "ablt", "coat of arms with", "any", 2), ("иконка", "с", "ablt", "icon with", "any", 2),
    ("аватарка", "с", "ablt", "avatar with", "any", 3), ("стикер", "с", "ablt", "sticker with", "any", 3), ("открытка", "с", "ablt", "postcard with", "any", 3),
    ("постер", "с", "ablt", "poster with", "any", 2), ("плакат", "с", "ablt", "poster with", "any", 2), ("обложка", "с", "ablt", "cover with", "any", 1),
    ("обложка", "для", "gent", "cover for", "any", 1), ("комикс", "про", "accs", "comic about", "any", 2), ("книга", "про", "accs", "book about", "any", 1),
    ("фильм", "про", "accs", "movie about", "any", 1), ("мем", "с", "ablt", "meme with", "any", 2), ("раскраска", "с", "ablt", "coloring page with", "any", 1),
    ("татуировка", "с", "ablt", "tattoo with", "any", 2), ("эскиз татуировки", "с", "ablt", "tattoo sketch with", "any", 2), ("витраж", "с", "ablt", "stained glass window with", "any", 1),
    ("натюрморт", "с", "ablt", "still life with", "food thing plant", 3), ("пейзаж", "с", "ablt", "landscape with", "nature building", 3), ("карикатура", "на", "accs", "caricature of", "person animal name", 1),
    ("иллюстрация", "к", "datv", "illustration for", "abstract", 1), ("иллюстрация", "с", "ablt", "illustration with", "any", 1), ("обои", "с", "ablt", "wallpaper with", "any", 2),
    ("статуя", "", "gent", "statue of", "animal person creature name", 3), ("скульптура", "", "gent", "sculpture of", "animal person creature", 2), ("памятник", "", "datv", "monument to", "animal person creature name", 2),
    ("модель", "", "gent", "model of", "vehicle building", 1), ("голова", "", "gent", "head of", "animal person creature", 2), ("силуэт", "", "gent", "silhouette of", "any", 2), ("тень", "", "gent", "shadow of", "any", 1),
    ("друг", "", "gent", "friend of", "person animal name", 1), ("дом", "", "gent", "house of", "person creature animal name", 2), ("замок", "", "gent", "castle of", "person creature name", 1),
    ("морда", "", "gent", "muzzle of", "animal", 1), ("лицо", "", "gent", "face of", "person creature animal", 1), ("глаз", "", "gent", "eye of", "animal creature", 1), ("хвост", "", "gent", "tail of", "animal", 1),
    ("корона", "", "gent", "crown of", "person", 1), ("карта", "", "gent", "map of", "nature name", 1), ("вид", "на", "accs", "view of", "nature building name", 2), ("крыша", "", "gent", "roof of", "building", 1),
    ("берег", "", "gent", "shore of", "nature", 1), ("витрина", "", "gent", "window of", "building", 1), ("гнездо", "", "gent", "nest of", "animal", 1), ("концепт-арт", "", "gent", "concept art of", "any", 1),
    ("чертёж", "", "gent", "blueprint of", "vehicle building thing", 1), ("чашка", "с", "ablt", "cup with", "any", 1), ("футболка", "с", "ablt", "t-shirt with", "any", 1),
    ("открытка", "для", "gent", "postcard for", "person", 2),
    ("открытка", "на", "accs", "postcard for", "abstract", 1),
    ("поздравление", "с", "ablt", "congratulation on", "abstract", 1),
    ("открытка на день рождения", "с", "ablt", "birthday card with", "any", 2),
    ("открытка на 8 марта", "с", "ablt", "March 8 card with", "plant thing", 1),
    ("обои на телефон", "с", "ablt", "phone wallpaper with", "any", 3),
    ("заставка на телефон", "с", "ablt", "phone wallpaper with", "any", 1),
    ("обои на рабочий стол", "с", "ablt", "desktop wallpaper with", "any", 1),
    ("логотип", "для", "gent", "logo for", "building", 3), ("вывеска", "для", "gent", "signboard for", "building", 1),
    ("реклама", "", "gent", "advertisement for", "food thing building", 1),
    ("афиша", "для", "gent", "playbill for", "abstract", 1),
    ("раскраска", "с", "ablt", "coloring page with", "any", 3),
    ("раскраска", "для", "gent", "coloring page for", "person", 1),
    ("наклейка", "с", "ablt", "sticker with", "any", 2), ("стикер", "", "gent", "sticker of", "animal creature", 1),
    ("принт", "с", "ablt", "print with", "any", 2),
    ("принт на футболку", "с", "ablt", "t-shirt print with", "any", 1),
    ("узор", "с", "ablt", "pattern with", "any", 1), ("картина", "", "gent", "painting of", "any", 1),
    ("картинка", "", "gent", "picture of", "any", 1), ("фотография", "с", "ablt", "photo with", "any", 1),
    ("иллюстрация", "для", "gent", "illustration for", "any", 1),
    ("мультик", "про", "accs", "cartoon about", "any", 1), ("сказка", "про", "accs", "fairy tale about", "any", 1),
    ("игрушка", "в виде", "gent", "toy in the shape of", "any", 1),
    ("торт", "в виде", "gent", "cake in the shape of", "any", 1),
    ("торт", "с", "ablt", "cake with", "food thing plant", 2), ("комната", "для", "gent", "room for", "person", 1),
    ("домик", "для", "gent", "little house for", "animal creature", 1),
    ("платье", "для", "gent", "dress for", "person creature", 1),
    ("подарок", "для", "gent", "gift for", "person name", 1),
    ("костюм", "", "gent", "costume of", "animal creature person", 2),
    ("дизайн", "", "gent", "design of", "building clothes thing", 1),
    ("интерьер", "", "gent", "interior of", "building", 1), ("девиз", "для", "gent", "motto for", "abstract", 1),
    ("аватар", "с", "ablt", "avatar with", "any", 1), ("аватарка", "для", "gent", "avatar for", "person", 1),
    ("тату", "с", "ablt", "tattoo with", "any", 1), ("приглашение", "на", "accs", "invitation to", "abstract", 1),
    ("праздник", "в", "loct", "celebration in", "building", 1),
    ("семья", "в", "loct", "family in", "building nature", 1)]
OF_WEIGHTS = [p[5] for p in OF]
MANY_OF = [  # noun, English, kinds of the plural or mass behind it
    ("стая", "flock of", "animal"), ("стая", "flock of", "animal"), ("стадо", "herd of", "animal"), ("группа", "group of", "person animal creature"), ("толпа", "crowd of", "person creature"),
    ("куча", "pile of", "thing food"), ("гора", "mountain of", "thing food"), ("букет", "bouquet of", "plant"), ("корзина", "basket of", "food plant"), ("тарелка", "plate of", "food"),
    ("стакан", "glass of", "drink"), ("чашка", "cup of", "drink"), ("кружка", "mug of", "drink"), ("бутылка", "bottle of", "drink"), ("ведро", "bucket of", "food"), ("коробка", "box of", "thing food"),
    ("семья", "family of", "animal person creature"), ("армия", "army of", "creature person animal"), ("пара", "pair of", "animal clothes thing"), ("море", "sea of", "plant"), ("поле", "field of", "plant"),
    ("узор из", "pattern of", "plant animal thing"), ("набор", "set of", "thing"), ("банка", "jar of", "food"), ("мешок", "sack of", "thing food"), ("ряд", "row of", "thing plant building"), ("стопка", "stack of", "thing"), ("венок из", "wreath of", "plant"), ("гирлянда из", "garland of", "plant thing")]
NUMBERS = {  # nomn, gent, datv, ablt, loct
    "two": ("два", "двух", "двум", "двумя", "двух"), "three": ("три", "трёх", "трём", "тремя", "трёх"), "four": ("четыре", "четырёх", "четырём", "четырьмя", "четырёх"),
    "five": ("пять", "пяти", "пяти", "пятью", "пяти"), "six": ("шесть", "шести", "шести", "шестью", "шести"), "seven": ("семь", "семи", "семи", "семью", "семи"),
    "eight": ("восемь", "восьми", "восьми", "восемью", "восьми"), "nine": ("девять", "девяти", "девяти", "девятью", "девяти"), "ten": ("десять", "десяти", "десяти", "десятью", "десяти"),
    "twelve": ("двенадцать", "двенадцати", "двенадцати", "двенадцатью", "двенадцати"), "many": ("много", "многих", "многим", "многими", "многих"), "several": ("несколько", "нескольких", "нескольким", "несколькими", "нескольких")}
FORMS = ("nomn", "gent", "datv", "ablt", "loct")
OWNERS = [("мой", "my"), ("твой", "your"), ("наш", "our"), ("этот", "this"), ("его", "his"), ("её", "her"), ("их", "their"), ("ваш", "your"), ("свой", "own"), ("самый", "the most"), ("такой", "such")]
STRENGTH = [("очень", "very"), ("слишком", "too"), ("немного", "slightly"), ("невероятно", "incredibly")]
HOW = [("быстро", "fast"), ("медленно", "slowly"), ("сладко", "sweetly"), ("весело", "cheerfully"), ("громко", "loudly"), ("тихо", "quietly"),
       ("грустно", "sadly"), ("спокойно", "calmly"), ("высоко", "high"), ("красиво", "beautifully"), ("вместе", "together"), ("дружно", "together"),
       ("мирно", "peacefully"), ("гордо", "proudly"), ("задумчиво", "thoughtfully"), ("одиноко", "alone"), ("нежно", "tenderly"), ("крепко", "tightly")]
TIMES = ("утр", "вечер", "ноч", "днём", "зим", "весн", "лет", "осен", "закате", "рассвете", "полночь", "полдень", "сумерк", "дожд", "гроз", "день", "мороз")
LIVING = ("animal", "person", "creature")
WHICH = {"masc": "который", "femn": "которая", "neut": "которое", "plur": "которые"}


@functools.lru_cache
def fixed(name):
    return [(ru, en) for _, ru, en in entries(name)]


@functools.lru_cache
def verbs():
    out = []
    for line in (words.HERE / "words/verbs.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            forms, en, rest = line.split("=")
            out.append((*forms.split("|"), en, rest))
    for ru, en in fixed("actions.txt"):
        out.append((*ru.split("|"), en, ""))
    return out


def soften(preposition, follows):
    """с and в as they stand before what is hard to say."""
    first, second = follows[0].lower(), follows[1:2].lower()
    hard = second not in words.VOWELS and second.isalpha()
    if preposition == "с" and (first == "щ" or first in "сзшж" and hard):
        return "со"
    if preposition == "в" and (first in "вф" and hard or follows.lower().startswith(("дворе", "дворц", "льд", "рту", "сне "))):
        return "во"
    return "об" if preposition == "о" and first in "аиоуэ" else preposition


class Writer:
    """Pairs by one random source; `strange` makes words that no list has."""

    def __init__(self, random, strange, keep=lambda ru, en: True):
        self.random, self.strange, self.keep = random, strange, keep
        self.later = {n for items in words.later().values() for n in items}
        self.next_plural = self.plurals()

    def chance(self, share):
        return self.random.random() < share

    def noun(self, kinds):
        kind = self.random.choice(kinds if isinstance(kinds, list) else kinds.split())
        if kind == "any":
            kind = self.random.choice(THINGS)
        if self.chance(0.4) and kind in words.later():
            return self.random.choice(words.later()[kind])
        return self.random.choice(nouns()[kind])

    def adjective(self):
        kind = self.random.choice(["colour", "colour", "colour", "size", "size", "age", "mood", "mood", "mood", "mood", "kind", "kind", "kind"])
        return self.random.choice(words.adjectives()[kind])

    def noun_phrase(self, kinds, case, dress=True):
        """(Russian in the case, English with its article, gender or plur, alive)."""
        draw = self.random.random()
        if draw < (0.35 if self.strange.marks else 0.05):
            return self.strange_phrase(case)
        item = self.noun(kinds)
        if item.kind in LIVING and dress and not item.tail:
            if self.chance(0.05):
                return self.compound(item, case)
            if self.chance(0.03):
                return self.doing(item, case)
        if item.kind != "name" and not item.plural and item.article == "a":
            if draw < 0.14:
                return self.counted(item, case)
            if draw < 0.21:
                return self.dressed(item, case, True)
        return self.dressed(item, case, False, dress)

    def compound(self, item, case):
        """кот-космонавт: a cat astronaut, both words in the case."""
        other = self.noun(self.random.choice(["person"] * 6 + ["creature"] * 3 + ["animal"]))
        many = item.article == "a" and not item.plural and self.chance(0.15)
        if item == other or any(n.tail or " " in n.head or "-" in n.head or n.article != "a" or n.plural for n in (item, other)):
            return self.dressed(item, case, False)
        ru, en = f"{form(item, case, many)}-{form(other, case, many)}", f"{item.one} {other.many if many else other.one}"
        kind = "plur" if many else gender(item)
        if self.chance(0.35):
            a, b = self.adjective()
            ru, en = f"{agree(a, kind, case, True)} {ru}", f"{b} {en}"
        return ru, en if many else article(en), kind, True

    def doing(self, item, case):
        """A participle with its own words before the noun: бегущий по полю заяц."""
        many = item.article == "a" and not item.plural and self.chance(0.2)
        _, participle, does = self.action()
        first, _, rest = participle.partition(" ")
        ru, en, kind, alive = self.dressed(item, case, many)
        return f"{agree(first, kind, case, alive)} {rest} {ru}".replace("  ", " "), f"{en} {does}", kind, alive

    def dressed(self, item, case, many, dress=True):
        kind = "plur" if many else gender(item)
        alive = animate(item)
        ru, en = [], []
        if item.kind != "name" or self.chance(0.15):
            for _ in range(self.random.choices((0, 1, 2), (50, 42, 8))[0] if dress else 0):
                a, b = self.adjective()
                if b.split()[-1] not in item.one.split():
                    if self.chance(0.04):
                        x, y = self.random.choice(STRENGTH)
                        a, b = f"{x} {a}", f"{y} {b}"
                    first, _, last = a.rpartition(" ")
                    ru.append(f"{first} {agree(last, kind, case, alive)}".strip())
                    en.append(b)
            if dress and self.chance(0.12 if self.strange.marks else 0.02):
                a, b = self.strange.adjective(kind, case, alive)
                ru.append(a)
                en.append(b)
        ru.append(form(item, case, many))
        en.append(item.many if many else item.one)
        owner = None
        if dress and item.kind != "name" and self.chance(0.03):
            owner = self.random.choice(OWNERS)
            if owner[0] != "самый" or len(ru) > 1:
                fix = owner[0] if owner[0] in ("его", "её", "их") else agree(owner[0], kind, case, alive)
                ru.insert(0, fix)
            else:
                owner = None
        text = " ".join(en)
        if owner:
            text = f"such {text if many or item.plural or not item.article else article(text)}" if owner[1] == "such" else f"{self.these(owner[1], many or item.plural)} {text}"
        elif not many and not item.plural:
            text = article(text, item.article)
        return " ".join(ru), text, "plur" if many else kind, alive

    @staticmethod
    def these(owner, many):
        return "these" if owner == "this" and many else owner

    def counted(self, item, case):
        word = self.random.choices(list(NUMBERS), (30, 20, 8, 8, 4, 6, 3, 3, 5, 3, 8, 8))[0]
        alive, kind = animate(item), gender(item)
        few = word in ("two", "three", "four")
        at = "loct" if case == "loc2" else case
        if at == "accs":
            at = "gent" if alive and few else "nomn"
        number = NUMBERS[word][FORMS.index(at)]
        if word == "two" and at == "nomn" and kind == "femn":
            number = "две"
        if at == "nomn":
            ru = form(item, "gent", not few)
        else:
            ru = form(item, at, True)
        adjective = ""
        if self.chance(0.35):
            a, adjective = self.adjective()
            ru = f"{agree(a, 'plur', 'gent' if at == 'nomn' else at, alive)} {ru}"
        return f"{number} {ru}", " ".join(f"{word} {adjective} {item.many}".split()), "plur", alive

    def strange_phrase(self, case):
        ru, en, counts = self.strange.noun()
        if counts and self.chance(0.5):
            a, b = self.adjective()
            gender_of = self.random.choices(("masc", "femn", "neut"), (60, 32, 8))[0]
            ru, en = f"{agree(a, gender_of, case, self.chance(0.5))} {ru}", f"{b} {en}"
        elif counts and self.chance(0.1):
            number = self.random.choice(("two", "three", "five", "many", "several"))
            return f"{NUMBERS[number][0]} {ru}", f"{number} {en}", "plur", True
        return ru, article(en) if counts else en, "masc", True

    def preposition(self):
        ru, case, en, kinds, _ = self.random.choices(PREPOSITIONS, WEIGHTS)[0]
        if ru == "в" and kinds == "clothes" and self.chance(0.5):
            kinds = "clothes"
        if ru == "среди":
            item = self.noun(kinds)
            if item.article != "a":
                return self.place()
            a, b, _, _ = self.dressed(item, "gent", True)
            return f"среди {a}", f"among {b}"
        a, b, _, _ = self.noun_phrase(kinds, case)
        if ru == "между" or ru == "с" and self.chance(0.12):
            c, d, _, _ = self.noun_phrase(kinds, case)
            a, b = f"{a} и {c}", f"{b} and {d}"
        return f"{soften(ru, a)} {a}", f"{en} {b}"

    def place(self):
        return self.random.choice(fixed("places.txt"))

    def tail(self):
        return self.random.choice(fixed("tails.txt"))

    def action(self):
        """(finite, participle, English) with its complement; the first word of the first two is inflected later."""
        finite, participle, en, rest = self.random.choice(verbs())
        if not rest:
            if self.chance(0.08):
                a, b = self.random.choice(HOW)
                return f"{finite} {a}", f"{participle} {a}", f"{en} {b}"
            if self.chance(0.5):
                a, b = self.place() if self.chance(0.6) else self.preposition()
                return f"{finite} {a}", f"{participle} {a}", f"{en} {b}"
            return finite, participle, en
        case, kinds = rest.split(":")
        a, b, _, _ = self.noun_phrase(kinds.replace(",", " "), "loc2" if case == "loct" and finite.endswith((" на", " в")) else case)
        start, _, last = finite.rpartition(" ")
        finite = f"{start} {soften(last, a)}" if start else finite
        start, _, last = participle.rpartition(" ")
        participle = f"{start} {soften(last, a)}" if start else participle
        return f"{finite} {a}", f"{participle} {a}", f"{en} {b}"

    def core(self, case, kinds):
        draw = self.random.random()
        if draw < 0.10:
            head, joint, wanted, en, behind, _ = self.random.choices(OF, OF_WEIGHTS)[0]
            a, b, _, _ = self.noun_phrase(behind, wanted)
            item = words.noun("abstract", head, "x")
            adjective = self.adjective() if self.chance(0.2) else None
            ru = form(item, case)
            if adjective:
                ru, en = f"{agree(adjective[0], gender(item), case, False)} {ru}", f"{adjective[1]} {en}"
            ru = " ".join(f"{ru} {soften(joint, a) if joint else ''} {a}".split())
            plural = head.startswith("обои")
            return ru, f"{en if plural or 'art' in en.split() else article(en)} {b}", gender(item), False
        if draw < 0.14:
            head, en, behind = self.random.choice(MANY_OF)
            item = words.noun("thing", head.replace(" ", "|"), "x")
            other = self.noun(behind)
            a, b, _, _ = self.dressed(other, "gent", other.article == "a")
            return f"{form(item, case)} {a}", f"{article(en)} {b}", gender(item), False
        if draw < 0.17:
            a, b, _, alive = self.noun_phrase(kinds, case)
            name, en = self.strange.called()
            by = self.random.choice((" по имени", " по кличке", " по имени", ""))
            if not by and (b.split()[0] not in ("a", "an") or "Q" in b or "N" in b):
                by = " по имени"
            return f"{a}{by} {name}", f"{b} named {en}", "masc", alive
        first = self.noun_phrase(kinds, case)
        if self.chance(0.09):
            a, b, _, alive = self.noun_phrase(kinds, case)
            joint = self.random.choices((" и ", ", "), (9, 1))[0]
            joint_en = " and " if joint == " и " else ", "
            return f"{first[0]}{joint}{a}", f"{first[1]}{joint_en}{b}", "plur", alive
        return first

    def subject(self):
        """One (Russian, English)."""
        case = self.random.choices(("nomn", "accs", "gent", "ablt", "datv", "loct"), (47, 40, 5, 6, 1, 1))[0]
        kinds = ACTORS if self.chance(0.5) else THINGS
        ru, en, kind, alive = self.core(case, kinds)
        draw = self.random.random()
        if draw < 0.21 and self.chance(0.25):
            tails = [t for t in fixed("tails.txt") if t[0][:2] in ("с ", "в ")]
            a, b = self.preposition() if self.chance(0.7) else self.random.choice(tails)
            ru, en = f"{ru} {a}", f"{en} {b}"
        if draw < 0.21:
            finite, participle, does = self.action()
            if case == "nomn" and self.chance(0.55):
                many = kind == "plur"
                place = self.place() if self.chance(0.18) else None
                if place:
                    does_it = verb(finite, many)
                    ru = f"{place[0]} {does_it} {ru}" if self.chance(0.7) else f"{place[0]} {ru} {does_it}"
                    en = f"{en} {does} {place[1]}"
                    return ru, en
                ru = f"{ru} {verb(finite, many)}" if self.chance(0.93) else f"как {ru} {verb(finite, many)}"
                if self.chance(0.12):
                    finite, _, more = self.action()
                    ru, does = f"{ru} и {verb(finite, many)}", f"{does} and {more}"
            elif self.chance(0.4):
                comma = "," if self.chance(0.6) else ""
                ru = f"{ru}{comma} {WHICH[kind]} {verb(finite, kind == 'plur')}"
            else:
                first, _, rest = participle.partition(" ")
                first = agree(first, kind, case, alive)
                if rest and self.chance(0.4):
                    ru = f"{first} {rest} {ru}"
                else:
                    ru = f"{ru}{',' if self.chance(0.8) else ''} {first} {rest}".strip()
            en = f"{en} {does}"
        elif draw < 0.22:
            a, b, _, _ = self.noun_phrase("any", "accs")
            ru, en = f"{ru}, {agree('похожий', kind, case, alive)} на {a}", f"{en} looking like {b}"
        elif draw < 0.44:
            a, b = self.preposition()
            ru, en = f"{ru} {a}", f"{en} {b}"
        elif draw < 0.58:
            a, b = self.place()
            first = case == "nomn" and self.chance(0.15)
            ru, en = f"{a} {ru}" if first else f"{ru} {a}", f"{en} {b}"
        if self.chance(0.2):
            a, b = self.tail() if self.chance(0.7) else self.preposition()
            comma = "," if self.chance(0.25) else ""
            ru, en = f"{ru}{comma} {a}", f"{en}{comma} {b}"
            while self.chance(0.2):
                a, b = self.tail()
                ru, en = f"{ru}, {a}", f"{en}, {b}"
        return ru, en

    def entry(self):
        """A word of the lexicon by itself or with one adjective, in any case."""
        item = self.noun(self.random.choice([k for k in nouns() if k not in ("any", "drink")] + ["name"] * 3))
        case = self.random.choices(("nomn", "accs", "gent", "ablt", "datv", "loct"), (40, 30, 10, 10, 5, 5))[0]
        many = item.article == "a" and not item.plural and self.chance(0.15)
        ru, en, _, _ = self.dressed(item, case, many, self.chance(0.5))
        if self.chance(0.25):
            a, b = self.place()
            return f"{ru} {a}", f"{en} {b}"
        return ru, en

    def scene(self):
        """Where, when and how, one after another, each said once."""
        case = self.random.choices(("nomn", "accs", "gent"), (55, 38, 7))[0]
        kinds = ["building"] * 3 + ["nature"] * 2 + ["animal", "person", "creature", "vehicle", "plant", "thing"]
        ru, en, _, _ = self.noun_phrase(kinds, case)
        parts = [self.place() if self.chance(0.7) else self.preposition()]
        if self.chance(0.15):
            parts.insert(0, self.preposition())
        times = [t for t in fixed("tails.txt") if any(w in t[0] for w in TIMES) and "," not in t[0]]
        if self.chance(0.8):
            parts.append(self.random.choice(times))
        if self.chance(0.25):
            self.random.shuffle(parts)
        for a, b in parts:
            ru, en = f"{ru} {a}", f"{en} {b}"
        while self.chance(0.25):
            a, b = self.tail()
            comma = "," if self.chance(0.7) else ""
            ru, en = f"{ru}{comma} {a}", f"{en}{comma} {b}"
        return ru, en

    def listed(self):
        """Two to five things with commas, as in a heap of wishes."""
        parts = []
        for _ in range(self.random.choices((2, 3, 4, 5), (30, 40, 20, 10))[0]):
            if self.chance(0.3):
                parts.append(self.tail())
            else:
                ru, en, _, _ = self.noun_phrase(THINGS, "nomn")
                parts.append((ru, en))
                if self.chance(0.2):
                    a, b = self.place()
                    parts[-1] = f"{ru} {a}", f"{en} {b}"
        return ", ".join(p[0] for p in parts), ", ".join(p[1] for p in parts)

    def first(self):
        """What begins with a preposition, alone or before what it belongs to."""
        a, b = self.preposition() if self.chance(0.6) else self.place()
        if self.chance(0.5):
            return a, b
        ru, en, _, _ = self.noun_phrase(THINGS, "nomn" if self.chance(0.6) else "accs")
        return f"{a} {ru}", f"{en} {b}"

    def plurals(self):
        """Every noun that counts in plurals, and every noun of family.txt in the singular, without an end."""
        while True:
            items = [n for kind, group in nouns().items() if kind not in ("any", "drink", "name") for n in group]
            self.random.shuffle(items)
            for item in items:
                case = self.random.choices(("nomn", "accs", "gent", "ablt", "datv", "loct"), (45, 25, 12, 12, 3, 3))[0]
                if item.article == "a" and not item.plural:
                    count = self.chance(0.3)
                    yield (self.counted(item, case) if count else self.dressed(item, case, True, self.chance(0.4)))[:2]
                if item in self.later:
                    case = self.random.choices(("nomn", "accs", "gent", "ablt", "datv", "loct"), (40, 30, 10, 10, 5, 5))[0]
                    yield self.dressed(item, case, False, self.chance(0.4))[:2]
