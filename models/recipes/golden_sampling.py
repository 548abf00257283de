"""Golden file for src/inference/generation/sampling.rs: what transformers' logits processors leave.

Run: python models/recipes/golden_sampling.py > tests/fixtures/golden/sampling.json   (transformers 4.57.6, torch)
"""
import json
import math

import torch
from transformers.generation.logits_process import (
    LogitsProcessorList, MinPLogitsWarper, RepetitionPenaltyLogitsProcessor, TemperatureLogitsWarper,
    TopKLogitsWarper, TopPLogitsWarper,
)

LOGITS = [2.0, -1.0, 0.5, 3.5, 3.0, -2.5, 0.0, 1.25, 3.5, -0.75]
SEEN = [3, 5, 3]
OFF = dict(temperature=1.0, top_k=0, top_p=1.0, min_p=0.0, repetition_penalty=1.0)
CASES = [
    dict(repetition_penalty=1.3), dict(temperature=0.7), dict(temperature=1.6), dict(top_k=1), dict(top_k=2),
    dict(top_k=4), dict(top_k=50), dict(top_p=0.1), dict(top_p=0.5), dict(top_p=0.8), dict(top_p=0.9),
    dict(top_p=0.95), dict(top_p=0.0), dict(min_p=0.05), dict(min_p=0.2), dict(min_p=1.0),
    dict(temperature=0.2, top_p=0.9), dict(temperature=0.7, top_k=5, top_p=0.8, min_p=0.1, repetition_penalty=1.1),
    dict(temperature=1.5, top_k=6, top_p=0.7, repetition_penalty=1.5),
]


def scores(case):
    """The list that GenerationMixin._get_logits_processor builds for these settings, in its order."""
    chain = LogitsProcessorList()
    if case["repetition_penalty"] != 1.0:
        chain.append(RepetitionPenaltyLogitsProcessor(penalty=case["repetition_penalty"]))
    if case["temperature"] != 1.0:
        chain.append(TemperatureLogitsWarper(case["temperature"]))
    if case["top_k"]:
        chain.append(TopKLogitsWarper(case["top_k"]))
    if case["top_p"] < 1.0:
        chain.append(TopPLogitsWarper(case["top_p"]))
    if case["min_p"] > 0.0:
        chain.append(MinPLogitsWarper(case["min_p"]))
    left = chain(torch.tensor([SEEN]), torch.tensor([LOGITS]))[0].tolist()
    return [score if math.isfinite(score) else None for score in left]


cases = [OFF | case for case in CASES]
print(json.dumps({"logits": LOGITS, "cases": [case | {"scores": scores(case)} for case in cases]}, indent=1))
