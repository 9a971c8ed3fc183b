"""Trajectories of diffusers' schedulers under a toy model, tanh(0.8 x + t / 1000 - 0.3), for every setting that Lunette
reads: `schedulers.py FILE.json`."""

import json
import logging
import sys
import warnings
from pathlib import Path

import torch
from diffusers import (
    DDIMInverseScheduler,
    DDIMScheduler,
    DDPMScheduler,
    DEISMultistepScheduler,
    DPMSolverMultistepScheduler,
    DPMSolverSinglestepScheduler,
    EDMDPMSolverMultistepScheduler,
    EDMEulerScheduler,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    HeunDiscreteScheduler,
    KDPM2AncestralDiscreteScheduler,
    KDPM2DiscreteScheduler,
    LCMScheduler,
    LMSDiscreteScheduler,
    PNDMScheduler,
    TCDScheduler,
    UniPCMultistepScheduler,
)

logging.getLogger("diffusers").setLevel(logging.ERROR)
warnings.filterwarnings("ignore")

CLASSES = {
    "ddim": DDIMScheduler, "ddim inversion": DDIMInverseScheduler, "ddpm": DDPMScheduler, "pndm": PNDMScheduler,
    "euler": EulerDiscreteScheduler, "euler_ancestral": EulerAncestralDiscreteScheduler, "heun": HeunDiscreteScheduler,
    "lms": LMSDiscreteScheduler, "dpmsolver++": DPMSolverMultistepScheduler, "unipc": UniPCMultistepScheduler,
    "lcm": LCMScheduler, "tcd": TCDScheduler, "deis": DEISMultistepScheduler, "kdpm2": KDPM2DiscreteScheduler,
    "kdpm2_ancestral": KDPM2AncestralDiscreteScheduler, "dpmsolver++-singlestep": DPMSolverSinglestepScheduler,
    "edm_euler": EDMEulerScheduler, "edm_dpmsolver++": EDMDPMSolverMultistepScheduler,
}
STOCHASTIC = ("ddpm", "euler_ancestral", "lcm", "kdpm2_ancestral")
SD = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
SD1 = SD | {"steps_offset": 1, "clip_sample": False, "set_alpha_to_one": False}
COSINE = {"beta_schedule": "squaredcos_cap_v2"}
V = {"prediction_type": "v_prediction"}
SAMPLE = {"prediction_type": "sample"}
LEADING = {"timestep_spacing": "leading", "steps_offset": 1}
TRAILING = {"timestep_spacing": "trailing"}
LINSPACE = {"timestep_spacing": "linspace"}
KARRAS, EXPONENTIAL, BETA = ({f"use_{name}_sigmas": True} for name in ("karras", "exponential", "beta"))
LU = {"use_lu_lambdas": True}
FLOW = {"use_flow_sigmas": True, "flow_shift": 3.0, "prediction_type": "flow_prediction"}
THRESHOLD = {"thresholding": True, "dynamic_thresholding_ratio": 0.7, "sample_max_value": 1.5}
LOWEST = {"final_sigmas_type": "sigma_min"}
NOISE = {"algorithm_type": "dpmsolver"} | LOWEST
SDE_NOISE = {"algorithm_type": "sde-dpmsolver"} | LOWEST
ZERO_SNR = TRAILING | {"rescale_betas_zero_snr": True}
SDE = {"algorithm_type": "sde-dpmsolver++"}
SKIP = SD | {"skip_prk_steps": True, "steps_offset": 1, "set_alpha_to_one": False}


