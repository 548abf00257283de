"""Exact match and chrF (character 1- to 6-grams, beta 2), as sacrebleu computes it for one sentence's references."""

import re
from collections import Counter


def plain(text):
    """What exactness is measured on: case, outer space and the end's punctuation are not counted."""
    return re.sub(r"\s+", " ", text.lower()).strip(" .!")


def bare(text):
    """The same without articles."""
    return re.sub(r"\b(a|an|the) ", "", plain(text))


def grams(text, n):
    text = text.replace(" ", "")
    return Counter(text[i: i + n] for i in range(len(text) - n + 1))


def chrf(guess, references):
    return max(one(plain(guess), plain(reference)) for reference in references)


def one(guess, reference, beta=2):
    precision, recall, orders = 0.0, 0.0, 0
    for n in range(1, 7):
        a, b = grams(guess, n), grams(reference, n)
        if not a and not b:
            continue
        orders += 1
        same = sum((a & b).values())
        precision += same / max(sum(a.values()), 1)
        recall += same / max(sum(b.values()), 1)
    if not precision or not recall:
        return 0.0
    precision, recall = precision / orders, recall / orders
    return 100 * (1 + beta**2) * precision * recall / (beta**2 * precision + recall)
