"""A model in the diffusers layout as one file under the names of the original latent diffusion code.

`mapping` says which tensor of which part each name of such a file is; `verify` has diffusers' own loader read the file and
compares what comes out with the model it was made of.
"""

import json
import re
import tempfile
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

UNET, VAE, CLIP, OPENCLIP = (
    "model.diffusion_model.", "first_stage_model.", "cond_stage_model.transformer.text_model.", "cond_stage_model.model.",
)
RESNET = {
    "norm1": "in_layers.0", "conv1": "in_layers.2", "time_emb_proj": "emb_layers.1", "norm2": "out_layers.0",
    "conv2": "out_layers.3", "conv_shortcut": "skip_connection",
}
VAE_ATTENTION = {
    "group_norm": "norm", "query": "q", "key": "k", "value": "v", "proj_attn": "proj_out", "to_q": "q", "to_k": "k",
    "to_v": "v", "to_out.0": "proj_out",
}


def unet_name(name, config, layers):
    """`layers` is the number of residual blocks per level; all levels of such files have equally many."""
    simple = {
        "add_embedding.linear_1": "label_emb.0.0", "add_embedding.linear_2": "label_emb.0.2",
        "time_embedding.linear_1": "time_embed.0", "time_embedding.linear_2": "time_embed.2", "conv_in": "input_blocks.0.0",
        "conv_norm_out": "out.0", "conv_out": "out.2", "mid_block.attentions.0": "middle_block.1",
    }
    for new, old in simple.items():
        if name.startswith(new + "."):
            return UNET + old + name.removeprefix(new)
    if match := re.match(r"mid_block\.resnets\.(\d)\.(\w+)(.*)", name):
        return f"{UNET}middle_block.{2 * int(match[1])}.{RESNET[match[2]]}{match[3]}"
    side, level, kind, index, rest = re.match(r"(down|up)_blocks\.(\d+)\.(\w+)\.(\d+)\.(.*)", name).groups()
    level, index = int(level), int(index)
    if kind == "downsamplers":
        return f"{UNET}input_blocks.{(level + 1) * (layers + 1)}.0.op.{rest.removeprefix('conv.')}"
    block = level * (layers + 1) + index + (1 if side == "down" else 0)
    path = f"{UNET}{'input' if side == 'down' else 'output'}_blocks.{block}"
    if kind == "upsamplers":
        attends = config["up_block_types"][level].startswith("CrossAttn")
        return f"{UNET}output_blocks.{level * (layers + 1) + layers}.{2 if attends else 1}.{rest}"
    if kind == "attentions":
        return f"{path}.1.{rest}"
    module, _, last = rest.partition(".")
    return f"{path}.0.{RESNET[module]}.{last}"


def vae_name(name, levels):
    if name.startswith(("quant_conv", "post_quant_conv")):
        return VAE + name
    name = name.replace("conv_norm_out", "norm_out").replace("conv_shortcut", "nin_shortcut")
    if match := re.match(r"(\w+)\.mid_block\.attentions\.0\.(to_out\.0|\w+)\.(\w+)", name):
        return f"{VAE}{match[1]}.mid.attn_1.{VAE_ATTENTION[match[2]]}.{match[3]}"
    name = re.sub(r"mid_block\.resnets\.(\d)", lambda m: f"mid.block_{int(m[1]) + 1}", name)
    name = re.sub(r"down_blocks\.(\d+)", r"down.\1", name)
    name = re.sub(r"up_blocks\.(\d+)", lambda m: f"up.{levels - 1 - int(m[1])}", name)
    name = name.replace("resnets.", "block.").replace("downsamplers.0", "downsample").replace("upsamplers.0", "upsample")
    return VAE + name


OPENCLIP_MODULES = {
    "layer_norm1": "ln_1", "layer_norm2": "ln_2", "mlp.fc1": "mlp.c_fc", "mlp.fc2": "mlp.c_proj",
    "self_attn.out_proj": "attn.out_proj",
}


def openclip_name(name):
    """None for the projections of queries, keys and values, which are stored as one."""
    if ".q_proj." in name or ".k_proj." in name or ".v_proj." in name:
        return None
    name = name.replace("embeddings.token_embedding", "token_embedding").replace("final_layer_norm", "ln_final")
    name = name.replace("embeddings.position_embedding.weight", "positional_embedding")
    name = name.replace("encoder.layers.", "transformer.resblocks.")
    for new, old in OPENCLIP_MODULES.items():
        name = name.replace(f".{new}.", f".{old}.")
    return OPENCLIP + name


def mapping(directory, second_version):
    """{name in the single file: (part, [names there])}; several names are stored one after the other."""
    directory = Path(directory)
    out = {}
    unet = json.loads((directory / "unet/config.json").read_text())
    layers = unet["layers_per_block"]
    for name in load_file(directory / "unet/diffusion_pytorch_model.safetensors"):
        out[unet_name(name, unet, layers)] = ("unet", [name])
    levels = len(json.loads((directory / "vae/config.json").read_text())["block_out_channels"])
    for name in load_file(directory / "vae/diffusion_pytorch_model.safetensors"):
        out[vae_name(name, levels)] = ("vae", [name])
    for name in load_file(directory / "text_encoder/model.safetensors"):
        plain = name.removeprefix("text_model.")
        if not second_version:
            out[CLIP + plain] = ("text_encoder", [name])
        elif old := openclip_name(plain):
            out[old] = ("text_encoder", [name])
        elif ".q_proj." in plain:
            stem, kind = plain.split(".self_attn.q_proj.")
            old = stem.replace("encoder.layers.", "transformer.resblocks.")
            out[f"{OPENCLIP}{old}.attn.in_proj_{kind}"] = (
                "text_encoder", [name.replace("q_proj", f"{letter}_proj") for letter in "qkv"],
            )
    return out


def tensors(directory, names):
    files = {
        "unet": "unet/diffusion_pytorch_model", "vae": "vae/diffusion_pytorch_model", "text_encoder": "text_encoder/model",
    }
    parts = {part: load_file(Path(directory) / f"{file}.safetensors") for part, file in files.items()}
    out = {}
    for old, (part, own) in names.items():
        value = torch.cat([parts[part][name] for name in own])
        if ".mid.attn_1." in old and value.ndim == 2:
            value = value[:, :, None, None]
        out[old] = value.contiguous()
    return out


def verify(directory, names):
    """Raises unless diffusers reads the single file as the very model it was made of."""
    from diffusers import StableDiffusionPipeline

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.safetensors"
        save_file(tensors(directory, names), path)
        found = StableDiffusionPipeline.from_single_file(
            path, config=str(directory), local_files_only=True, safety_checker=None, torch_dtype=torch.float32,
            disable_mmap=True,
        )
    expected = StableDiffusionPipeline.from_pretrained(directory, safety_checker=None, torch_dtype=torch.float32)
    for part in ("unet", "vae", "text_encoder"):
        ours, theirs = getattr(found, part).state_dict(), getattr(expected, part).state_dict()
        assert ours.keys() == theirs.keys(), part
        for name, value in theirs.items():
            assert torch.equal(ours[name], value), f"{part}.{name}"


def write(path, directories):
    """The mappings of reduced models, verified, as JSON: the tests make the files from the models' own weights."""
    out = {}
    for name, (directory, second_version) in directories.items():
        names = mapping(directory, second_version)
        verify(directory, names)
        out[name] = {old: [part, *own] for old, (part, own) in sorted(names.items())}
    lines = [f'"{name}": {json.dumps(value, separators=(",", ":"))}' for name, value in out.items()]
    Path(path).write_text("{\n" + ",\n".join(lines) + "\n}\n")
