"""Two small checkpoints with random weights in the diffusers layout, and a small CLIP.

`tiny-sd1` is written as Stable Diffusion 1.x is on the hub: convolutional projections, noise prediction, one head
count, `vocab.json` and `merges.txt`, `text_model.` prefixes, a VAE with the old attention names and no scaling factor
in its config, a PNDM scheduler, f16.
`tiny-sd2` as Stable Diffusion 2.x saved by today's libraries: linear projections, v-prediction, head counts per block,
`tokenizer.json` only, no prefixes, trailing timesteps, padding with `!`; bf16 and f32.

Widths are odd on purpose: kernels have tails. Norms still see enough numbers per group to be well conditioned. Weights are scaled so that activations stay near 1 and every bias,
norm and attention map matters: a skipped layer must be seen.
"""

import json
import math
from pathlib import Path

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from safetensors.torch import save
from transformers import CLIPConfig, CLIPModel, CLIPTextConfig, CLIPTextModel

import bpe


def randomize(module, seed, gains=()):
    """Fills parameters in order of name; `gains` are (part of the name, factor of the standard deviation)."""
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in sorted(module.named_parameters()):
        noise = torch.randn(parameter.shape, generator=generator)
        gain = math.prod(factor for part, factor in gains if part in name)
        if "norm" in name:
            value = 1 + 0.2 * noise if name.endswith("weight") else 0.1 * noise
        elif "logit_scale" in name:
            value = torch.tensor(2.0)
        elif "embedding" in name and "time_embedding" not in name and "patch" not in name:
            value = noise * (0.3 if "position" in name else 1) * gain
        elif parameter.ndim < 2:
            value = 0.1 * noise * gain
        else:
            value = noise * gain / math.sqrt(parameter[0].numel())
        parameter.data.copy_(value)
    return module.eval()


def write(path: Path, state, dtype, rename=lambda name: name, extra=None):
    tensors = {rename(name): value.detach().to(dtype).contiguous() for name, value in state.items()}
    tensors.update(extra or {})
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(save(dict(sorted(tensors.items())), metadata={"format": "pt"}))


def write_json(path: Path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1) + "\n")


def text_state(model, prefix):
    state = {name.removeprefix("text_model."): value for name, value in model.state_dict().items()}
    return {prefix + name: value for name, value in state.items() if "position_ids" not in name}


OLD_ATTENTION_NAMES = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}


def old_attention_name(name):
    if "mid_block.attentions" in name:
        for new, old in OLD_ATTENTION_NAMES.items():
            name = name.replace(f".{new}.", f".{old}.")
    return name


SHARP = [("to_q", 1.6), ("to_k", 1.6), ("q_proj", 1.6), ("k_proj", 1.6)]


def make_sd1(root: Path):
    vocab = bpe.write_slow(root / "tokenizer", 150)
    end = vocab[bpe.SPECIAL[1]]
    text_config = {
        "architectures": ["CLIPTextModel"], "attention_dropout": 0.0, "bos_token_id": end - 1, "dropout": 0.0,
        "eos_token_id": end, "hidden_act": "quick_gelu", "hidden_size": 32, "initializer_factor": 1.0,
        "initializer_range": 0.02, "intermediate_size": 64, "layer_norm_eps": 1e-05,
        "max_position_embeddings": 77, "model_type": "clip_text_model", "num_attention_heads": 4,
        "num_hidden_layers": 2, "pad_token_id": 1, "torch_dtype": "float16", "vocab_size": len(vocab),
    }
    write_json(root / "text_encoder/config.json", text_config)
    text = randomize(CLIPTextModel(CLIPTextConfig(**text_config)), 11, SHARP)
    write(
        root / "text_encoder/model.safetensors", text_state(text, "text_model."), torch.float16,
        extra={"text_model.embeddings.position_ids": torch.arange(77)[None]},
    )

    unet_config = {
        "_class_name": "UNet2DConditionModel", "_diffusers_version": "0.11.1", "act_fn": "silu",
        "attention_head_dim": 4, "block_out_channels": [8, 12, 16], "center_input_sample": False,
        "cross_attention_dim": 32,
        "down_block_types": ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"],
        "downsample_padding": 1, "flip_sin_to_cos": True, "freq_shift": 0, "in_channels": 4, "layers_per_block": 1,
        "mid_block_scale_factor": 1, "norm_eps": 1e-05, "norm_num_groups": 4, "out_channels": 4, "sample_size": 16,
        "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"],
    }
    write_json(root / "unet/config.json", unet_config)
    unet = randomize(UNet2DConditionModel.from_config(unet_config), 12, [*SHARP, ("attn2.to_k", 1.5)])
    write(root / "unet/diffusion_pytorch_model.safetensors", unet.state_dict(), torch.float16)

    vae_config = {
        "_class_name": "AutoencoderKL", "_diffusers_version": "0.11.1", "act_fn": "silu",
        "block_out_channels": [8, 12], "down_block_types": ["DownEncoderBlock2D"] * 2, "in_channels": 3,
        "latent_channels": 4, "layers_per_block": 1, "norm_num_groups": 4, "out_channels": 3, "sample_size": 32,
        "up_block_types": ["UpDecoderBlock2D"] * 2,
    }
    write_json(root / "vae/config.json", vae_config)
    gains = [("post_quant_conv", 0.2), ("decoder.conv_out", 0.45)]
    vae = randomize(AutoencoderKL.from_config(vae_config), 13, gains)
    write(root / "vae/diffusion_pytorch_model.safetensors", vae.state_dict(), torch.float16, old_attention_name)

    write_json(root / "scheduler/scheduler_config.json", {
        "_class_name": "PNDMScheduler", "_diffusers_version": "0.11.1", "beta_end": 0.012,
        "beta_schedule": "scaled_linear", "beta_start": 0.00085, "clip_sample": False, "num_train_timesteps": 1000,
        "set_alpha_to_one": False, "skip_prk_steps": True, "steps_offset": 1, "trained_betas": None,
    })
    write_json(root / "model_index.json", {
        "_class_name": "StableDiffusionPipeline", "_diffusers_version": "0.11.1",
        "feature_extractor": [None, None], "requires_safety_checker": False, "safety_checker": [None, None],
        "scheduler": ["diffusers", "PNDMScheduler"], "text_encoder": ["transformers", "CLIPTextModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"], "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
    })
    make_clip(root / "clip", vocab)