def cases():
    """(scheduler, steps, eta, config, the call with which the run starts)"""
    yield from [("ddim", steps, 0.0, SD1) for steps in (1, 2, 7, 30, 50)]
    yield "ddim", 10, 0.0, {}
    yield "ddim", 10, 0.5, SD1
    yield "ddim", 10, 1.0, SD1 | V | TRAILING
    yield "ddim", 10, 0.0, SD | SAMPLE | {"clip_sample_range": 0.5}
    yield "ddim", 9, 0.0, COSINE | LINSPACE
    yield "ddim", 8, 0.0, SD | V | ZERO_SNR | {"clip_sample": False}
    yield "ddim", 6, 0.0, {"num_train_timesteps": 100, "trained_betas": [0.001 * i for i in range(1, 101)]}
    yield from [("ddim inversion", steps, 0.0, SD1) for steps in (1, 10)]
    yield "ddim inversion", 10, 0.0, SD | V | TRAILING | {"clip_sample": False}
    yield "ddim inversion", 7, 0.0, SD1 | SAMPLE | {"clip_sample": True, "clip_sample_range": 0.5}

    yield from [("ddpm", steps, 0.0, SD | {"clip_sample": False}) for steps in (1, 2, 10)]
    yield "ddpm", 7, 0.0, {}
    yield "ddpm", 8, 0.0, SD | V | LEADING | {"variance_type": "fixed_large", "clip_sample": False}
    yield "ddpm", 8, 0.0, SD | SAMPLE | TRAILING | {"variance_type": "fixed_small_log"}
    yield "ddpm", 8, 0.0, COSINE | LINSPACE | {"clip_sample_range": 0.7}

    yield from [("pndm", steps, 0.0, SKIP) for steps in (1, 2, 3, 7, 30)]
    yield "pndm", 10, 0.0, SKIP | V | TRAILING
    yield "pndm", 10, 0.0, SKIP | LINSPACE | {"steps_offset": 0, "set_alpha_to_one": True}
    yield "pndm", 10, 0.0, SKIP, 4
    yield from [("pndm", steps, 0.0, SD) for steps in (4, 7, 12)]
    yield "pndm", 9, 0.0, SD | V | {"set_alpha_to_one": True}

    yield from [("euler", steps, 0.0, SD) for steps in (1, 2, 7, 30)]
    yield "euler", 10, 0.0, {}
    yield "euler", 10, 0.0, SD | LEADING
    yield "euler", 10, 0.0, SD | V | TRAILING
    yield "euler", 10, 0.0, SD | SAMPLE | {"final_sigmas_type": "sigma_min"}
    yield "euler", 10, 0.0, SD | KARRAS
    yield "euler", 10, 0.0, SD | KARRAS | {"sigma_min": 0.1, "sigma_max": 10.0}
    yield "euler", 8, 0.0, SD | V | ZERO_SNR
    yield "euler", 8, 0.0, SD | V | {"timestep_type": "continuous"}
    yield "euler", 9, 0.0, COSINE

    yield from [("euler_ancestral", steps, 0.0, SD) for steps in (1, 2, 12)]
    yield "euler_ancestral", 8, 0.0, SD | LEADING
    yield "euler_ancestral", 8, 0.0, SD | V | TRAILING
    yield "euler_ancestral", 8, 0.0, SD, 3

    yield from [("heun", steps, 0.0, SD) for steps in (1, 2, 7)]
    yield "heun", 6, 0.0, {}
    yield "heun", 6, 0.0, SD | LEADING | {"clip_sample": True, "clip_sample_range": 0.8}
    yield "heun", 6, 0.0, SD | V | TRAILING
    yield "heun", 6, 0.0, SD | SAMPLE | KARRAS
    yield "heun", 6, 0.0, SD, 4

    yield from [("lms", steps, 0.0, SD) for steps in (1, 2, 7, 20)]
    yield "lms", 8, 0.0, SD | LEADING
    yield "lms", 8, 0.0, SD | V | TRAILING
    yield "lms", 8, 0.0, SD | SAMPLE | KARRAS

    yield from [("dpmsolver++", steps, 0.0, SD) for steps in (1, 2, 7, 20, 30)]
    yield "dpmsolver++", 10, 0.0, {}
    yield "dpmsolver++", 10, 0.0, SD | LEADING
    yield "dpmsolver++", 10, 0.0, SD | V | TRAILING
    yield "dpmsolver++", 10, 0.0, SD | SAMPLE
    yield "dpmsolver++", 10, 0.0, SD | {"solver_type": "heun"}
    yield "dpmsolver++", 10, 0.0, SD | {"solver_order": 1}
    yield "dpmsolver++", 10, 0.0, SD | {"solver_order": 3}
    yield "dpmsolver++", 17, 0.0, SD | V | {"solver_order": 3}
    yield "dpmsolver++", 20, 0.0, SD | KARRAS
    yield "dpmsolver++", 20, 0.0, SD | {"final_sigmas_type": "sigma_min"}
    yield "dpmsolver++", 10, 0.0, SD | {"final_sigmas_type": "sigma_min"}
    yield "dpmsolver++", 20, 0.0, SD | {"final_sigmas_type": "sigma_min", "euler_at_final": True}
    yield "dpmsolver++", 12, 0.0, COSINE | {"lambda_min_clipped": -5.1}
    yield "dpmsolver++", 10, 0.0, SD | LEADING, 4
    yield from [("dpmsolver++", steps, 0.0, SD | SDE) for steps in (1, 2, 16)]
    yield "dpmsolver++", 8, 0.0, SD | SDE | V | TRAILING | {"solver_type": "heun"}
    yield "dpmsolver++", 9, 0.0, SD | SDE | KARRAS | {"solver_order": 3}

    yield from [("unipc", steps, 0.0, SD) for steps in (1, 2, 7, 20)]
    yield "unipc", 8, 0.0, {}
    yield "unipc", 8, 0.0, SD | LEADING
    yield "unipc", 8, 0.0, SD | V | TRAILING
    yield "unipc", 8, 0.0, SD | SAMPLE | {"solver_type": "bh1", "final_sigmas_type": "sigma_min"}
    yield "unipc", 10, 0.0, SD | {"solver_order": 3, "disable_corrector": [1, 2]}
    yield "unipc", 10, 0.0, SD | V | {"solver_order": 3, "solver_type": "bh1", "final_sigmas_type": "sigma_min"}
    yield "unipc", 8, 0.0, SD | {"predict_x0": False, "final_sigmas_type": "sigma_min"}
    yield "unipc", 8, 0.0, SD | KARRAS | {"final_sigmas_type": "sigma_min"}
    yield "unipc", 8, 0.0, SD | KARRAS | {"sigma_min": 0.1, "sigma_max": 10.0}
    yield "unipc", 8, 0.0, SD, 3

    yield from [("lcm", steps, 0.0, SD1) for steps in (1, 2, 4, 50)]
    yield "lcm", 5, 0.0, V | {"clip_sample": True, "timestep_scaling": 0.01}
    yield "lcm", 6, 0.0, SD | SAMPLE | {"original_inference_steps": 30}

    yield from [("tcd", steps, eta, SD1) for steps, eta in ((1, 0.0), (2, 0.3), (4, 0.0), (4, 0.3), (50, 1.0))]
    yield "tcd", 5, 0.7, V | {"rescale_betas_zero_snr": True}
    yield "tcd", 6, 0.2, SD | SAMPLE | {"original_inference_steps": 30}

    yield from levels()
    yield from solvers()


