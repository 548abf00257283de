"""Pocket diffusion models (random weights, seeded) and their golden pictures, from diffusers.

    OMP_NUM_THREADS=1 python pocket_diffusion.py tests/fixtures/pocket tests/fixtures/golden

diffusion-clip     the layout optimum writes for Stable Diffusion 1.x: CLIP text encoder, tokenizer/vocab.json and
                   merges.txt, any size, timestep a scalar i64
diffusion-encoder  a sentence encoder of another model (encoder/encoder.onnx, encoder/tokenizer.json), prompts padded
                   with zero states, one size and one picture a run, timestep [1] f32
diffusion.json     for each case: first noise, timesteps, latents after each step, pixels (hex); tokens of phrases
"""
import json
import re
import sys
from pathlib import Path

import numpy as np
import onnx
import torch
from diffusers import (AutoencoderKL, DDIMScheduler, EulerDiscreteScheduler, StableDiffusionPipeline,
                       UNet2DConditionModel)
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertModel, CLIPTextConfig, CLIPTextModel, CLIPTokenizerFast
from transformers.models.clip.tokenization_clip import bytes_to_unicode

import small

POCKET, GOLDEN = Path(sys.argv[1]), Path(sys.argv[2])
SCHEDULE = {"num_train_timesteps": 1000, "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear",
            "clip_sample": False, "set_alpha_to_one": False, "steps_offset": 1, "timestep_spacing": "leading"}
MERGES = """c a|ca t</w>|d o|do g</w>|t h|th e</w>|o n</w>|r e|re d</w>|h o|ho u|hou s|hous e</w>|' s</w>|i n|in g</w>
p a|pa in|pain t|a t</w>|o f</w>|b l|bl u|blu e</w>|Ð º|Ðº Ð|ÐºÐ ¾|ÐºÐ¾ ÑĤ</w>|Ñ Ĥ</w>|Ð ¾""".replace("\n", "|").split("|")


def loud(module, seed, gain):
    """Seeded weights, strong enough for the prompt to show."""
    generator = torch.Generator().manual_seed(seed)
    for name, value in module.named_parameters():
        if value.dim() > 1:
            fan = value[0].numel()
            value.data = torch.randn(value.shape, generator=generator) * gain / fan**0.5
        elif name.endswith("bias"):
            value.data = torch.randn(value.shape, generator=generator) * 0.05
    return module.eval().requires_grad_(False)


