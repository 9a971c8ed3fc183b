"""Reference outputs of a whole model, for `Scripts/dev/parity`: `reference.py WORK`, with the model at WORK/model."""

import sys
from pathlib import Path

import torch

import outputs
from generate import save


def main(work: Path):
    torch.set_num_threads(1)
    model = work / "model"
    pipeline = outputs.load(model)
    side = pipeline.unet.config.sample_size
    daam, note = outputs.daam_outputs(pipeline, 4, side, side)
    clip = outputs.clip_outputs(model / "clip") if (model / "clip/config.json").exists() else {}
    save(work / "model.safetensors", {
        **outputs.text_outputs(pipeline, outputs.PROMPTS[:2]), **outputs.unet_outputs(pipeline),
        **outputs.vae_outputs(pipeline), **outputs.run_outputs(pipeline, 30, keep_steps=False),
        **outputs.inversion_outputs(pipeline), **daam, **clip,
    })
    outputs.dump(work / "cases.json", {
        "prompt": outputs.RUN_PROMPT, "daam": {"model": note}, "tokens": {"model": outputs.tokens_of(model)},
    })


main(Path(sys.argv[1]))
