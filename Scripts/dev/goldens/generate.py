"""Makes the test checkpoints and everything the tests hold Lunette against: `generate.py DIRECTORY` (run it through `generate`)."""

import shutil
import sys
from pathlib import Path

import safetensors.torch
import torch

import adapters
import configs
import few_steps
import gradients
import jobs
import models
import outputs
import peft_adapters
import product_adapters
import schedulers
import sdxl
import sdxl_jobs
import single_file
import tiles


def save(path, tensors):
    def plain(value):
        value = value.detach().contiguous()
        return value if value.dtype == torch.uint8 else value.float()

    path.write_bytes(safetensors.torch.save({name: plain(value) for name, value in sorted(tensors.items())}))


def main(root: Path):
    torch.set_num_threads(1)
    shutil.rmtree(root, ignore_errors=True)
    models.make_sd1(root / "tiny-sd1")
    models.make_sd2(root / "tiny-sd2")
    models.make_inpaint(root / "tiny-inpaint")
    models.make_pixel(root / "tiny-pixel")
    tokens, notes = {}, {}
    for name, (height, width) in {"tiny-sd1": (8, 12), "tiny-sd2": (16, 8)}.items():
        pipeline = outputs.load(root / name)
        daam, notes[name] = outputs.daam_outputs(pipeline, 4, height, width)
        save(root / f"{name}.safetensors", {
            **outputs.text_outputs(pipeline, [outputs.PROMPTS[0], ""]), **outputs.unet_outputs(pipeline),
            **outputs.vae_outputs(pipeline), **outputs.run_outputs(pipeline, 10, keep_steps=False),
            **outputs.inversion_outputs(pipeline), **daam,
        })
        tokens[name] = outputs.tokens_of(root / name)
    save(root / "clip.safetensors", outputs.clip_outputs(root / "tiny-sd1/clip"))
    save(root / "noise.safetensors", outputs.noise_outputs())
    gradients.main(root)
    save(root / "adapters.safetensors", adapters.write(root))
    save(root / "peft-adapters.safetensors", peft_adapters.write(root))
    save(root / "product-adapters.safetensors", product_adapters.write(root))
    save(root / "jobs.safetensors", jobs.outputs_of(root))
    save(root / "tiles.safetensors", tiles.write(root))
    single_file.write(root / "single-file.json", {
        "tiny-sd1": (root / "tiny-sd1", False), "tiny-inpaint": (root / "tiny-inpaint", True),
    })
    sdxl.make(root / "tiny-sdxl")
    save(root / "tiny-sdxl.safetensors", {**sdxl.outputs_of(root / "tiny-sdxl"), **sdxl.words(root / "tiny-sdxl")})
    sdxl.write_single_file(root / "single-file-sdxl.json", root / "tiny-sdxl")
    sdxl_jobs.make_inpaint(root / "tiny-sdxl-inpaint", root / "tiny-sdxl")
    save(root / "sdxl-jobs.safetensors", sdxl_jobs.outputs_of(root))
    few_steps.make_lcm(root / "tiny-lcm")
    save(root / "few-steps.safetensors", few_steps.outputs_of(root))
    schedulers.write(root / "toy-schedulers.json")
    configs.write(root / "configs.json", root)
    outputs.dump(root / "cases.json", {"prompt": outputs.RUN_PROMPT, "daam": notes, "tokens": tokens})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