def unet(seed, width, prediction_free_size):
    return loud(UNet2DConditionModel(
        sample_size=prediction_free_size, in_channels=4, out_channels=4, layers_per_block=1,
        block_out_channels=(8, 4), norm_num_groups=4, cross_attention_dim=width, attention_head_dim=4,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"), up_block_types=("UpBlock2D", "CrossAttnUpBlock2D")),
        seed, 1.0)


def vae(seed):
    return loud(AutoencoderKL(
        block_out_channels=(4, 4, 4, 4), layers_per_block=1, norm_num_groups=2, latent_channels=4, sample_size=32,
        down_block_types=["DownEncoderBlock2D"] * 4, up_block_types=["UpDecoderBlock2D"] * 4), seed, 0.9)


def write(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def export_denoiser(net, folder, length, width, size, dynamic, timestep):
    axes = {"sample": {0: "batch", 2: "height", 3: "width"}, "encoder_hidden_states": {0: "batch", 1: "length"},
            "out_sample": {0: "batch", 2: "height", 3: "width"}}
    batch = 2 if dynamic else 1
    small.export(net, lambda m, s, t, e: m(s, t, e, return_dict=False)[0],
           (torch.zeros(batch, 4, size, size), timestep, torch.zeros(batch, length, width)),
           folder / "unet/model.onnx", ["sample", "timestep", "encoder_hidden_states"], ["out_sample"],
           axes if dynamic else {})
    write(folder / "unet/config.json", {"in_channels": 4, "sample_size": size, "cross_attention_dim": width})


def export_codec(codec, folder, size, dynamic):
    axes = {"latent_sample": {0: "batch", 2: "height", 3: "width"}, "sample": {0: "batch", 2: "height", 3: "width"}}
    small.export(codec, lambda m, z: m.decode(z, return_dict=False)[0], (torch.zeros(1, 4, size, size),),
           folder / "vae_decoder/model.onnx", ["latent_sample"], ["sample"], axes if dynamic else {})
    write(folder / "vae_decoder/config.json",
          {"block_out_channels": [4, 4, 4, 4], "latent_channels": 4, "scaling_factor": 0.18215})


def clip_tokenizer(folder):
    letters = list(bytes_to_unicode().values())
    tokens = letters + [letter + "</w>" for letter in letters] + ["".join(m.split()) for m in MERGES]
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    assert len(tokens) == len(set(tokens))
    write(folder / "vocab.json", {token: index for index, token in enumerate(tokens)})
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(MERGES) + "\n", encoding="utf-8")
    write(folder / "tokenizer_config.json", {
        "bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>",
        "pad_token": "<|endoftext|>", "model_max_length": 77, "do_lower_case": True, "add_prefix_space": False,
        "tokenizer_class": "CLIPTokenizer"})
    return CLIPTokenizerFast(str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=77)


def walks(unet_, vae_, states, guidance, kind, prediction, steps, size, seed):
    """What diffusers' pipeline does, from prompt states to pixels."""
    scheduler = {"ddim": DDIMScheduler, "euler": EulerDiscreteScheduler}[kind].from_config(
        {**SCHEDULE, "prediction_type": prediction})
    pipe = StableDiffusionPipeline(vae=vae_, text_encoder=None, tokenizer=None, unet=unet_, scheduler=scheduler,
                                   safety_checker=None, feature_extractor=None, requires_safety_checker=False)
    pipe.set_progress_bar_config(disable=True)
    kept = []

    def keep(_pipe, _index, _time, values):
        kept.append(values["latents"].flatten().tolist())
        return {}

    picture = pipe(prompt_embeds=states[:1], negative_prompt_embeds=states[1:] if guidance > 1 else None,
                   guidance_scale=guidance, num_inference_steps=steps, width=size[0], height=size[1],
                   generator=torch.Generator().manual_seed(seed), output_type="pil",
                   callback_on_step_end=keep).images[0]
    noise = torch.randn((1, 4, size[1] // 8, size[0] // 8), generator=torch.Generator().manual_seed(seed))
    digits = lambda row: [round(v, 5) for v in row]
    return {"scheduler": kind, "prediction": prediction, "guidance": guidance, "steps": steps, "size": list(size),
            "seed": seed, "first": digits((noise * scheduler.init_noise_sigma).flatten().tolist()),
            "timesteps": scheduler.timesteps.tolist(), "latents": [digits(row) for row in kept],
            "rgb": np.asarray(picture).tobytes().hex()}


def clip():
    folder = POCKET / "diffusion-clip"
    tokenizer = clip_tokenizer(folder / "tokenizer")
    width = 8
    text = loud(CLIPTextModel(CLIPTextConfig(
        vocab_size=len(tokenizer), hidden_size=width, intermediate_size=16, num_hidden_layers=2,
        num_attention_heads=2, max_position_embeddings=77, bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id)), 1, 1.0)
    net, codec = unet(2, width, 4), vae(3)
    small.export(text, lambda m, i: m(i, return_dict=False)[0], (torch.zeros(1, 77, dtype=torch.int64),),
           folder / "text_encoder/model.onnx", ["input_ids"], ["last_hidden_state"],
           {"input_ids": {0: "batch", 1: "length"}, "last_hidden_state": {0: "batch", 1: "length"}})
    export_denoiser(net, folder, 77, width, 4, True, torch.tensor(1, dtype=torch.int64))
    export_codec(codec, folder, 4, True)
    write(folder / "scheduler/scheduler_config.json", {"_class_name": "PNDMScheduler", **SCHEDULE,
                                                      "trained_betas": None, "skip_prk_steps": True})
    write(folder / "model_index.json", {"_class_name": "StableDiffusionPipeline"})

    def ids(phrase):
        return tokenizer(phrase, padding="max_length", truncation=True, max_length=77)["input_ids"]

    phrases = ["", "a cat", "The  RED House's painting\n of a dog!!", "кот на крыше", "e\u0301te\u0301 1234 caf\u00e9",
               "😀 the dog's, it'll don't", "x" * 200, "a red cat on the house, " * 20]
    prompt, negative = "a red cat on the house", "the blue dog"
    states = text(torch.tensor([ids(prompt), ids(negative)]))[0]
    cases = [walks(net, codec, states, guidance, kind, prediction, 3, (32, 32), 42)
             for kind in ("euler", "ddim") for prediction in ("epsilon", "v_prediction") for guidance in (7.5, 1.0)]
    cases.append(walks(net, codec, states, 7.5, "euler", "epsilon", 2, (48, 32), 2**32 + 5))
    return {"prompt": prompt, "negative": negative, "cases": cases,
            "tokens": [{"text": phrase, "ids": ids(phrase)} for phrase in phrases]}


def encoder():
    folder = POCKET / "diffusion-encoder"
    words = ["a", "c", "d", "e", "g", "o", "q", "r", "t", "u", "y", ":", "cat", "dog", "red", "the", "query",
             "▁", "▁a", "▁cat", "▁dog", "▁red", "▁the", "▁query", "▁house", "▁big"]
    pieces = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    pieces += [(word, -12.0 + len(word)) for word in words]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=3))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    tokenizer.add_special_tokens(["<s>", "<pad>", "</s>", "<unk>"])
    (folder / "encoder").mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "encoder/tokenizer.json"))
    width, length = 12, 10
    text = loud(BertModel(BertConfig(
        vocab_size=len(pieces), hidden_size=width, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2,
        max_position_embeddings=64, pad_token_id=1, attn_implementation="eager"), add_pooling_layer=False), 4, 1.0)
    small.export(text, lambda m, i, a: m(i, a, return_dict=False)[0],
           (torch.zeros(1, 5, dtype=torch.int64), torch.ones(1, 5, dtype=torch.int64)),
           folder / "encoder/encoder.onnx", ["input_ids", "attention_mask"], ["last_hidden_state"],
           {name: {0: "batch", 1: "length"} for name in ("input_ids", "attention_mask", "last_hidden_state")})
    net, codec = unet(5, width, 4), vae(6)
    export_denoiser(net, folder, length, width, 4, False, torch.tensor([1.0]))
    export_codec(codec, folder, 4, False)
    write(folder / "scheduler/scheduler_config.json", {"_class_name": "DDIMScheduler", **SCHEDULE})

    def states(phrase):
        ids = torch.tensor([tokenizer.encode("query: " + phrase).ids])
        made = text(ids, torch.ones_like(ids))[0]
        return torch.nn.functional.pad(made, (0, 0, 0, length - made.shape[1]))

    prompt, negative = "the red cat", "a dog"
    both = torch.cat([states(prompt), states(negative)])
    cases = [walks(net, codec, both, guidance, kind, "epsilon", 3, (32, 32), 7)
             for kind in ("euler", "ddim") for guidance in (7.5, 1.0)]
    long = "the red cat a dog the big house"
    return {"prompt": prompt, "negative": negative, "prefix": "query: ", "length": length, "cases": cases,
            "long": long, "long_ids": tokenizer.encode("query: " + long).ids}


