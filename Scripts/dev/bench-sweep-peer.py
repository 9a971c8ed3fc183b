"""Python's side of `bench sweep`: diffusers, in batches, float32, pictures decoded and written. Prints the seconds."""

import sys
import time
from pathlib import Path

import torch
from diffusers import DDIMScheduler, StableDiffusionPipeline

PROMPTS = ["a cat and a dog", "a red car", "an owl", "a house"]


def main(model, out, count, batch):
    pipeline = StableDiffusionPipeline.from_pretrained(
        model, torch_dtype=torch.float32, safety_checker=None, requires_safety_checker=False)
    pipeline.scheduler = DDIMScheduler.from_config(pipeline.scheduler.config)
    pipeline.set_progress_bar_config(disable=True)
    Path(out).mkdir(parents=True, exist_ok=True)

    def draw(seeds):
        generators = [torch.Generator("cpu").manual_seed(seed) for seed in seeds]
        return pipeline([PROMPTS[seed % 4] for seed in seeds], num_inference_steps=30, guidance_scale=7.5,
                        height=64, width=64, generator=generators).images

    draw([0])
    start = time.perf_counter()
    for first in range(1, count + 1, batch):
        seeds = range(first, min(first + batch, count + 1))
        for seed, image in zip(seeds, draw(list(seeds))):
            image.save(f"{out}/{seed}.png")
    print(f"{time.perf_counter() - start:.4f}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
