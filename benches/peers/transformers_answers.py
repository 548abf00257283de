"""SmolLM2 by transformers in fp32, weights dequantised from the same GGUF by its own loader: greedy, one call of the
model a token, with its cache (less work than `generate`).

    python transformers_answers.py FILE.gguf THREADS
"""
import sys
import time
from pathlib import Path

import torch
import transformers
from transformers import AutoModelForCausalLM, DynamicCache

from peer import serve

EOS = 2
path, threads = Path(sys.argv[1]), int(sys.argv[2])
torch.set_num_threads(threads)
transformers.utils.logging.disable_progress_bar()
model = AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32).eval()


@torch.inference_mode()
def answer(prompt, most, **_):
    cache = DynamicCache()
    feed = lambda tokens: int(model(torch.tensor([tokens]), past_key_values=cache, logits_to_keep=1).logits[0, -1].argmax())
    start = time.perf_counter()
    token = feed(prompt)
    first, ids, steps = time.perf_counter() - start, [], 0
    while token != EOS:
        ids.append(token)
        if len(ids) == most:
            break
        token, steps = feed([token]), steps + 1
    return {"first": first, "rest": time.perf_counter() - start - first, "steps": steps, "ids": ids}


serve(f"transformers {transformers.__version__}, torch {torch.__version__}", answer=answer)
