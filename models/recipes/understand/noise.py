"""What people and machines do to a phrase: typing errors, speech without punctuation, wrong layout, translit.

Everything works on segments [(text, is_subject)], so that the subject stays known.
"""

import re

LAYOUT_EN = "`qwertyuiop[]asdfghjkl;'zxcvbnm,."
LAYOUT_RU = "ёйцукенгшщзхъфывапролджэячсмитьбю"
ROWS = ["qwertyuiop", "asdfghjkl", "zxcvbnm", "йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю"]
SOUND = {"о": "а", "а": "о", "е": "и", "и": "е", "т": "д", "д": "т", "с": "з", "ж": "ш", "г": "к"}
TRANSLIT = dict(zip("абвгдезийклмнопрстуфхцыэ", "a b v g d e z i y k l m n o p r s t u f h c y e".split()))
TRANSLIT.update({"ё": "e", "ж": "zh", "ч": "ch", "ш": "sh", "щ": "sch", "ъ": "", "ь": "", "ю": "yu", "я": "ya"})
# what people write by ear, [(sound, letters)]
BY_EAR = {
    "ru": [("ться", "ца"), ("тся", "ца"), ("ого", "ово"), ("что", "што"), ("чё", "чо"), ("сч", "щ"), ("жи", "жы"), ("ши", "шы"), ("сс", "с"), ("нн", "н"), ("стн", "сн"), ("ь", ""), ("ъ", ""), ("о", "а"), ("о", "а"), ("а", "о"), ("е", "и"), ("и", "е"), ("я", "и"), ("э", "е"), ("ё", "о"), ("й", ""), ("г", "к"), ("д", "т"), ("з", "с"), ("в", "ф"), ("б", "п"), ("ж", "ш")],
    "en": [("tion", "shun"), ("ght", "t"), ("wh", "w"), ("ck", "k"), ("ph", "f"), ("ing", "in"), ("you", "u"), ("are", "r"), ("ea", "ee"), ("ee", "ea"), ("ou", "u"), ("oo", "u"), ("ll", "l"), ("tt", "t"), ("ss", "s"), ("er", "a"), ("ie", "ei"), ("e", "a"), ("a", "e"), ("i", "e"), ("y", "i"), ("u", "oo"), ("c", "k"), ("s", "z"), ("e", ""), ("h", ""), ("o", "a")],
}
TWINS = dict(zip("аеорсух", "aeopcyx"))
FILLERS = {
    "ru": ["ну", "короче", "э", "эээ", "ммм", "как бы", "типа", "значит", "вот", "слушай", "это самое", "так", "блин", "в общем", "ну это", "там", "а", "ну вот", "скажем", "того"],
    "en": ["um", "uh", "like", "well", "so", "you know", "okay so", "er", "hmm", "i mean", "basically", "uhm", "right", "so yeah", "actually", "just", "kinda"],
}


def is_russian(text):
    return bool(re.search("[а-яё]", text.lower()))


def near(letter, random):
    for row in ROWS:
        at = row.find(letter)
        if at >= 0:
            return random.choice(row[max(0, at - 1) : at] + row[at + 1 : at + 2])
    return letter


def mistype(text, random):
    """One typing error at a random letter."""
    spots = [i for i, letter in enumerate(text) if letter.isalpha()]
    if not spots:
        return text
    at = random.choice(spots)
    letter, kind = text[at], random.random()
    if kind < 0.25 and at + 1 < len(text) and text[at + 1].isalpha():
        return text[:at] + text[at + 1] + letter + text[at + 2 :]
    if kind < 0.5:
        return text[:at] + text[at + 1 :] if len(text) > 2 else text
    if kind < 0.65:
        return text[:at] + letter + text[at:]
    if kind < 0.75:
        return text[:at] + SOUND.get(letter.lower(), letter) + text[at + 1 :]
    if kind < 0.8 and " " in text.strip():
        space = random.choice([i for i, c in enumerate(text.rstrip()) if c == " " and i > 0] or [at])
        return text[:space] + text[space + 1 :] if text[space] == " " else text
    if kind < 0.87:
        return text[:at] + near(letter.lower(), random) + text[at:]
    return text[:at] + near(letter.lower(), random) + text[at + 1 :]