def make_sd2(root: Path):
    vocab = bpe.write_fast(root / "tokenizer", 60)
    end = vocab[bpe.SPECIAL[1]]
    text = CLIPTextModel(CLIPTextConfig(
        vocab_size=len(vocab), hidden_size=24, intermediate_size=56, num_hidden_layers=3, num_attention_heads=3,
        hidden_act="gelu", max_position_embeddings=77, bos_token_id=end - 1, eos_token_id=end, pad_token_id=1,
    ))
    randomize(text, 21, SHARP).config.save_pretrained(root / "text_encoder")
    write(root / "text_encoder/model.safetensors", text_state(text, ""), torch.bfloat16)

    unet = UNet2DConditionModel(
        sample_size=16, block_out_channels=(8, 8, 8, 12), layers_per_block=[1, 2, 1, 1], norm_num_groups=2,
        attention_head_dim=[2, 4, 2, 3], cross_attention_dim=24, use_linear_projection=True,
        down_block_types=["CrossAttnDownBlock2D"] * 4, up_block_types=["CrossAttnUpBlock2D"] * 4,
    )
    randomize(unet, 22, SHARP).save_config(root / "unet")
    write(root / "unet/diffusion_pytorch_model.safetensors", unet.state_dict(), torch.bfloat16)

    vae = AutoencoderKL(
        block_out_channels=(4, 4, 8), down_block_types=["DownEncoderBlock2D"] * 3,
        up_block_types=["UpDecoderBlock2D"] * 3, layers_per_block=1, norm_num_groups=4, latent_channels=4,
        sample_size=64, scaling_factor=0.8,
    )
    randomize(vae, 23, [("decoder.conv_out", 0.45)]).save_config(root / "vae")
    write(root / "vae/diffusion_pytorch_model.safetensors", vae.state_dict(), torch.float32)

    write_json(root / "scheduler/scheduler_config.json", {
        "_class_name": "DDIMScheduler", "_diffusers_version": "0.42.1", "beta_end": 0.012,
        "beta_schedule": "scaled_linear", "beta_start": 0.00085, "clip_sample": False, "num_train_timesteps": 1000,
        "prediction_type": "v_prediction", "set_alpha_to_one": False, "steps_offset": 1,
        "timestep_spacing": "trailing",
    })
    write_json(root / "model_index.json", {
        "_class_name": "StableDiffusionPipeline", "_diffusers_version": "0.42.1",
        "feature_extractor": [None, None], "requires_safety_checker": False, "safety_checker": [None, None],
        "scheduler": ["diffusers", "DDIMScheduler"], "text_encoder": ["transformers", "CLIPTextModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"], "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
    })


