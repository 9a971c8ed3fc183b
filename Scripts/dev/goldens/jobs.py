"""Jobs beyond text to image, as diffusers' pipelines do them on the small checkpoints."""

import numpy as np
import torch
from diffusers import (
    DDIMScheduler,
    EulerDiscreteScheduler,
    HeunDiscreteScheduler,
    PNDMScheduler,
    StableDiffusionImg2ImgPipeline,
    StableDiffusionInpaintPipeline,
    StableDiffusionPipeline,
)
from PIL import Image

import outputs

SEED, STEPS, GUIDANCE = 11, 6, 5.0
PICTURES = {"tiny-sd1": (32, 48), "tiny-sd2": (64, 128), "tiny-inpaint": (32, 24)}
SCHEDULERS = {"ddim": DDIMScheduler, "euler": EulerDiscreteScheduler, "heun": HeunDiscreteScheduler, "pndm": PNDMScheduler}
LONG = " ".join(["a cat and a dog wearing a hat"] * 14)


def picture(height, width):
    """{height, width, 3} in [0, 1], in steps of bytes."""
    return ((outputs.test_picture(height, width).permute(1, 2, 0) + 1) * 127.5).round().clamp(0, 255).numpy().astype(np.uint8)


def hole(height, width):
    """A mask with grey values: 255 is painted anew."""
    mask = np.zeros((height, width), dtype=np.uint8)
    mask[height // 4 : height // 2 + 3, width // 3 :] = 255
    mask[: height // 8, : width // 4] = 100
    return mask


def pipe(kind, root, name, scheduler):
    pipeline = kind.from_pretrained(
        root / name, safety_checker=None, requires_safety_checker=False, torch_dtype=torch.float32, low_cpu_mem_usage=False
    )
    pipeline.scheduler = SCHEDULERS[scheduler].from_pretrained(root / name, subfolder="scheduler")
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def run(pipeline, **options):
    return pipeline(
        outputs.RUN_PROMPT, generator=torch.Generator().manual_seed(SEED), num_inference_steps=STEPS,
        guidance_scale=GUIDANCE, output_type="latent", **options,
    ).images[0]


@torch.no_grad()
def outputs_of(root):
    out = {}
    for name, (height, width) in PICTURES.items():
        out[f"{name}.picture"], out[f"{name}.mask"] = torch.tensor(picture(height, width)), torch.tensor(hole(height, width))
    for name, scheduler, strength in [
        ("tiny-sd1", "ddim", 0.8), ("tiny-sd1", "pndm", 0.6), ("tiny-sd1", "heun", 0.5), ("tiny-sd2", "euler", 0.7),
    ]:
        pipeline = pipe(StableDiffusionImg2ImgPipeline, root, name, scheduler)
        image = Image.fromarray(picture(*PICTURES[name]))
        out[f"image.{name}.{scheduler}"] = run(pipeline, image=image, strength=strength)
    for name, scheduler, strength in [
        ("tiny-sd1", "ddim", 1.0), ("tiny-sd1", "euler", 0.75), ("tiny-inpaint", "ddim", 1.0), ("tiny-inpaint", "euler", 0.5),
    ]:
        height, width = PICTURES[name]
        pipeline = pipe(StableDiffusionInpaintPipeline, root, name, scheduler)
        out[f"inpaint.{name}.{scheduler}"] = run(
            pipeline, image=Image.fromarray(picture(height, width)), mask_image=Image.fromarray(hole(height, width)),
            height=height, width=width, strength=strength,
        )
    return out | batch_outputs(root) | long_outputs(root)


def batch_outputs(root):
    """Two pictures from two seeds and prompts, on a map that is not square, with negative prompts."""
    pipeline = pipe(StableDiffusionPipeline, root, "tiny-sd1", "ddim")
    images = pipeline(
        ["a cat", "a dog and a car"], negative_prompt=["a hat", "the road"],
        generator=[torch.Generator().manual_seed(seed) for seed in (SEED, SEED + 1)], num_inference_steps=STEPS,
        guidance_scale=GUIDANCE, output_type="latent", height=48, width=32,
    ).images
    return {"batch": images}


def long_outputs(root):
    """A prompt of more than 75 tokens in chunks, each with its own start and end, and weighted words: the definitions of
    AUTOMATIC1111's web interface and of diffusers' community pipeline lpw, written out."""
    pipeline = pipe(StableDiffusionPipeline, root, "tiny-sd1", "ddim")

    def encode(ids):
        return pipeline.text_encoder(torch.tensor([ids])).last_hidden_state[0]

    def content(text):
        return pipeline.tokenizer(text, add_special_tokens=False, verbose=False).input_ids

    begin, end, pad = (getattr(pipeline.tokenizer, f"{kind}_token_id") for kind in ("bos", "eos", "pad"))
    ids = content(LONG)
    chunks = [ids[start : start + 75] for start in range(0, len(ids), 75)]
    padded = [[begin, *chunk, end, *[pad] * (75 - len(chunk))] for chunk in chunks]
    out = {"long.embedding": torch.cat([encode(chunk) for chunk in padded]), "long.chunks": torch.tensor([float(len(chunks))])}

    pieces = [("a ", 1.0), ("cat", 1.3), (" and a ", 1.0), ("red", 1.1), (" ", 1.0), ("dog", 1 / 1.1), (" (with) glasses", 1.0)]
    ids, weights = [begin], [1.0]
    for text, weight in pieces:
        tokens = content(text)
        ids, weights = ids + tokens, weights + [weight] * len(tokens)
    ids, weights = ids + [end] + [pad] * (76 - len(ids)), weights + [1.0] * (77 - len(weights))
    plain = encode(ids)
    weighted = plain * torch.tensor(weights)[:, None]
    out["weighted.embedding"] = weighted * plain.mean() / weighted.mean()
    return out
