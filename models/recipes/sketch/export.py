"""Exports `sketch` in the Stable Diffusion layout, checks it against torch, and can read it back.

    python export.py --work WORK_FOLDER --out MODEL_FOLDER            write the folder (from the EMA weights)
    python export.py --work WORK_FOLDER --out MODEL_FOLDER --restore
                                            MODEL_FOLDER -> WORK_FOLDER/{unet,memory,vae/vae}.pt

Weights are stored as fp16 with a Cast to fp32 beside each, so that a CPU computes in fp32.  The VAE's
encoder is kept as vae_encoder/model.onnx, so the folder holds all that training needs to go on.
"""
import argparse
import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import torch
from diffusers import DDIMScheduler
from onnx import TensorProto, helper, numpy_helper

import memory as memories
import unet as painter
import vae as codec

SMALLEST, EXACT = 16, "scales"


class Painter(torch.nn.Module):
    """sample, timestep, encoder_hidden_states -> out_sample."""

    def __init__(self, unet, memory):
        super().__init__()
        self.model, self.memory = unet, memory
        alphas = DDIMScheduler(**painter.SCHEDULER).alphas_cumprod
        self.register_buffer("scales", torch.stack([alphas.sqrt(), (1 - alphas).sqrt()], 1), persistent=False)

    def forward(self, sample, timestep, encoder_hidden_states):
        shown, there, paints = self.memory(encoder_hidden_states, sample)
        answer = self.model(torch.cat([sample, shown], 1), timestep, encoder_hidden_states, return_dict=False)[0]
        keep, blur = self.scales[timestep.reshape(-1)].unsqueeze(-1).unsqueeze(-1).chunk(2, 1)
        return painter.predicted(answer, sample, keep, blur, shown, there, paints)


class Codec(torch.nn.Module):
    """One direction of the codec, with the latents' means and stds: what the UNet sees has mean 0, std 1."""

    def __init__(self, vae, mean, std, encodes):
        super().__init__()
        self.model, self.encodes = vae, encodes
        self.register_buffer("mean", mean)
        self.register_buffer("std", std)

    def forward(self, latent_sample):
        if self.encodes:
            return (codec.encode(self.model, latent_sample) - self.mean) / self.std
        return codec.decode(self.model, latent_sample * self.std + self.mean)


def halve(path):
    """Stores fp32 initializers as fp16 with Casts, but EXACT; values are rounded, the computation stays fp32."""
    model = onnx.load(path)
    kept, casts = [], []
    for t in model.graph.initializer:
        array = numpy_helper.to_array(t)
        if array.dtype != np.float32 or array.size < SMALLEST or t.name == EXACT:
            kept.append(t)
            continue
        kept.append(numpy_helper.from_array(array.astype(np.float16), t.name + ".f16"))
        casts.append(helper.make_node("Cast", [t.name + ".f16"], [t.name], name=t.name + "_cast", to=TensorProto.FLOAT))
    nodes = casts + list(model.graph.node)
    del model.graph.initializer[:], model.graph.node[:]
    model.graph.initializer.extend(kept)
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def export(module, args, path, names, out, axes):
    """One graph: traced, halved, and compared with torch."""
    path.parent.mkdir(parents=True, exist_ok=True)
    module.eval()
    torch.onnx.export(module, args, str(path), input_names=names, output_names=[out], dynamic_axes=axes,
                      opset_version=17, dynamo=False, do_constant_folding=False, keep_initializers_as_inputs=False)
    halve(path)
    feeds = {n: a.numpy() for n, a in zip(names, args)}
    got = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"]).run(None, feeds)[0]
    with torch.no_grad():
        want = module(*args).numpy()
    print(f"{path.parent.name}: {path.stat().st_size / 1e6:.2f} MB, max difference {np.abs(got - want).max():.5f}")


def round_half(module):
    """The weights as the folder will hold them."""
    with torch.no_grad():
        for p in list(module.parameters()) + list(module.buffers()):
            if p.is_floating_point():
                p.copy_(p.half().float())
    return module


def write_json(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2) + "\n")