def make_inpaint(root: Path):
    """Stable Diffusion 2's inpainting model, smaller still: nine channels; every level has equally many layers, so that
    the model can be written as a single file."""
    vocab = bpe.write_fast(root / "tokenizer", 10)
    end = vocab[bpe.SPECIAL[1]]
    text = CLIPTextModel(CLIPTextConfig(
        vocab_size=len(vocab), hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
        hidden_act="gelu", max_position_embeddings=77, bos_token_id=end - 1, eos_token_id=end, pad_token_id=1,
    ))
    randomize(text, 41, SHARP).config.save_pretrained(root / "text_encoder")
    write(root / "text_encoder/model.safetensors", text_state(text, ""), torch.float16)
    unet = UNet2DConditionModel(
        sample_size=16, in_channels=9, block_out_channels=(4, 8), layers_per_block=1, norm_num_groups=2,
        attention_head_dim=[2, 4], cross_attention_dim=16, use_linear_projection=True,
        down_block_types=["CrossAttnDownBlock2D"] * 2, up_block_types=["CrossAttnUpBlock2D"] * 2,
    )
    randomize(unet, 42, SHARP).save_config(root / "unet")
    write(root / "unet/diffusion_pytorch_model.safetensors", unet.state_dict(), torch.float16)
    vae = AutoencoderKL(
        block_out_channels=(4, 4), down_block_types=["DownEncoderBlock2D"] * 2, up_block_types=["UpDecoderBlock2D"] * 2,
        layers_per_block=1, norm_num_groups=2, latent_channels=4, sample_size=32,
    )
    randomize(vae, 43, [("decoder.conv_out", 0.45)]).save_config(root / "vae")
    write(root / "vae/diffusion_pytorch_model.safetensors", vae.state_dict(), torch.float16)
    write_json(root / "scheduler/scheduler_config.json", {
        "_class_name": "DDIMScheduler", "_diffusers_version": "0.42.1", "beta_end": 0.012,
        "beta_schedule": "scaled_linear", "beta_start": 0.00085, "clip_sample": False, "num_train_timesteps": 1000,
        "set_alpha_to_one": False, "steps_offset": 1,
    })
    write_json(root / "model_index.json", {
        "_class_name": "StableDiffusionInpaintPipeline", "_diffusers_version": "0.42.1",
        "feature_extractor": [None, None], "requires_safety_checker": False, "safety_checker": [None, None],
        "scheduler": ["diffusers", "DDIMScheduler"], "text_encoder": ["transformers", "CLIPTextModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"], "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
    })


def make_pixel(root: Path):
    """A model that draws pixels: no VAE, three channels. Its texts are padded with `!`."""
    vocab = bpe.write_fast(root / "tokenizer", 10)
    end = vocab[bpe.SPECIAL[1]]
    text = CLIPTextModel(CLIPTextConfig(
        vocab_size=len(vocab), hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
        hidden_act="gelu", max_position_embeddings=77, bos_token_id=end - 1, eos_token_id=end, pad_token_id=1,
    ))
    randomize(text, 51, SHARP).config.save_pretrained(root / "text_encoder")
    write(root / "text_encoder/model.safetensors", text_state(text, ""), torch.float16)
    unet = UNet2DConditionModel(
        sample_size=16, in_channels=3, out_channels=3, block_out_channels=(8, 8), layers_per_block=1, norm_num_groups=2,
        attention_head_dim=[2, 4], cross_attention_dim=16,
        down_block_types=["CrossAttnDownBlock2D"] * 2, up_block_types=["CrossAttnUpBlock2D"] * 2,
    )
    randomize(unet, 52, SHARP).save_config(root / "unet")
    write(root / "unet/diffusion_pytorch_model.safetensors", unet.state_dict(), torch.float16)
    write_json(root / "scheduler/scheduler_config.json", {
        "_class_name": "DDIMScheduler", "_diffusers_version": "0.42.1", "beta_end": 0.012,
        "beta_schedule": "scaled_linear", "beta_start": 0.00085, "clip_sample": False, "num_train_timesteps": 1000,
        "set_alpha_to_one": False, "steps_offset": 1,
    })
    write_json(root / "model_index.json", {
        "_class_name": "StableDiffusionPipeline", "_diffusers_version": "0.42.1",
        "feature_extractor": [None, None], "requires_safety_checker": False, "safety_checker": [None, None],
        "scheduler": ["diffusers", "DDIMScheduler"], "text_encoder": ["transformers", "CLIPTextModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"], "unet": ["diffusers", "UNet2DConditionModel"],
    })


def make_clip(root: Path, vocab):
    """Both towers and their projections, with its own copy of the tokenizer, as CLIP checkpoints have."""
    bpe.write_slow(root, 150)
    end = vocab[bpe.SPECIAL[1]]
    config = CLIPConfig(
        text_config=dict(
            vocab_size=len(vocab), hidden_size=24, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
            projection_dim=20, bos_token_id=end - 1, eos_token_id=end, pad_token_id=1,
        ),
        vision_config=dict(
            hidden_size=28, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, image_size=32,
            patch_size=8, projection_dim=20,
        ),
        projection_dim=20,
    )
    clip = randomize(CLIPModel(config), 31, SHARP)
    clip.config.save_pretrained(root)
    write(root / "model.safetensors", clip.state_dict(), torch.float16)
    write_json(root / "preprocessor_config.json", {
        "crop_size": {"height": 32, "width": 32}, "do_center_crop": True, "do_convert_rgb": True,
        "do_normalize": True, "do_rescale": True, "do_resize": True, "image_mean": [0.48145466, 0.4578275, 0.40821073],
        "image_processor_type": "CLIPImageProcessor", "image_std": [0.26862954, 0.26130258, 0.27577711],
        "resample": 3, "rescale_factor": 0.00392156862745098, "size": {"shortest_edge": 32},
    })
