"""A small Stable Diffusion XL with random weights under its real names, and what diffusers makes of it.

Depth as in the original (2 and 4 instead of 2 and 10 transformer layers), width as small as tails allow; encoder 1 names
its end token, encoder 2 leaves it to be found as the largest id (`eos_token_id` 2), and pads with `!`.
"""

import json
import re
import tempfile
from pathlib import Path

import torch
from diffusers import (
    AutoencoderKL,
    EulerDiscreteScheduler,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from safetensors.torch import load_file, save, save_file
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

import bpe
import models
import single_file

MERGES = 60
PROMPT, NEGATIVE = "a photo of a cat and a dog", "a red car"
STEPS, GUIDANCE, SEED = 9, 5.0, 469


def make(root: Path):
    vocab = bpe.write_slow(root / "tokenizer", MERGES)
    assert bpe.write_fast(root / "tokenizer_2", MERGES) == vocab
    end = vocab[bpe.SPECIAL[1]]
    common = dict(vocab_size=len(vocab), max_position_embeddings=77, bos_token_id=end - 1, pad_token_id=1)
    first = CLIPTextModel(CLIPTextConfig(
        hidden_size=16, intermediate_size=36, num_hidden_layers=3, num_attention_heads=2, hidden_act="quick_gelu",
        eos_token_id=end, **common,
    ))
    models.randomize(first, 61, models.SHARP).config.save_pretrained(root / "text_encoder")
    models.write(root / "text_encoder/model.safetensors", models.text_state(first, "text_model."), torch.float16)
    second = CLIPTextModelWithProjection(CLIPTextConfig(
        hidden_size=24, intermediate_size=40, num_hidden_layers=4, num_attention_heads=3, hidden_act="gelu",
        eos_token_id=2, projection_dim=20, **common,
    ))
    models.randomize(second, 62, models.SHARP).config.save_pretrained(root / "text_encoder_2")
    state = {k: v for k, v in second.state_dict().items() if "position_ids" not in k}
    models.write(root / "text_encoder_2/model.safetensors", state, torch.float16)

    unet = UNet2DConditionModel(
        sample_size=16, block_out_channels=(8, 12, 16), layers_per_block=2, norm_num_groups=4,
        down_block_types=["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
        up_block_types=["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
        transformer_layers_per_block=[1, 2, 4], attention_head_dim=[2, 3, 4], cross_attention_dim=40,
        use_linear_projection=True, addition_embed_type="text_time", addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=20 + 6 * 8,
    )
    models.randomize(unet, 63, [*models.SHARP, ("attn2.to_k", 1.5)]).save_config(root / "unet")
    models.write(root / "unet/diffusion_pytorch_model.safetensors", unet.state_dict(), torch.float16)
    vae = AutoencoderKL(
        block_out_channels=(4, 4), down_block_types=["DownEncoderBlock2D"] * 2, up_block_types=["UpDecoderBlock2D"] * 2,
        layers_per_block=1, norm_num_groups=2, latent_channels=4, sample_size=32, scaling_factor=0.13025,
        force_upcast=True,
    )
    models.randomize(vae, 64, [("post_quant_conv", 0.2), ("decoder.conv_out", 0.45)]).save_config(root / "vae")
    models.write(root / "vae/diffusion_pytorch_model.safetensors", vae.state_dict(), torch.float16)
    models.write_json(root / "scheduler/scheduler_config.json", {
        "_class_name": "EulerDiscreteScheduler", "_diffusers_version": "0.42.1", "beta_end": 0.012,
        "beta_schedule": "scaled_linear", "beta_start": 0.00085, "clip_sample": False,
        "interpolation_type": "linear", "num_train_timesteps": 1000, "prediction_type": "epsilon",
        "sample_max_value": 1.0, "set_alpha_to_one": False, "skip_prk_steps": True, "steps_offset": 1,
        "timestep_spacing": "leading", "trained_betas": None, "use_karras_sigmas": False,
    })
    models.write_json(root / "model_index.json", {
        "_class_name": "StableDiffusionXLPipeline", "_diffusers_version": "0.42.1",
        "add_watermarker": None, "feature_extractor": [None, None], "force_zeros_for_empty_prompt": True,
        "image_encoder": [None, None], "scheduler": ["diffusers", "EulerDiscreteScheduler"],
        "text_encoder": ["transformers", "CLIPTextModel"],
        "text_encoder_2": ["transformers", "CLIPTextModelWithProjection"],
        "tokenizer": ["transformers", "CLIPTokenizer"], "tokenizer_2": ["transformers", "CLIPTokenizer"],
        "unet": ["diffusers", "UNet2DConditionModel"], "vae": ["diffusers", "AutoencoderKL"],
    })


def load(directory):
    pipeline = StableDiffusionXLPipeline.from_pretrained(
        directory, torch_dtype=torch.float32, add_watermarker=False, low_cpu_mem_usage=False)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def random(shape, seed):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@torch.no_grad()
def outputs_of(root: Path):
    pipeline, out = load(root), {}
    for index, prompt in enumerate([PROMPT, ""]):
        tokens, _, pooled, _ = pipeline.encode_prompt(prompt, do_classifier_free_guidance=False)
        out |= {f"text.{index}.tokens": tokens[0], f"text.{index}.pooled": pooled[0]}
    sample = random((2, 4, 16, 12), 71)
    sizes = torch.tensor([[64.0, 48.0, 0.0, 0.0, 32.0, 24.0]]).repeat(2, 1)
    given = dict(
        encoder_hidden_states=torch.stack([out["text.0.tokens"], out["text.1.tokens"]]),
        added_cond_kwargs={
            "text_embeds": torch.stack([out["text.0.pooled"], out["text.1.pooled"]]), "time_ids": sizes})
    out |= {"unet.sample": sample, "unet.out": pipeline.unet(sample, 501, **given).sample}
    runs = {"run.zeros": {}, "run.empty": {"negative_prompt": ""}, "run.negative": {"negative_prompt": NEGATIVE}, "run.sizes": {
        "negative_prompt": NEGATIVE, "original_size": (64, 48), "crops_coords_top_left": (3, 5), "target_size": (40, 36)}}
    for name, options in runs.items():
        latents = pipeline(
            PROMPT, num_inference_steps=STEPS, guidance_scale=GUIDANCE, output_type="latent", height=32, width=32,
            generator=torch.Generator().manual_seed(SEED), **options).images
        out[f"{name}.latents"] = latents[0]
    picture = pipeline(
        PROMPT, num_inference_steps=STEPS, guidance_scale=GUIDANCE, output_type="np", height=32, width=32,
        generator=torch.Generator().manual_seed(SEED)).images[0]
    out["run.zeros.bytes"] = torch.tensor((picture * 255).round()).to(torch.uint8)
    return {**out, **gradients(pipeline, sample, sizes, out), **adapter(root, pipeline, sample, given)}


def gradients(pipeline, sample, sizes, out):
    """Of the squared prediction with respect to everything that the text says."""
    with torch.enable_grad():
        tokens = out["text.0.tokens"][None].clone().requires_grad_()
        pooled = out["text.0.pooled"][None].clone().requires_grad_()
        prediction = pipeline.unet(
            sample[:1], 501, encoder_hidden_states=tokens,
            added_cond_kwargs={"text_embeds": pooled, "time_ids": sizes[:1]}).sample
        found = torch.autograd.grad(prediction.pow(2).sum(), [tokens, pooled])
    return {"gradient.tokens": found[0][0], "gradient.pooled": found[1][0]}


# Of both encoders and of the UNet, whose layers carry the names of the original code.
LAYERS = [
    ("lora_te1_text_model_encoder_layers_1_self_attn_q_proj", "text_encoder", "encoder.layers.1.self_attn.q_proj"),
    ("lora_te1_text_model_encoder_layers_0_mlp_fc1", "text_encoder", "encoder.layers.0.mlp.fc1"),
    ("lora_te2_text_model_encoder_layers_2_self_attn_v_proj", "text_encoder_2", "encoder.layers.2.self_attn.v_proj"),
    ("lora_unet_input_blocks_4_1_transformer_blocks_1_attn2_to_k", "unet", "down_blocks.1.attentions.0.transformer_blocks.1.attn2.to_k"),
    ("lora_unet_input_blocks_7_0_emb_layers_1", "unet", "down_blocks.2.resnets.0.time_emb_proj"),
    ("lora_unet_input_blocks_3_0_op", "unet", "down_blocks.0.downsamplers.0.conv"),
    ("lora_unet_middle_block_1_proj_in", "unet", "mid_block.attentions.0.proj_in"),
    ("lora_unet_middle_block_2_out_layers_3", "unet", "mid_block.resnets.1.conv2"),
    ("lora_unet_output_blocks_2_1_transformer_blocks_3_attn1_to_out_0", "unet", "up_blocks.0.attentions.2.transformer_blocks.3.attn1.to_out.0"),
    ("lora_unet_output_blocks_5_2_conv", "unet", "up_blocks.1.upsamplers.0.conv"),
    ("lora_unet_output_blocks_8_0_skip_connection", "unet", "up_blocks.2.resnets.2.conv_shortcut"),
]
RANK, ALPHA = 2, 1.0


def adapter(root, pipeline, sample, given):
    """An adapter in kohya's names, and what the model says with it; diffusers' converter says which layers are meant."""
    generator, tensors = torch.Generator().manual_seed(72), {}
    for stem, part, layer in LAYERS:
        module = getattr(pipeline, part)
        module = getattr(module, "text_model", module) if part != "unet" else module
        weight = module.get_submodule(layer).weight
        down = (torch.randn((RANK, *weight.shape[1:]), generator=generator) / weight[0].numel() ** 0.5).half()
        up = torch.randn((weight.shape[0], RANK, *([1] * (weight.ndim - 2))), generator=generator).half()
        tensors |= {f"{stem}.lora_down.weight": down, f"{stem}.lora_up.weight": up, f"{stem}.alpha": torch.tensor(ALPHA).half()}
        change = up.double().flatten(1) @ down.double().flatten(1) * ALPHA / RANK
        weight.data.add_(change.reshape(weight.shape).float())
    check_names(pipeline, tensors)
    (root / "lora.safetensors").write_bytes(save(dict(sorted(tensors.items()))))
    tokens, _, pooled, _ = pipeline.encode_prompt(PROMPT, do_classifier_free_guidance=False)
    return {
        "lora.tokens": tokens[0], "lora.pooled": pooled[0], "lora.out": pipeline.unet(sample, 501, **given).sample}


TOKEN, SINGLE = "<toy>", "<hat>"
WORDS = [f"a {TOKEN} on the road", f"{SINGLE}, a{TOKEN}b and a {SINGLE}"]


@torch.no_grad()
def words(root):
    """Textual inversions for both encoders, of two vectors and of one, and what the encoders say of texts with them."""
    generator, pipeline, out = torch.Generator().manual_seed(73), load(root), {}
    for token, count in ((TOKEN, 2), (SINGLE, 1)):
        vectors = {key: (0.6 * torch.randn(count, width, generator=generator)).half() for key, width in (("clip_g", 24), ("clip_l", 16))}
        (root / f"{token.strip('<>')}.safetensors").write_bytes(save(vectors))
        for key, part in (("clip_l", ""), ("clip_g", "_2")):
            pipeline.load_textual_inversion(
                vectors[key], token=token, text_encoder=getattr(pipeline, f"text_encoder{part}"), tokenizer=getattr(pipeline, f"tokenizer{part}"))
    encoder = pipeline.text_encoder_2.text_model
    for index, text in enumerate(WORDS):
        tokens, _, beside, _ = pipeline.encode_prompt(text, do_classifier_free_guidance=False)
        # The largest id is no longer the end's, as transformers itself warns: the end is told as newer configs tell it.
        encoder.eos_token_id = pipeline.tokenizer_2.eos_token_id
        _, _, pooled, _ = pipeline.encode_prompt(text, do_classifier_free_guidance=False)
        encoder.eos_token_id = 2
        assert (pooled - beside).abs().max() > 0.01
        ids = pipeline.tokenizer(
            pipeline.maybe_convert_prompt(text, pipeline.tokenizer), padding="max_length", max_length=77).input_ids
        out |= {f"words.{index}.ids": torch.tensor(ids).float(), f"words.{index}.tokens": tokens[0], f"words.{index}.pooled": pooled[0]}
    return out


def check_names(pipeline, tensors):
    """diffusers reads the names of the attention layers, the only ones it takes, as the layers that were meant."""
    from diffusers.loaders.lora_conversion_utils import (
        _convert_non_diffusers_lora_to_diffusers,
        _maybe_map_sgm_blocks_to_diffusers,
    )

    attention = {k: v for k, v in tensors.items() if "_0_0_" not in k and not re.search(r"blocks_\d+_[02]_", k) and "_0_op" not in k}
    attention = {k: v for k, v in attention.items() if not k.startswith("lora_unet_middle_block_2")}
    state = _maybe_map_sgm_blocks_to_diffusers(dict(attention), pipeline.unet.config)
    found, _ = _convert_non_diffusers_lora_to_diffusers(state)
    names = {re.sub(r"(_lora|\.lora|\.lora_linear_layer)\.(down|up)\.weight$", "", name.replace(".processor", "")) for name in found}
    for stem, part, layer in LAYERS:
        if f"{stem}.alpha" in attention:
            plain = re.sub(r"self_attn\.(\w)_proj", r"self_attn.to_\1", layer.replace("to_out.0", "to_out"))
            path = f"{part}.{plain}" if part == "unet" else f"{part}.text_model.{plain}"
            assert path in names, (path, names)


def write_single_file(path: Path, root: Path):
    """Which tensor of which part each name of a single file is; diffusers' own loader has read it back."""
    names = single_file.mapping(root, False)
    first, second, out = "conditioner.embedders.0.transformer.text_model.", "conditioner.embedders.1.model.", {}
    for old, (part, own) in names.items():
        old = re.sub(r"^cond_stage_model\.transformer\.text_model\.", first, old)
        out[old] = (part, own)
    for name in load_file(root / "text_encoder_2/model.safetensors"):
        plain = name.removeprefix("text_model.")
        if plain == "text_projection.weight":
            out[second + "text_projection"] = ("text_encoder_2", [name])
        elif old := single_file.openclip_name(plain):
            out[old.replace(single_file.OPENCLIP, second)] = ("text_encoder_2", [name])
        elif ".q_proj." in plain:
            stem, kind = plain.split(".self_attn.q_proj.")
            old = stem.replace("encoder.layers.", "transformer.resblocks.")
            out[f"{second}{old}.attn.in_proj_{kind}"] = (
                "text_encoder_2", [name.replace("q_proj", f"{letter}_proj") for letter in "qkv"])
    parts = {part: load_file(root / f"{part}/{'model' if 'text' in part else 'diffusion_pytorch_model'}.safetensors")
             for part in ("unet", "vae", "text_encoder", "text_encoder_2")}
    tensors = {}
    for old, (part, own) in out.items():
        value = torch.cat([parts[part][name] for name in own])
        if ".mid.attn_1." in old and value.ndim == 2:
            value = value[:, :, None, None]
        tensors[old] = (value.T if old.endswith(".text_projection") else value).contiguous()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.safetensors"
        save_file(tensors, file)
        found = StableDiffusionXLPipeline.from_single_file(
            file, config=str(root), local_files_only=True, torch_dtype=torch.float32, add_watermarker=False, disable_mmap=True)
    expected = load(root)
    for part in parts:
        ours, theirs = getattr(found, part).state_dict(), getattr(expected, part).state_dict()
        for name, value in theirs.items():
            assert torch.equal(ours[name], value), f"{part}.{name}"
    lines = {old: [part, *own] for old, (part, own) in sorted(out.items())}
    path.write_text(json.dumps({root.name: lines}, separators=(",", ":")) + "\n")