def number_types():
    """Adds up one input of each number type that exports use; answers in f16 and in f32."""
    kinds = {"half": onnx.TensorProto.FLOAT16, "float": onnx.TensorProto.FLOAT, "double": onnx.TensorProto.DOUBLE,
             "int": onnx.TensorProto.INT32, "long": onnx.TensorProto.INT64}
    make = onnx.helper
    nodes = [make.make_node("Cast", [name], [name + "_f"], to=onnx.TensorProto.FLOAT) for name in kinds]
    nodes += [make.make_node("Sum", [name + "_f" for name in kinds], ["sum"]),
              make.make_node("Cast", ["sum"], ["half_sum"], to=onnx.TensorProto.FLOAT16)]
    shapes = {name: [] if name == "long" else ["n"] for name in kinds}
    graph = make.make_graph(
        nodes, "number-types", [make.make_tensor_value_info(n, k, shapes[n]) for n, k in kinds.items()],
        [make.make_tensor_value_info("half_sum", onnx.TensorProto.FLOAT16, ["n"]),
         make.make_tensor_value_info("sum", onnx.TensorProto.FLOAT, ["n"])])
    model = make.make_model(graph, opset_imports=[make.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    (POCKET / "number-types").mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(POCKET / "number-types/model.onnx"))


number_types()
GOLDEN.mkdir(parents=True, exist_ok=True)
result = {"clip": clip(), "encoder": encoder()}
text = json.dumps(result, ensure_ascii=False)
(GOLDEN / "diffusion.json").write_text(re.sub(r"(\.\d+?)0+(?=[,\]])", r"\1", text) + "\n", encoding="utf-8")