def levels():
    """Levels that do not follow the timesteps, and predictions that are held within bounds."""
    for name in ("euler", "heun", "lms", "dpmsolver++", "unipc", "deis", "kdpm2", "kdpm2_ancestral", "dpmsolver++-singlestep"):
        yield name, 8, 0.0, SD | EXPONENTIAL
        yield name, 9, 0.0, SD | BETA
    yield "euler", 7, 0.0, SD | BETA | LEADING | {"sigma_min": 0.1, "sigma_max": 10.0}
    yield "euler", 7, 0.0, SD | EXPONENTIAL | TRAILING | LOWEST | {"sigma_min": 0.1, "sigma_max": 10.0}
    yield "euler", 7, 0.0, SD | {"interpolation_type": "log_linear"}
    yield "euler", 8, 0.0, SD | {"interpolation_type": "log_linear"} | KARRAS | V
    yield "unipc", 7, 0.0, SD | BETA | LOWEST | {"sigma_min": 0.1, "sigma_max": 10.0}
    yield "unipc", 8, 0.0, SD | EXPONENTIAL | LOWEST
    yield "dpmsolver++", 8, 0.0, SD | LU
    yield "dpmsolver++", 20, 0.0, SD | SDE | BETA
    for name in ("dpmsolver++", "unipc", "deis", "dpmsolver++-singlestep"):
        yield name, 9, 0.0, SD | FLOW
        yield name, 6, 0.0, SD | FLOW | {"flow_shift": 1.0, "solver_order": 3}
        yield name, 8, 0.0, SD | FLOW | {"prediction_type": "epsilon"}
        yield name, 8, 0.0, SD | THRESHOLD
    yield "dpmsolver++", 9, 0.0, SD | FLOW | LOWEST
    yield "unipc", 9, 0.0, SD | FLOW | LOWEST
    for name in ("ddim", "ddpm", "lcm"):
        yield name, 8, 0.0, SD | THRESHOLD | {"clip_sample": True}
        yield name, 6, 0.0, SD | V | {"thresholding": True}
    yield "dpmsolver++", 8, 0.0, SD | THRESHOLD | NOISE
    yield "dpmsolver++", 8, 0.0, SD | {"thresholding": True, "sample_max_value": 0.5}


