"""Steps of a full-size Stable Diffusion 1.5 by diffusers in fp32, with the random weights of models/recipes/sd15.py:
the same seed makes the same numbers again, so nothing is read from disk but the tokenizer.

    python full_size.py ONNX_FOLDER THREADS
"""
import sys
import time
from pathlib import Path

import diffusers
import torch
from diffusers import DDIMScheduler
from transformers import CLIPTokenizer

from peer import serve

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "models/recipes"))
import sd15 as recipe

folder = Path(sys.argv[1])
torch.set_num_threads(int(sys.argv[2]))
text, unet = recipe.text_and_unet()
words = CLIPTokenizer.from_pretrained(folder / "tokenizer")


def states(prompt):
    # As the pipeline does: padding is seen, no mask is given.
    ids = words(prompt, padding="max_length", max_length=77, truncation=True, return_tensors="pt").input_ids
    return text(ids).last_hidden_state


@torch.inference_mode()
def walk(prompt, negative, seed, side, steps, guidance):
    known = torch.cat([states(negative), states(prompt)])
    x = torch.randn(1, 4, side // 8, side // 8, generator=torch.Generator().manual_seed(seed))
    scheduler = DDIMScheduler.from_config(recipe.SCHEDULE)
    scheduler.set_timesteps(steps)
    marks = [time.perf_counter()]
    for t in scheduler.timesteps:
        plain, told = unet(x.repeat(2, 1, 1, 1), t, known, return_dict=False)[0].chunk(2)
        x = scheduler.step(plain + guidance * (told - plain), t, x).prev_sample
        marks.append(time.perf_counter())
    return {"steps": [b - a for a, b in zip(marks, marks[1:])], "latents": x.flatten().tolist()}


serve(f"diffusers {diffusers.__version__}, torch {torch.__version__}", walk=walk)
