"""Golden numbers for noise and schedulers, from torch and diffusers.

    OMP_NUM_THREADS=1 python golden_schedule.py tests/fixtures/golden

Writes noise.json (torch.randn on the CPU generator) and schedule.json (timesteps, first sigma and a whole walk of
DDIM and Euler over a made-up denoiser: output = 0.3 * input + 0.05 * cos(index) of the element).
"""
import json
import sys
from pathlib import Path

import numpy as np
import torch
from diffusers import DDIMScheduler, EulerDiscreteScheduler

OUT = Path(sys.argv[1])


def short(values):
    return [float(np.format_float_positional(np.float32(v), unique=True)) for v in values]


def noise():
    rows = []
    for seed in (0, 42, 2**32 - 1, 2**63 - 1):
        for n in (1, 3, 15, 16, 17, 64, 1000, 4 * 16 * 16):
            generator = torch.Generator("cpu").manual_seed(seed)
            values = torch.randn(n, generator=generator).numpy()
            keep = range(n) if n <= 64 else [*range(16), *range(n - 24, n)]
            rows.append({"seed": str(seed), "n": n, "at": list(keep), "values": short(values[list(keep)]),
                         "sum": float(values.astype(np.float64).sum())})
    (OUT / "noise.json").write_text(json.dumps(rows) + "\n")


def walk(scheduler, steps):
    scheduler.set_timesteps(steps)
    index = torch.arange(8, dtype=torch.float32)
    sample = torch.linspace(-1.5, 2.0, 8) * scheduler.init_noise_sigma
    start, states = sample.tolist(), []
    for t in scheduler.timesteps:
        scaled = scheduler.scale_model_input(sample, t)
        output = 0.3 * scaled + 0.05 * torch.cos(index)
        sample = scheduler.step(output, t, sample).prev_sample
        states.append(short(sample.tolist()))
    keep = states if len(states) <= 10 else [states[0], states[len(states) // 2], states[-1]]
    return {"timesteps": short(scheduler.timesteps.tolist()), "sigma": float(scheduler.init_noise_sigma),
            "start": short(start), "states": keep}


def schedule():
    sd = {"num_train_timesteps": 1000, "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear",
          "steps_offset": 1, "clip_sample": False, "set_alpha_to_one": False}
    rows = []

    def add(name, cls, config, steps):
        known = {k: v for k, v in config.items() if k in cls.__init__.__wrapped__.__code__.co_varnames}
        made = walk(cls(**known), steps)
        rows.append({"name": name, "class": cls.__name__, "config": config, "steps": steps, **made})

    for cls in (DDIMScheduler, EulerDiscreteScheduler):
        add("defaults", cls, {}, 7)
        for spacing in ("leading", "trailing", "linspace"):
            for prediction in ("epsilon", "v_prediction", "sample"):
                add(f"sd {spacing} {prediction}", cls,
                    {**sd, "timestep_spacing": spacing, "prediction_type": prediction}, 6)
            for steps in (1, 2, 3, 20, 49, 150):
                add(f"sd {spacing} {steps}", cls, {**sd, "timestep_spacing": spacing}, steps)
        add("linear betas", cls, {"beta_schedule": "linear", "beta_start": 0.0001, "beta_end": 0.02}, 5)
        add("cosine betas", cls, {"beta_schedule": "squaredcos_cap_v2"}, 5)
        add("trained betas", cls, {"num_train_timesteps": 10, "trained_betas": [0.01 * (i + 1) for i in range(10)]}, 4)
        add("short training", cls, {**sd, "num_train_timesteps": 200}, 9)
    add("clipped", DDIMScheduler, {**sd, "clip_sample": True, "clip_sample_range": 0.7, "set_alpha_to_one": True}, 5)
    add("sigma_min", EulerDiscreteScheduler, {**sd, "final_sigmas_type": "sigma_min", "timestep_spacing": "leading"}, 5)
    (OUT / "schedule.json").write_text(json.dumps(rows) + "\n")


noise()
schedule()
for n in range(1, 151):
    if len(np.arange(1000, 0, -1000 / n)) != n:
        print("trailing", n, "gives", len(np.arange(1000, 0, -1000 / n)))