def solvers():
    for order in (1, 2, 3):
        yield "dpmsolver++", 10, 0.0, SD | NOISE | {"solver_order": order}
        yield "deis", 10, 0.0, SD | {"solver_order": order}
        for steps in (6, 7, 8, 9):
            yield "dpmsolver++-singlestep", steps, 0.0, SD | {"solver_order": order}
        yield "dpmsolver++-singlestep", 9, 0.0, SD | LOWEST | {"solver_order": order, "solver_type": "heun"}
        yield "dpmsolver++-singlestep", 12, 0.0, SD | NOISE | {"solver_order": order, "lower_order_final": True}
        yield "dpmsolver++-singlestep", 8, 0.0, SD | SDE | {"solver_order": order, "solver_type": "heun"}
        yield "edm_dpmsolver++", 9, 0.0, {"solver_order": order}
    yield "dpmsolver++", 10, 0.0, SD | NOISE | V | {"solver_type": "heun"}
    yield "dpmsolver++", 20, 0.0, SD | NOISE | TRAILING | {"solver_order": 3}
    for solver in ("midpoint", "heun"):
        yield "dpmsolver++", 9, 0.0, SD | SDE_NOISE | {"solver_type": solver}
        yield "dpmsolver++-singlestep", 8, 0.0, SD | SDE | {"solver_type": solver}
        yield "dpmsolver++-singlestep", 9, 0.0, SD | NOISE | SAMPLE | {"solver_order": 3, "solver_type": solver}
    yield "dpmsolver++", 9, 0.0, SD | SDE_NOISE | SAMPLE | {"solver_order": 1}
    yield "dpmsolver++-singlestep", 8, 0.0, SD | V | KARRAS
    yield "dpmsolver++-singlestep", 8, 0.0, SD, 2
    yield "dpmsolver++-singlestep", 8, 0.0, COSINE | {"lambda_min_clipped": -5.1}
    yield from [("dpmsolver++-singlestep", steps, 0.0, SD) for steps in (1, 2, 3)]
    yield from [("deis", steps, 0.0, SD) for steps in (1, 2, 20)]
    yield "deis", 17, 0.0, SD | V | TRAILING | {"solver_order": 3}
    yield "deis", 8, 0.0, SD | KARRAS | SAMPLE
    yield "deis", 8, 0.0, SD | LEADING | {"lower_order_final": False}, 3
    for name in ("kdpm2", "kdpm2_ancestral"):
        yield from [(name, steps, 0.0, SD) for steps in (1, 4, 8)]
        yield name, 5, 0.0, {}
        yield name, 9, 0.0, SD | V | TRAILING
        yield name, 8, 0.0, SD | KARRAS | LEADING
        yield name, 8, 0.0, SD, 4
    for name in ("edm_euler", "edm_dpmsolver++"):
        yield from [(name, steps, 0.0, {}) for steps in (1, 2, 18)]
        yield name, 7, 0.0, V | {"sigma_data": 1.0, "rho": 5.0, "sigma_min": 0.01, "sigma_max": 40.0}
        yield name, 8, 0.0, {"sigma_schedule": "exponential"} | LOWEST
        yield name, 8, 0.0, {}, 3
    yield "edm_dpmsolver++", 8, 0.0, SDE | {"solver_type": "heun"}
    yield "edm_dpmsolver++", 8, 0.0, SDE
    yield "edm_dpmsolver++", 8, 0.0, THRESHOLD | {"solver_type": "heun", "euler_at_final": True} | LOWEST


