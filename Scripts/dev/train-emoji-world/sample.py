"""Sample sheets, drawn by diffusers from the exported directory."""

import argparse
import warnings

import numpy as np
import torch

from common import setup, sheet

SHEET = [
    "a cat", "a dog", "a man", "a robot", "a frog", "a penguin", "a car", "a boat", "an apple", "a burger",
    "a cactus", "a castle", "a clock", "a hammer", "a trumpet", "an umbrella", "a bat", "a mouse", "a cup", "a letter",
    "a cat and a pistol", "a pistol and a cat", "a dog and a car", "an apple and a banana", "a fox and a star",
    "a mouse and a computer", "a bat and a ball", "a lion next to a book", "a key above a moon", "a cat, a shoe and a pistol",
    "a man with glasses", "a cat wearing a hat", "a dog with a crown", "a man without glasses", "a red car",
    "a blue apple", "a striped shirt", "a wooden castle", "a cat on a blue background", "a boat on a beach",
]


def open_model(folder):
    warnings.filterwarnings("ignore")
    from diffusers import StableDiffusionPipeline
    from diffusers.utils import logging

    logging.set_verbosity_error()
    pipe = StableDiffusionPipeline.from_pretrained(folder, torch_dtype=torch.float32, safety_checker=None)
    pipe.unet.to(memory_format=torch.channels_last)
    pipe.vae.to(memory_format=torch.channels_last)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def draw(pipe, prompts, seeds, steps=30, guidance=5.0, batch=20):
    """uint8 (N, 64, 64, 3); one generator per image, so that batches do not matter."""
    out = []
    for i in range(0, len(prompts), batch):
        g = [torch.Generator().manual_seed(int(s)) for s in seeds[i:i + batch]]
        x = pipe(prompts[i:i + batch], generator=g, num_inference_steps=steps, guidance_scale=guidance, output_type="np").images
        out.append((x * 255).round().astype(np.uint8))
    return np.concatenate(out)


def main():
    a = argparse.ArgumentParser()
    a.add_argument("folder")
    a.add_argument("output")
    a.add_argument("--prompt", action="append")
    a.add_argument("--seed", type=int, default=1)
    a.add_argument("--count", type=int, default=1, help="seeds per prompt")
    a.add_argument("--steps", type=int, default=30)
    a.add_argument("--guidance", type=float, default=5.0)
    a.add_argument("--columns", type=int, default=10)
    a.add_argument("--zoom", type=int, default=2)
    a = a.parse_args()
    setup()
    prompts = [p for p in a.prompt or SHEET for _ in range(a.count)]
    seeds = [a.seed + i for i in range(len(prompts))]
    sheet(draw(open_model(a.folder), prompts, seeds, a.steps, a.guidance), a.columns, a.output, a.zoom)


if __name__ == "__main__":
    main()
