"""Stable Diffusion 1.5 at full size with random weights, in the diffusers layout: `make.py FOLDER`.

Shapes, names and configs are the published ones, numbers are f16; activations stay near 1, so that what is measured or compared
is as with real weights. 2.1 GB. The tokenizer is a small one (the published one is not needed to measure).
"""

import gc
import sys
from pathlib import Path

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "goldens"))
import bpe  # noqa: E402
import models  # noqa: E402

UNET = {
    "_class_name": "UNet2DConditionModel", "_diffusers_version": "0.6.0", "act_fn": "silu", "attention_head_dim": 8,
    "block_out_channels": [320, 640, 1280, 1280], "center_input_sample": False, "cross_attention_dim": 768,
    "down_block_types": ["CrossAttnDownBlock2D"] * 3 + ["DownBlock2D"], "downsample_padding": 1,
    "flip_sin_to_cos": True, "freq_shift": 0, "in_channels": 4, "layers_per_block": 2, "mid_block_scale_factor": 1,
    "norm_eps": 1e-05, "norm_num_groups": 32, "out_channels": 4, "sample_size": 64,
    "up_block_types": ["UpBlock2D"] + ["CrossAttnUpBlock2D"] * 3,
}
VAE = {
    "_class_name": "AutoencoderKL", "_diffusers_version": "0.6.0", "act_fn": "silu",
    "block_out_channels": [128, 256, 512, 512], "down_block_types": ["DownEncoderBlock2D"] * 4, "in_channels": 3,
    "latent_channels": 4, "layers_per_block": 2, "norm_num_groups": 32, "out_channels": 3, "sample_size": 512,
    "up_block_types": ["UpDecoderBlock2D"] * 4,
}


def text_config(vocabulary_size):
    return {
        "architectures": ["CLIPTextModel"], "bos_token_id": vocabulary_size - 2, "eos_token_id": vocabulary_size - 1,
        "hidden_act": "quick_gelu", "hidden_size": 768, "intermediate_size": 3072, "layer_norm_eps": 1e-05,
        "max_position_embeddings": 77, "model_type": "clip_text_model", "num_attention_heads": 12,
        "num_hidden_layers": 12, "pad_token_id": 1, "torch_dtype": "float16", "vocab_size": 49408,
    }


def component(folder, config, make, seed, rename=lambda name: name, gains=(), name="diffusion_pytorch_model"):
    models.write_json(folder / "config.json", config)
    module = models.randomize(make(config), seed, [*models.SHARP, *gains])
    models.write(folder / f"{name}.safetensors", module.state_dict(), torch.float16, rename)
    del module
    gc.collect()


def main(root: Path):
    vocabulary = bpe.write_slow(root / "tokenizer", 150)
    component(
        root / "text_encoder", text_config(len(vocabulary)), lambda config: CLIPTextModel(CLIPTextConfig(**config)), 51,
        lambda name: "text_model." + name.removeprefix("text_model."), name="model")
    component(root / "unet", UNET, UNet2DConditionModel.from_config, 52)
    component(
        root / "vae", VAE, AutoencoderKL.from_config, 53, models.old_attention_name,
        [("post_quant_conv", 0.2), ("decoder.conv_out", 0.45)])
    models.write_json(root / "scheduler/scheduler_config.json", {
        "_class_name": "PNDMScheduler", "_diffusers_version": "0.6.0", "beta_end": 0.012,
        "beta_schedule": "scaled_linear", "beta_start": 0.00085, "clip_sample": False, "num_train_timesteps": 1000,
        "set_alpha_to_one": False, "skip_prk_steps": True, "steps_offset": 1, "trained_betas": None,
    })
    models.write_json(root / "model_index.json", {
        "_class_name": "StableDiffusionPipeline", "_diffusers_version": "0.6.0", "feature_extractor": [None, None],
        "requires_safety_checker": False, "safety_checker": [None, None],
        "scheduler": ["diffusers", "PNDMScheduler"], "text_encoder": ["transformers", "CLIPTextModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"], "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
    })


if __name__ == "__main__":
    with torch.no_grad():
        main(Path(sys.argv[1]))
