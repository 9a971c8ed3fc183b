"""Pictures from pictures with Stable Diffusion XL, as diffusers' pipelines make them: by the small model of sdxl.py, and
for inpainting by nine channels also by one whose configs have other values than the published ones."""

import json
import shutil
import tempfile
from pathlib import Path

import numpy as np
import torch
from diffusers import (
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    StableDiffusionXLImg2ImgPipeline,
    StableDiffusionXLInpaintPipeline,
    UNet2DConditionModel,
)
from PIL import Image

import jobs
import models
import sdxl

# Few steps, and a seed with which weights that are changed by 1e-6 of themselves change no result by more than 6e-4: with
# others this model, whose attention is sharp, makes 5e-3 of it.
HEIGHT, WIDTH, STEPS, SEED = 32, 24, 4, 24
SCHEDULERS = {
    "ddim": DDIMScheduler, "dpmsolver++": DPMSolverMultistepScheduler, "euler": EulerDiscreteScheduler,
    "euler_ancestral": EulerAncestralDiscreteScheduler,
}


def make_inpaint(folder: Path, base: Path):
    """What replaces files of `base`: nine channels, and a value other than the published one for every setting."""
    unet = UNet2DConditionModel(
        sample_size=[16, 12], in_channels=9, block_out_channels=(8, 12), layers_per_block=1, norm_num_groups=2, norm_eps=1e-3,
        down_block_types=["CrossAttnDownBlock2D", "DownBlock2D"], up_block_types=["UpBlock2D", "CrossAttnUpBlock2D"],
        transformer_layers_per_block=[3, 1], attention_head_dim=[4, 2], cross_attention_dim=40, use_linear_projection=False,
        addition_embed_type="text_time", addition_time_embed_dim=6, projection_class_embeddings_input_dim=20 + 6 * 6,
        flip_sin_to_cos=False, freq_shift=1, act_fn="gelu", time_embedding_dim=20, downsample_padding=0,
    )
    models.randomize(unet, 81, [*models.SHARP, ("attn2.to_k", 1.5)]).save_config(folder / "unet")
    models.write(folder / "unet/diffusion_pytorch_model.safetensors", unet.state_dict(), torch.float16)
    end = json.loads((base / "text_encoder/config.json").read_text())["eos_token_id"]
    changes = {
        "text_encoder_2/config.json": {"eos_token_id": end, "hidden_act": "quick_gelu", "layer_norm_eps": 1e-4},
        "vae/config.json": {"scaling_factor": 0.2, "force_upcast": False},
        "scheduler/scheduler_config.json": {"prediction_type": "v_prediction", "timestep_spacing": "trailing"},
        "model_index.json": {
            "_class_name": "StableDiffusionXLInpaintPipeline", "force_zeros_for_empty_prompt": False,
            "requires_aesthetics_score": False,
        },
    }
    for name, values in changes.items():
        models.write_json(folder / name, json.loads((base / name).read_text()) | values)


def overlaid(base: Path, folder: Path, place: Path):
    """A whole model: that of `base`, with the files of `folder` in place of its own."""
    shutil.copytree(base, place, dirs_exist_ok=True)
    for stale in [] if not (folder / "unet").exists() else (place / "unet").iterdir():
        stale.unlink()
    shutil.copytree(folder, place, dirs_exist_ok=True)
    return place


def pipe(kind, directory, scheduler):
    pipeline = kind.from_pretrained(directory, torch_dtype=torch.float32, add_watermarker=False, low_cpu_mem_usage=False)
    pipeline.scheduler = SCHEDULERS[scheduler].from_config(pipeline.scheduler.config)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def run(pipeline, **options):
    return pipeline(
        sdxl.PROMPT, generator=torch.Generator().manual_seed(SEED), num_inference_steps=STEPS, guidance_scale=4.0,
        output_type="latent", **options,
    ).images[0]


@torch.no_grad()
def outputs_of(root):
    picture, hole = jobs.picture(HEIGHT, WIDTH), jobs.hole(HEIGHT, WIDTH)
    out = {"picture": torch.tensor(picture), "mask": torch.tensor(hole)}
    image, mask = Image.fromarray(picture), Image.fromarray(np.asarray(hole))
    sizes = {"original_size": (64, 48), "crops_coords_top_left": (3, 5), "target_size": (40, 36)}
    for scheduler, strength, options in [
        ("euler", 0.7, {}), ("ddim", 0.5, {"negative_prompt": sdxl.NEGATIVE}), ("dpmsolver++", 0.9, {"negative_prompt": ""} | sizes),
        ("euler_ancestral", 0.6, {}),
    ]:
        pipeline = pipe(StableDiffusionXLImg2ImgPipeline, root / "tiny-sdxl", scheduler)
        out[f"image.{scheduler}"] = run(pipeline, image=image, strength=strength, **options)
    with tempfile.TemporaryDirectory() as folder:
        nine = overlaid(root / "tiny-sdxl", root / "tiny-sdxl-inpaint", Path(folder) / "model")
        for name, directory, scheduler, strength in [
            ("four", root / "tiny-sdxl", "euler", 1.0), ("four", root / "tiny-sdxl", "euler_ancestral", 0.7),
            ("nine", nine, "euler", 1.0), ("nine", nine, "euler_ancestral", 0.7), ("nine", nine, "ddim", 0.99),
        ]:
            pipeline = pipe(StableDiffusionXLInpaintPipeline, directory, scheduler)
            out[f"inpaint.{name}.{scheduler}"] = run(
                pipeline, image=image, mask_image=mask, height=HEIGHT, width=WIDTH, strength=strength)
    return out