def write(work, out):
    old = torch.load(work / "unet.pt", map_location="cpu", weights_only=False)
    vae, model = codec.build(), painter.build()
    vae.load_state_dict(torch.load(work / "vae" / "vae.pt", map_location="cpu", weights_only=False)["model"])
    model.load_state_dict(old["ema"])
    memory = memories.Memory(len(codec.subjects()))
    memory.load_state_dict(torch.load(work / "memory.pt"))
    vae, model, memory = round_half(vae), round_half(model), round_half(memory)
    sample, t, text = torch.randn(2, 4, 16, 16), torch.tensor(501), torch.randn(2, 24, 384)
    batch = {0: "batch"}
    export(Painter(model, memory), (sample, t, text), out / "unet/model.onnx", ["sample", "timestep", "encoder_hidden_states"],
           "out_sample", {"sample": batch, "encoder_hidden_states": {0: "batch", 1: "sequence"}, "out_sample": batch})
    export(Codec(vae, old["mean"], old["std"], False), (sample,), out / "vae_decoder/model.onnx", ["latent_sample"], "sample",
           {"latent_sample": batch, "sample": batch})
    export(Codec(vae, old["mean"], old["std"], True), (torch.rand(2, 3, 128, 128),), out / "vae_encoder/model.onnx", ["sample"], "latent_sample",
           {"latent_sample": batch, "sample": batch})
    plain = lambda config: {k: v for k, v in config.items() if not k.startswith("_use_default")}
    write_json(out / "unet/config.json", {**plain(model.config), "_class_name": "UNet2DConditionModel", "in_channels": 4,
                                        "out_channels": 4})
    settings = {**plain(vae.config), "_class_name": "AutoencoderKL", "scaling_factor": 1.0,
                "patch_size": codec.PATCH,
                "in_channels": 3, "out_channels": 3, "sample_size": 128}
    write_json(out / "vae_decoder/config.json", settings)
    write_json(out / "vae_encoder/config.json", settings)
    write_json(out / "scheduler/scheduler_config.json",
               {"_class_name": "DDIMScheduler", "_diffusers_version": "0.36.0", **painter.SCHEDULER})
    write_json(out / "model_index.json", {
        "_class_name": "StableDiffusionPipeline", "_diffusers_version": "0.36.0",
        **{part: ["diffusers", "OnnxRuntimeModel"] for part in ("unet", "vae_decoder", "vae_encoder")},
        "scheduler": ["diffusers", "DDIMScheduler"]})
    print(f"step {old['step']}, {old['cpu']:.0f} CPU s")


def weights(path):
    """Initializers of a graph by the module's names."""
    model = onnx.load(path)
    return {t.name.removesuffix(".f16"): torch.from_numpy(numpy_helper.to_array(t).astype(np.float32))
            for t in model.graph.initializer}


def filled(module, state, under="model"):
    """`module` with the folder's weights, whichever way round a linear layer was stored."""
    new = {}
    for name, value in module.state_dict().items():
        if f"{under}.{name}" not in state:
            raise SystemExit(f"not in the folder: {name}")
        new[name] = state[f"{under}.{name}"].reshape(value.shape)
    module.load_state_dict(new)
    return module


def restore(work, out):
    """Folder -> the states the trainers resume from (optimisers start afresh)."""
    state = {**weights(out / "vae_encoder/model.onnx"), **weights(out / "vae_decoder/model.onnx")}
    vae = filled(codec.build(), state).state_dict()
    graph = weights(out / "unet/model.onnx")
    unet = filled(painter.build(), graph).state_dict()
    memory = filled(memories.Memory(len(codec.subjects())), graph, "memory").state_dict()
    (work / "vae").mkdir(parents=True, exist_ok=True)
    torch.save(memory, work / "memory.pt")
    torch.save({"model": vae, "opt": None, "step": 0, "cpu": 0.0}, work / "vae" / "vae.pt")
    torch.save({"model": unet, "ema": unet, "opt": None, "step": 0, "cpu": 0.0, "mean": state["mean"].view(1, 4, 1, 1),
                "std": state["std"].view(1, 4, 1, 1)}, work / "unet.pt")
    print("restored")


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--work", required=True)
    ap.add_argument("--out", required=True)
    ap.add_argument("--restore", action="store_true")
    a = ap.parse_args()
    (restore if a.restore else write)(Path(a.work), Path(a.out))


if __name__ == "__main__":
    main()
