"""Models distilled for few steps, as diffusers runs them: Turbo, Lightning, trajectory and latent consistency models."""

import tempfile
from pathlib import Path

import torch
from diffusers import (
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    LatentConsistencyModelImg2ImgPipeline,
    LatentConsistencyModelPipeline,
    LCMScheduler,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    TCDScheduler,
    UNet2DConditionModel,
)
from PIL import Image

import jobs
import models
import outputs
import sdxl
import sdxl_jobs
import synthetic

SEED, TRAILING = 31, {"timestep_spacing": "trailing"}
GUIDANCE_WIDTH = 10


def make_lcm(folder: Path):
    """What replaces files of tiny-sd1."""
    unet = UNet2DConditionModel(
        sample_size=16, block_out_channels=(8, 12), layers_per_block=1, norm_num_groups=4, attention_head_dim=2,
        cross_attention_dim=32, down_block_types=["CrossAttnDownBlock2D", "DownBlock2D"],
        up_block_types=["UpBlock2D", "CrossAttnUpBlock2D"], time_cond_proj_dim=GUIDANCE_WIDTH,
    )
    models.randomize(unet, 91, [*models.SHARP, ("cond_proj", 1.0)]).save_config(folder / "unet")
    models.write(folder / "unet/diffusion_pytorch_model.safetensors", unet.state_dict(), torch.float16)
    models.write_json(folder / "scheduler/scheduler_config.json", {
        "_class_name": "LCMScheduler", "_diffusers_version": "0.42.1", "beta_end": 0.012, "beta_schedule": "scaled_linear",
        "beta_start": 0.00085, "clip_sample": False, "num_train_timesteps": 1000, "original_inference_steps": 50,
        "prediction_type": "epsilon", "set_alpha_to_one": True, "steps_offset": 1, "timestep_scaling": 10.0,
        "timestep_spacing": "leading",
    })
    models.write_json(folder / "model_index.json", {
        "_class_name": "LatentConsistencyModelPipeline", "_diffusers_version": "0.42.1", "feature_extractor": [None, None],
        "image_encoder": [None, None], "requires_safety_checker": True, "safety_checker": [None, None],
        "scheduler": ["diffusers", "LCMScheduler"], "text_encoder": ["transformers", "CLIPTextModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"], "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
    })


def generator():
    return torch.Generator().manual_seed(SEED)


def run(pipeline, prompt, steps, guidance, **options):
    pipeline.set_progress_bar_config(disable=True)
    return pipeline(
        prompt, num_inference_steps=steps, guidance_scale=guidance, generator=generator(), output_type="latent", **options,
    ).images[0]


@torch.no_grad()
def outputs_of(root):
    return turbo(root) | consistency(root) | lcm(root) | lcm_xl(root)


def turbo(root):
    out, xl = {}, sdxl.load(root / "tiny-sdxl")
    for steps in (1, 2):
        xl.scheduler = EulerAncestralDiscreteScheduler.from_config(xl.scheduler.config, **TRAILING)
        out[f"turbo.xl.{steps}"] = run(xl, sdxl.PROMPT, steps, 0.0, height=32, width=32)
    # Lightning: Euler, trailing, and for one step a model that predicts the clean sample.
    for steps, kind in ((4, "epsilon"), (1, "sample")):
        xl.scheduler = EulerDiscreteScheduler.from_config(xl.scheduler.config, **TRAILING, prediction_type=kind)
        out[f"lightning.{steps}"] = run(xl, sdxl.PROMPT, steps, 0.0, height=32, width=32)
    pipeline = StableDiffusionPipeline.from_pretrained(
        root / "tiny-sd2", safety_checker=None, requires_safety_checker=False, torch_dtype=torch.float32, low_cpu_mem_usage=False)
    for steps in (1, 3):
        pipeline.scheduler = EulerDiscreteScheduler.from_config(
            pipeline.scheduler.config, **TRAILING, prediction_type="epsilon")
        out[f"turbo.sd2.{steps}"] = run(pipeline, outputs.RUN_PROMPT, steps, 0.0)
    return out


def consistency(root):
    xl, out = sdxl.load(root / "tiny-sdxl"), {}
    for eta in (0.0, 0.3, 1.0):
        xl.scheduler = TCDScheduler.from_config(xl.scheduler.config)
        out[f"tcd.{eta}"] = run(xl, sdxl.PROMPT, 4, 0.0, eta=eta, height=32, width=32)
    return out


def lcm(root):
    out, image = {}, jobs.picture(32, 24)
    out["picture"] = torch.tensor(image)
    with tempfile.TemporaryDirectory() as folder:
        model = sdxl_jobs.overlaid(root / "tiny-sd1", root / "tiny-lcm", Path(folder) / "model")
        options = dict(safety_checker=None, requires_safety_checker=False, torch_dtype=torch.float32, low_cpu_mem_usage=False)
        pipeline = LatentConsistencyModelPipeline.from_pretrained(model, **options)
        for guidance in (8.5, 1.0):
            out[f"lcm.{guidance}"] = run(pipeline, outputs.RUN_PROMPT, 4, guidance, height=32, width=32)
        text = outputs.embed(pipeline, [outputs.RUN_PROMPT])
        weights = pipeline.get_guidance_scale_embedding(torch.tensor([6.5]), embedding_dim=GUIDANCE_WIDTH)
        sample = outputs.random((1, 4, 16, 12), 92)
        out |= {"lcm.sample": sample[0], "lcm.out": pipeline.unet(sample, 259, text, timestep_cond=weights).sample[0]}
        pipeline = LatentConsistencyModelImg2ImgPipeline.from_pretrained(model, **options)
        for strength in (0.5, 1.0):
            out[f"lcm.image.{strength}"] = run(
                pipeline, outputs.RUN_PROMPT, 3, 8.5, image=Image.fromarray(image), strength=strength)
    return out


def lcm_xl(root):
    """The small Stable Diffusion XL with a layer for the guidance, whose weights are made by name."""
    xl = sdxl.load(root / "tiny-sdxl")
    config = dict(xl.unet.config) | {"time_cond_proj_dim": GUIDANCE_WIDTH}
    unet = UNet2DConditionModel.from_config(config)
    width = unet.time_embedding.cond_proj.out_features
    layer = synthetic.tensor("time_embedding.cond_proj.weight", width, GUIDANCE_WIDTH)
    unet.load_state_dict(xl.unet.state_dict() | {"time_embedding.cond_proj.weight": layer})
    xl.unet = unet.eval()
    xl.scheduler = LCMScheduler.from_config(xl.scheduler.config)
    return {"lcm.xl": run(xl, sdxl.PROMPT, 4, 8.0, height=32, width=32)}
