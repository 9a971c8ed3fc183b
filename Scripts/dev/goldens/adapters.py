"""LoRA files and a textual inversion for `tiny-sd1`, and what the model makes of them.

LoRA is applied here by its definition (Hu et al. 2022), layer by layer on torch's modules; diffusers' own converter says
that the names in the file mean those layers.
"""

import json
import re

import torch
from safetensors.torch import load_file, save

import outputs

UNET = "down_blocks.0.attentions.0.transformer_blocks.0."
LAYERS = {
    "kohya": [
        ("unet", UNET + "attn1.to_q"), ("unet", UNET + "attn2.to_k"), ("unet", UNET + "attn2.to_out.0"),
        ("unet", UNET + "ff.net.0.proj"), ("unet", "down_blocks.0.attentions.0.proj_in"), ("unet", "up_blocks.2.resnets.0.conv1"),
        ("text_encoder", "encoder.layers.1.self_attn.v_proj"), ("text_encoder", "encoder.layers.0.mlp.fc1"),
    ],
    "peft": [("unet", UNET + "attn2.to_q"), ("unet", UNET + "attn2.to_v"), ("text_encoder", "encoder.layers.1.self_attn.q_proj")],
}
RANK, ALPHA = 2, {"kohya": 1.0, "peft": 4.0}
SCALE = {"kohya": 0.7, "peft": -0.5}
TOKEN = "<cat-toy>"
PROMPTS = [f"a {TOKEN} on the road", f"a{TOKEN}b {TOKEN}", "a cat"]


def factors(kind, pipeline):
    """{(part, layer): (down, up)} with values that matter."""
    generator, out = torch.Generator().manual_seed({"kohya": 51, "peft": 52}[kind]), {}
    for part, layer in LAYERS[kind]:
        weight = module(pipeline, part, layer).weight
        down = torch.randn((RANK, *weight.shape[1:]), generator=generator) / weight[0].numel() ** 0.5
        up = torch.randn((weight.shape[0], RANK, *([1] * (weight.ndim - 2))), generator=generator)
        out[part, layer] = down.half(), up.half()
    return out


def module(pipeline, part, layer):
    return getattr(pipeline, part).get_submodule(layer)


def named(kind, pairs):
    """The tensors of the file, and its metadata."""
    out = {}
    for (part, layer), (down, up) in pairs.items():
        path = f"text_model.{layer}" if part == "text_encoder" else layer
        if kind == "kohya":
            stem = f"lora_{'te' if part == 'text_encoder' else 'unet'}_{path.replace('.', '_')}"
            out |= {f"{stem}.lora_down.weight": down, f"{stem}.lora_up.weight": up}
            out[f"{stem}.alpha"] = torch.tensor(ALPHA[kind], dtype=torch.float16)
        else:
            out |= {f"{part}.{path}.lora_A.weight": down, f"{part}.{path}.lora_B.weight": up}
    parts = {part for part, _ in pairs}
    note = {f"{part}.{key}": value for part in sorted(parts) for key, value in (("r", RANK), ("lora_alpha", ALPHA[kind]))}
    return out, {"lora_adapter_metadata": json.dumps(note)} if kind == "peft" else {}


def check_names(tensors):
    """diffusers reads kohya's names as the layers that were meant."""
    from diffusers.loaders.lora_conversion_utils import _convert_non_diffusers_lora_to_diffusers

    state, _ = _convert_non_diffusers_lora_to_diffusers(dict(tensors))
    found = set()
    for name in state:
        name = name.split(".lora")[0].removeprefix("unet.").replace("text_encoder.text_model.", "").replace(".processor", "")
        name = re.sub(r"(_lora)?(\.(up|down)\.weight)?$", "", name)
        found.add(re.sub(r"self_attn\.to_(\w)$", r"self_attn.\1_proj", re.sub(r"to_out$", "to_out.0", name)))
    missing = {layer for _, layer in LAYERS["kohya"]} - found
    assert not missing, (missing, found)


def merge(pipeline, kind, pairs):
    for (part, layer), (down, up) in pairs.items():
        weight = module(pipeline, part, layer).weight
        change = up.double().flatten(1) @ down.double().flatten(1) * SCALE[kind] * ALPHA[kind] / RANK
        weight.data.add_(change.reshape(weight.shape).float())


@torch.no_grad()
def write(root):
    directory, files = root / "tiny-sd1", root / "adapters"
    files.mkdir()
    pipeline, out = outputs.load(directory), {}
    embedding = torch.randn(2, 32, generator=torch.Generator().manual_seed(53)).half()
    (files / "cat-toy.safetensors").write_bytes(save({TOKEN: embedding}))
    pipeline.load_textual_inversion(str(files / "cat-toy.safetensors"))
    for index, prompt in enumerate(PROMPTS):
        text = pipeline.maybe_convert_prompt(prompt, pipeline.tokenizer)
        ids = torch.tensor([outputs.token_ids(pipeline, text)])
        out[f"inversion.{index}.ids"] = ids[0].float()
        out[f"inversion.{index}.hidden"] = pipeline.text_encoder(ids).last_hidden_state[0]

    pipeline = outputs.load(directory)
    sample = outputs.random((1, 4, 16, 16), 500)
    for kind in LAYERS:
        pairs = factors(kind, pipeline)
        tensors, metadata = named(kind, pairs)
        if kind == "kohya":
            check_names(tensors)
        (files / f"{kind}.safetensors").write_bytes(save(tensors, metadata=metadata))
        merge(pipeline, kind, pairs)
        text = outputs.embed(pipeline, [outputs.RUN_PROMPT])
        # What the adapters so far make of the model: the second on top of the first.
        out |= {f"lora.{kind}.hidden": text[0], f"lora.{kind}.out": pipeline.unet(sample, 500, text).sample[0]}
    out["lora.sample"] = sample[0]
    return out
