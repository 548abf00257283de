"""A full-size Stable Diffusion 1.5 folder with random weights, as optimum exports it, and what diffusers draws with it.

    OMP_NUM_THREADS=2 python sd15.py FOLDER [--sweep]

Nothing about the architecture is changed: CLIP ViT-L/14 text encoder, UNet of 860 M, VAE, PNDM in
scheduler_config.json as published. Only the weights are random (seeded), and so is the vocabulary: 49,408 entries and
merges of CLIP's shape (all words of up to three Latin letters are one token).

FOLDER/torch                diffusers' own folder (3.8 GB)
FOLDER/onnx                 optimum's export of it (3.8 GB): text_encoder, unet, vae_decoder, vae_encoder, tokenizer, scheduler
FOLDER/reference-NAME.png   two steps at 256 x 256 by diffusers, DDIM and Euler, noise of torch.manual_seed(42)
FOLDER/reference.json       prompt, token ids, first noise, latents after each step (first 16 values and deviation)
With --sweep FOLDER/torch is removed at the end. Needs 10 GB of memory, 9 GB of disk and three minutes on two cores.
"""
import argparse
import itertools
import json
import shutil
import string
import time
from pathlib import Path

import torch
from diffusers import (
    AutoencoderKL, DDIMScheduler, EulerDiscreteScheduler, PNDMScheduler, StableDiffusionPipeline, UNet2DConditionModel,
)
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer
from transformers.models.clip.tokenization_clip import bytes_to_unicode

ENTRIES, SEED, STEPS, SIDE, GUIDANCE = 49408, 42, 2, 256, 7.5
PROMPT, NEGATIVE = "a red cat on the table", "blur, text"
SCHEDULE = dict(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", num_train_timesteps=1000,
                set_alpha_to_one=False, skip_prk_steps=True, steps_offset=1, clip_sample=False, trained_betas=None)


def tokenizer(folder):
    """CLIP's shape: bytes, bytes at a word's end, merges, start and end."""
    folder.mkdir(parents=True, exist_ok=True)
    letters, end = list(bytes_to_unicode().values()), "</w>"
    merges = []
    for size, last in ((2, ""), (2, end), (3, ""), (3, end), (4, "")):
        merges += [("".join(w[:-1]), w[-1] + last) for w in itertools.product(string.ascii_lowercase, repeat=size)]
    merges = merges[: ENTRIES - 2 * len(letters) - 2]
    tokens = letters + [letter + end for letter in letters] + ["".join(pair) for pair in merges]
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    assert len(tokens) == len(set(tokens)) == ENTRIES
    (folder / "vocab.json").write_text(json.dumps({token: i for i, token in enumerate(tokens)}))
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(" ".join(pair) for pair in merges) + "\n")
    return CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=77,
                         pad_token="<|endoftext|>")


def text_and_unet():
    """Text encoder and UNet with random weights, the same ones every time."""
    torch.manual_seed(SEED)
    text = CLIPTextModel(CLIPTextConfig(
        vocab_size=ENTRIES, hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12,
        max_position_embeddings=77, hidden_act="quick_gelu", projection_dim=768, bos_token_id=ENTRIES - 2,
        eos_token_id=ENTRIES - 1))
    return text.eval(), UNet2DConditionModel(sample_size=64, cross_attention_dim=768, attention_head_dim=8).eval()


def build(folder):
    """Stable Diffusion 1.5's configuration with random weights, saved as diffusers saves it."""
    text, unet = text_and_unet()
    vae = AutoencoderKL(
        block_out_channels=(128, 256, 512, 512), down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4, layers_per_block=2, latent_channels=4, sample_size=512)
    pipe = StableDiffusionPipeline(
        vae=vae, text_encoder=text, tokenizer=tokenizer(folder / "words"), unet=unet, scheduler=PNDMScheduler.from_config(SCHEDULE),
        safety_checker=None, feature_extractor=None, requires_safety_checker=False)
    pipe.save_pretrained(folder / "torch")
    shutil.rmtree(folder / "words")
    return pipe


def draw(pipe, name, scheduler, folder):
    """One picture and what was seen on the way."""
    pipe.scheduler = scheduler.from_pretrained(folder / "torch", subfolder="scheduler")
    seen = []

    def watch(_pipe, _step, t, kept):
        latents = kept["latents"].flatten()
        seen.append({"timestep": float(t), "first": latents[:16].tolist(), "deviation": latents.std().item()})
        return kept

    noise = torch.randn(1, 4, SIDE // 8, SIDE // 8, generator=torch.Generator().manual_seed(SEED))
    with torch.no_grad():
        made = pipe(PROMPT, negative_prompt=NEGATIVE, num_inference_steps=STEPS, guidance_scale=GUIDANCE, height=SIDE,
                    width=SIDE, latents=noise, callback_on_step_end=watch)
    made.images[0].save(folder / f"reference-{name}.png")
    return {"noise": noise.flatten()[:16].tolist(), "steps": seen}


def reference(pipe, folder):
    ids = pipe.tokenizer(PROMPT, padding="max_length", max_length=77, truncation=True).input_ids
    with torch.no_grad():
        states = pipe.text_encoder(torch.tensor([ids])).last_hidden_state[0]
    made = {"prompt": PROMPT, "negative": NEGATIVE, "seed": SEED, "steps": STEPS, "side": SIDE, "guidance": GUIDANCE,
            "ids": ids, "first state": states[1, :16].tolist()}
    for name, scheduler in (("ddim", DDIMScheduler), ("euler", EulerDiscreteScheduler)):
        made[name] = draw(pipe, name, scheduler, folder)
    (folder / "reference.json").write_text(json.dumps(made, indent=1) + "\n")


def export(folder):
    from optimum.exporters.onnx import main_export

    main_export(str(folder / "torch"), str(folder / "onnx"), task="text-to-image", library_name="diffusers",
                do_validation=False)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sweep", action="store_true")
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    started = time.time()
    say = lambda step: print(f"{step} after {time.time() - started:.0f} s", flush=True)
    pipe = build(args.folder)
    say("built")
    reference(pipe, args.folder)
    say("drawn")
    del pipe
    export(args.folder)
    say("exported")
    if args.sweep:
        shutil.rmtree(args.folder / "torch")


if __name__ == "__main__":
    main()
