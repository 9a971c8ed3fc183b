"""Writes the model as a diffusers directory, f16, replacing the old one in one move."""

import argparse
import json
import os
import shutil
from pathlib import Path

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from transformers import CLIPModel, CLIPTextConfig, CLIPTextModel

import models
import tokenizer
from common import OUT, load

MEAN = STD = [0.5, 0.5, 0.5]  # CLIP's images are normalised as the VAE's: to [-1, 1]


def write(folder, random=False, checkpoint="unet"):
    folder = Path(folder)
    new = folder.with_name(folder.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    torch.manual_seed(0)
    tok = tokenizer.build()
    shutil.copytree(OUT / "tokenizer", new / "tokenizer")

    clip = models.new_clip(tok) if random or not (OUT / "clip").exists() else CLIPModel.from_pretrained(OUT / "clip")
    clip.half().save_pretrained(new / "clip")
    text = CLIPTextModel(CLIPTextConfig(**clip.config.text_config.to_dict()))
    weights = {k.removeprefix("text_model."): v for k, v in clip.state_dict().items() if k.startswith("text_model.")}
    if any(k.startswith("text_model.") for k in text.state_dict()):
        weights = {f"text_model.{k}": v for k, v in weights.items()}
    text.load_state_dict(weights)
    text.half().save_pretrained(new / "text_encoder")
    preprocess = dict(
        image_processor_type="CLIPImageProcessor", crop_size=dict(height=64, width=64), size=dict(shortest_edge=64),
        do_resize=True, do_center_crop=True, do_rescale=True, do_normalize=True, do_convert_rgb=True,
        rescale_factor=1 / 255, resample=3, image_mean=MEAN, image_std=STD,
    )
    (new / "clip" / "preprocessor_config.json").write_text(json.dumps(preprocess, indent=2) + "\n")

    vae = models.new_vae() if random or not (OUT / "vae").exists() else AutoencoderKL.from_pretrained(OUT / "vae")
    vae.half().save_pretrained(new / "vae")

    unet = models.new_unet()
    state = None if random else load(OUT / f"{checkpoint}.pt")
    if state:
        for p, m in zip(unet.parameters(), state["average"]):
            p.data.copy_(m)
    unet.half().save_pretrained(new / "unet")
    models.new_scheduler().save_pretrained(new / "scheduler")
    index = {
        "_class_name": "StableDiffusionPipeline", "_diffusers_version": "0.42.1",
        "feature_extractor": [None, None], "image_encoder": [None, None], "requires_safety_checker": False,
        "safety_checker": [None, None], "scheduler": ["diffusers", "DDIMScheduler"],
        "text_encoder": ["transformers", "CLIPTextModel"], "tokenizer": ["transformers", "CLIPTokenizer"],
        "unet": ["diffusers", "UNet2DConditionModel"], "vae": ["diffusers", "AutoencoderKL"],
    }
    (new / "model_index.json").write_text(json.dumps(index, indent=2) + "\n")
    for path in new.rglob("*.json"):  # where it was trained is no one's business
        values = json.loads(path.read_text())
        if isinstance(values, dict) and values.pop("_name_or_path", None) is not None:
            path.write_text(json.dumps(values, indent=2) + "\n")
    old = folder.with_name(folder.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        os.rename(folder, old)
    os.rename(new, folder)
    shutil.rmtree(old, ignore_errors=True)


if __name__ == "__main__":
    a = argparse.ArgumentParser()
    a.add_argument("folder")
    a.add_argument("--random", action="store_true", help="untrained weights of the same shapes")
    a.add_argument("--checkpoint", default="unet", help="unet, or unet-cool after a cool-down")
    a = a.parse_args()
    write(a.folder, a.random, a.checkpoint)