def typos(segments, random):
    """One to three errors, more in longer phrases, spread over the segments by length."""
    out = [list(segment) for segment in segments]
    length = sum(len(text) for text, _ in segments)
    count = 1 + (random.random() < length / 60) + (random.random() < length / 100)
    for _ in range(count):
        chosen = random.choices(out, weights=[len(text) for text, _ in out])[0]
        chosen[0] = mistype(chosen[0], random)
    return [tuple(segment) for segment in out if segment[0]]


def by_ear(word, random):
    """One or two places of a word as they sound."""
    table = BY_EAR["ru" if is_russian(word) else "en"]
    for _ in range(1 + (len(word) > 6 and random.random() < 0.5)):
        fitting = [(sound, letters) for sound, letters in table if sound in word.lower()]
        if not fitting:
            break
        sound, letters = random.choice(fitting)
        at = random.choice([i for i in range(len(word)) if word.lower().startswith(sound, i)])
        word = word[:at] + letters + word[at + len(sound) :]
    return word


def misspelt_word(word, random):
    draw = random.random()
    if len(word) < 3 or draw < 0.03:
        return "".join(TWINS.get(letter, letter) if random.random() < 0.5 else letter for letter in word)
    return by_ear(word, random) if draw < 0.6 else mistype(word, random)


def misspelt(segments, random):
    """Every second word around the subject, and some of its own, misspelt."""
    out = []
    for text, subject in segments:
        words = [misspelt_word(w, random) if random.random() < (0.2 if subject else 0.5) else w for w in text.split(" ")]
        out.append((" ".join(words), subject))
    return out


def unpunctuated(text):
    text = re.sub(r"[«»\"“”!?:;…,]|\.(?=\s|$)| -(?= )", " ", text.lower())
    return re.sub(r" +", " ", text)


def speech(segments, random):
    """As a recogniser writes it down: no capitals, no punctuation, fillers between words and in front."""
    whole = "".join(text for text, _ in segments)
    fillers = FILLERS["ru" if is_russian(whole) else "en"]
    out = [(unpunctuated(text), subject) for text, subject in segments]
    if random.random() < 0.75:
        opening = " ".join(random.choice(fillers) for _ in range(random.choice([1, 1, 2])))
        out.insert(0, (f"{opening} ", False))
    result = []
    for text, subject in out:
        pieces = text.split(" ")
        if len(pieces) > 2 and random.random() < (0.12 if subject else 0.35):
            at = random.randrange(1, len(pieces) - 1) if subject else random.randrange(1, len(pieces))
            if not subject or pieces[at - 1]:
                pieces.insert(at, random.choice(fillers))
        result.append((" ".join(pieces), subject))
    if random.random() < 0.15:
        tail = random.choice(["ну вот", "вот", "да", "ага", "короче"] if is_russian(whole) else ["yeah", "okay", "you know", "right"])
        result.append((f" {tail}", False))
    return result


def wrong_layout(segments):
    """Typed with the other keyboard layout on."""
    whole = "".join(text for text, _ in segments)
    source, target = (LAYOUT_RU, LAYOUT_EN) if is_russian(whole) else (LAYOUT_EN, LAYOUT_RU)
    table = str.maketrans(source, target)
    return [(text.lower().translate(table), subject) for text, subject in segments]


def translit(segments):
    return [("".join(TRANSLIT.get(c, c) for c in text.lower()), subject) for text, subject in segments]


def casing(segments, random):
    """Capitals and a closing mark as people put them, or not."""
    draw = random.random()
    if draw < 0.3:
        text, subject = segments[0]
        segments = [(text[:1].upper() + text[1:], subject), *segments[1:]]
    elif draw < 0.33:
        segments = [(text.upper(), subject) for text, subject in segments]
    if random.random() < 0.15 and segments[-1][0][-1:].isalnum():
        segments = [*segments, (random.choice([".", "!", "!!", "...", ")", "?"]), False)]
    return segments


def disturb(segments, random, tame=False):
    """One variation of a phrase: mostly clean, often with an error, often spoken."""
    draw = random.random()
    if draw < 0.24:
        segments = typos(segments, random)
    elif draw < 0.42:
        segments = speech(segments, random)
        if random.random() < 0.1:
            segments = typos(segments, random)
    elif draw < 0.44 and not tame:
        return wrong_layout(segments)
    elif draw < 0.46 and not tame and is_russian("".join(text for text, _ in segments)):
        return translit(segments)
    if not 0.24 <= draw < 0.42:
        segments = casing(segments, random)
    return segments
