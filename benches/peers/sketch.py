"""*sketch* by diffusers and transformers in fp32: text states, UNet, DDIM and codec on the same numbers.

    python sketch.py MODEL_FOLDER e5-small-q4.bin THREADS

The graphs hold their weights under torch's own names, so they are read back into diffusers' modules.
"""
import json
import sys
import time
from pathlib import Path

import diffusers
import torch
from diffusers import DDIMScheduler

from peer import serve

sys.path[:0] = [str(Path(__file__).resolve().parents[2] / "models/recipes" / name) for name in ("", "sketch")]
import captions
import e5
import export
import memory as memories
import unet as painter
import vae as codec

folder = Path(sys.argv[1])
torch.set_num_threads(int(sys.argv[3]))
encoder, words = e5.load(sys.argv[2])
schedule = json.loads((folder / "scheduler/scheduler_config.json").read_text())


def filled(module, name):
    """A module with a graph's weights, and the graph's other numbers. Only the codec's unused half may be missing."""
    state = {key.removeprefix("model."): value for key, value in export.weights(folder / name / "model.onnx").items()}
    missing, more = module.load_state_dict(state, strict=False)
    assert not [key for key in missing if not key.startswith(("encoder.", "quant_conv."))], missing
    return module.eval().requires_grad_(False), [state[key] for key in more]


config = json.loads((folder / "unet/config.json").read_text())
graph = export.weights(folder / "unet/model.onnx")
unet = export.Painter(
    export.filled(painter.build(), graph), export.filled(memories.Memory(len(codec.subjects())), graph, "memory")
).eval().requires_grad_(False)
vae, (mean, std) = filled(codec.build(), "vae_decoder")


def states(text):
    """[1, LENGTH, 384]; rows beyond the text's tokens are zero."""
    out = torch.zeros(1, captions.LENGTH, 384)
    hidden = encoder(input_ids=torch.tensor([words.encode(captions.PREFIX + text).ids])).last_hidden_state
    hidden = hidden[:, : captions.LENGTH]
    out[:, : hidden.shape[1]] = hidden
    return out


@torch.inference_mode()
def draw(prompt, seed, steps, guidance):
    start = time.perf_counter()
    known = torch.cat([states(""), states(prompt)])
    side = config["sample_size"]
    x = torch.randn(1, 4, side, side, generator=torch.Generator().manual_seed(seed))
    scheduler = DDIMScheduler.from_config(schedule)
    scheduler.set_timesteps(steps)
    marks = [time.perf_counter()]
    for t in scheduler.timesteps:
        plain, told = unet(x.repeat(2, 1, 1, 1), t, known).chunk(2)
        x = scheduler.step(plain + guidance * (told - plain), t, x).prev_sample
        marks.append(time.perf_counter())
    image = codec.decode(vae, x * std + mean)[0]
    rgb = ((image * 0.5 + 0.5).clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).flatten().tolist()
    end = time.perf_counter()
    return {"whole": end - start, "steps": [b - a for a, b in zip(marks, marks[1:])], "decode": end - marks[-1], "rgb": rgb}


serve(f"diffusers {diffusers.__version__}, torch {torch.__version__}", draw=draw)
