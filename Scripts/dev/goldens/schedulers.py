"""Trajectories of diffusers' schedulers under a toy model, tanh(0.8 x + t / 1000 - 0.3), for every setting that Lunette
reads: `schedulers.py FILE.json`."""

import json
import logging
import sys
from pathlib import Path

import torch
from diffusers import DDIMScheduler, DPMSolverMultistepScheduler, EulerDiscreteScheduler

logging.getLogger("diffusers").setLevel(logging.ERROR)

CLASSES = {"ddim": DDIMScheduler, "euler": EulerDiscreteScheduler, "dpmsolver++": DPMSolverMultistepScheduler}
SD = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
SD1 = SD | {"steps_offset": 1, "clip_sample": False, "set_alpha_to_one": False}
COSINE = {"beta_schedule": "squaredcos_cap_v2"}
V = {"prediction_type": "v_prediction"}
CASES = [
    *[("ddim", steps, 0.0, SD1) for steps in (1, 2, 7, 30, 50)],
    ("ddim", 10, 0.0, {}),
    ("ddim", 10, 0.5, SD1),
    ("ddim", 10, 1.0, SD1 | V | {"timestep_spacing": "trailing"}),
    ("ddim", 10, 0.0, SD | {"prediction_type": "sample", "clip_sample_range": 0.5}),
    ("ddim", 9, 0.0, COSINE | {"timestep_spacing": "linspace"}),
    ("ddim", 8, 0.0, SD | V | {"timestep_spacing": "trailing", "rescale_betas_zero_snr": True, "clip_sample": False}),
    ("ddim", 6, 0.0, {"num_train_timesteps": 100, "trained_betas": [0.001 * i for i in range(1, 101)]}),
    *[("euler", steps, 0.0, SD) for steps in (1, 2, 7, 30)],
    ("euler", 10, 0.0, {}),
    ("euler", 10, 0.0, SD | {"timestep_spacing": "leading", "steps_offset": 1}),
    ("euler", 10, 0.0, SD | V | {"timestep_spacing": "trailing"}),
    ("euler", 10, 0.0, SD | {"prediction_type": "sample", "final_sigmas_type": "sigma_min"}),
    ("euler", 10, 0.0, SD | {"use_karras_sigmas": True}),
    ("euler", 10, 0.0, SD | {"use_karras_sigmas": True, "sigma_min": 0.1, "sigma_max": 10.0}),
    ("euler", 8, 0.0, SD | V | {"timestep_spacing": "trailing", "rescale_betas_zero_snr": True}),
    ("euler", 8, 0.0, SD | V | {"timestep_type": "continuous"}),
    ("euler", 9, 0.0, COSINE),
    *[("dpmsolver++", steps, 0.0, SD) for steps in (1, 2, 7, 20, 30)],
    ("dpmsolver++", 10, 0.0, {}),
    ("dpmsolver++", 10, 0.0, SD | {"timestep_spacing": "leading", "steps_offset": 1}),
    ("dpmsolver++", 10, 0.0, SD | V | {"timestep_spacing": "trailing"}),
    ("dpmsolver++", 10, 0.0, SD | {"prediction_type": "sample"}),
    ("dpmsolver++", 10, 0.0, SD | {"solver_type": "heun"}),
    ("dpmsolver++", 10, 0.0, SD | {"solver_order": 1}),
    ("dpmsolver++", 20, 0.0, SD | {"use_karras_sigmas": True}),
    ("dpmsolver++", 20, 0.0, SD | {"final_sigmas_type": "sigma_min"}),
    ("dpmsolver++", 10, 0.0, SD | {"final_sigmas_type": "sigma_min"}),
    ("dpmsolver++", 20, 0.0, SD | {"final_sigmas_type": "sigma_min", "euler_at_final": True}),
    ("dpmsolver++", 12, 0.0, COSINE | {"lambda_min_clipped": -5.1}),
]


def numbers(tensor):
    return [float(f"{value:.9g}") for value in tensor.flatten().tolist()]


def trajectory(name, steps, eta, config):
    scheduler = CLASSES[name](**config)
    scheduler.set_timesteps(steps)
    start = torch.tensor([[-1.7, -0.4, 0.05, 0.9, 2.3]])
    sample, states, inputs, noises = start * scheduler.init_noise_sigma, [], [], []
    generator = torch.Generator().manual_seed(3)
    for timestep in scheduler.timesteps:
        shown = scheduler.scale_model_input(sample, timestep)
        output = torch.tanh(0.8 * shown + float(timestep) / 1000 - 0.3)
        noise = torch.randn(sample.shape, generator=generator)
        extra = {"eta": eta, "variance_noise": noise} if eta else {}
        sample = scheduler.step(output, timestep, sample, **extra).prev_sample
        inputs.append(numbers(shown))
        states.append(numbers(sample))
        noises.append(numbers(noise))
    case = {
        "scheduler": name, "steps": steps, "eta": eta, "config": config, "scale": float(scheduler.init_noise_sigma),
        "start": numbers(start), "timesteps": numbers(scheduler.timesteps), "inputs": inputs, "states": states,
    }
    if eta:
        case["noises"] = noises
    scheduler.set_timesteps(steps)
    middle = steps // 2
    scheduler_noise = torch.tensor([[0.3, -0.2, 1.1, -2.0, 0.7]])
    noisy = scheduler.add_noise(start, scheduler_noise, scheduler.timesteps[middle : middle + 1])
    return case | {"noisy": numbers(noisy)}


def write(path):
    lines = [json.dumps(trajectory(*case)) for case in CASES]
    Path(path).write_text("[\n" + ",\n".join(lines) + "\n]\n")


if __name__ == "__main__":
    write(sys.argv[1])