def numbers(tensor):
    assert torch.isfinite(tensor).all()
    return [float(f"{value:.8g}") for value in tensor.flatten().tolist()]


def trajectory(name, steps, eta, config, first=0):
    scheduler = CLASSES[name](**config)
    scheduler.set_timesteps(steps)
    if first and hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(first)
    timesteps = scheduler.timesteps[first:]
    start = torch.tensor([-1.7, 0.05, 2.3]).reshape(1, 3, 1, 1)
    noises, states, inputs = [], [], []
    generator, copy = torch.Generator().manual_seed(3), torch.Generator().manual_seed(3)
    sample = start * scheduler.init_noise_sigma
    entering = [numbers(sample)]
    draws = eta > 0 or name in STOCHASTIC or config.get("algorithm_type", "").startswith("sde-")
    for call, timestep in enumerate(timesteps):
        shown = scheduler.scale_model_input(sample, timestep)
        output = torch.tanh(0.8 * shown + float(timestep) / 1000 - 0.3)
        extra = {"generator": generator} if draws else {}
        sample = scheduler.step(output, timestep, sample, **extra, **({"eta": eta} if eta or name == "tcd" else {})).prev_sample
        inputs.append(numbers(shown))
        states.append(numbers(sample))
        # The midpoint method draws with the second call of each step only.
        is_idle = name == "kdpm2_ancestral" and call % 2 == 0
        noises.append(numbers(torch.zeros(sample.shape) if is_idle else torch.randn(sample.shape, generator=copy)))
    case = {
        "scheduler": name, "steps": steps, "eta": eta, "config": config, "first": first,
        "scale": float(scheduler.init_noise_sigma), "start": numbers(start), "timesteps": numbers(scheduler.timesteps),
        "states": states,
    }
    if any(shown != state for shown, state in zip(inputs, entering + states)):
        case["inputs"] = inputs
    if draws:
        case["noises"] = noises
    if hasattr(scheduler, "add_noise"):
        scheduler.set_timesteps(steps)
        middle = steps // 2
        noise = torch.tensor([0.3, 1.1, -2.0]).reshape(1, 3, 1, 1)
        case["noisy"] = numbers(scheduler.add_noise(start, noise, scheduler.timesteps[middle : middle + 1]))
    return case


def write(path):
    lines = [json.dumps(trajectory(*case), separators=(",", ":")) for case in cases()]
    Path(path).write_text("[\n" + ",\n".join(lines) + "\n]\n")


if __name__ == "__main__":
    write(sys.argv[1])
