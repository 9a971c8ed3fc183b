"""Adapters of LoHa and LoKr layers for `tiny-sd1`, in LyCORIS' names by PEFT's functions and in PEFT's by its own models, and what
the model makes of them.

    product_adapters.py [GOLDENS]     writes adapters/kinds/ (products.safetensors, peft-loha, peft-lokr) and product-adapters.safetensors there
"""

import sys
from pathlib import Path

import peft
import torch
from peft.tuners.loha.layer import make_weight, make_weight_cp
from peft.tuners.lokr import layer as lokr
from safetensors.torch import save

import outputs
import peft_adapters

SCALE = 0.6
BLOCK = "down_blocks.0.attentions.0.transformer_blocks.0."


def hadamard(weight, noise, tucker):
    rank, out, inputs = 3, weight.shape[0], weight.shape[1]
    if tucker:
        kernel = weight.shape[2:]
        tensors = {f"hada_{name}{n}{part}": noise(*shape) for n in (1, 2) for name, part, shape in (
            ("w", "_a", (rank, out)), ("w", "_b", (rank, inputs)), ("t", "", (rank, rank, *kernel)))}
        change = make_weight_cp(*(tensors[f"hada_{name}"] for name in ("t1", "w1_a", "w1_b", "t2", "w2_a", "w2_b")), torch.tensor(1.0))
    else:
        columns = weight[0].numel()
        tensors = {f"hada_w{n}_{part}": noise(*shape) for n in (1, 2) for part, shape in (("a", (out, rank)), ("b", (rank, columns)))}
        change = make_weight(*(tensors[f"hada_{name}"] for name in ("w1_a", "w1_b", "w2_a", "w2_b")), torch.tensor(1.0))
    return tensors, change, rank


def kronecker(weight, noise, first, second):
    """`first` and `second` say how the matrices are stored: whole, factors or tucker."""
    rank, (out, inputs), kernel = 2, weight.shape[:2], tuple(weight.shape[2:])
    small, large = (2, 2), (out // 2, inputs // 2)
    tensors = {}
    if first == "whole":
        one = tensors["lokr_w1"] = noise(*small)
    else:
        tensors |= {"lokr_w1_a": noise(small[0], rank), "lokr_w1_b": noise(rank, small[1])}
        one = tensors["lokr_w1_a"] @ tensors["lokr_w1_b"]
    if second == "whole":
        two = tensors["lokr_w2"] = noise(*large, *kernel)
    elif second == "tucker":
        tensors |= {"lokr_t2": noise(rank, rank, *kernel), "lokr_w2_a": noise(rank, large[0]), "lokr_w2_b": noise(rank, large[1])}
        two = lokr.make_weight_cp(tensors["lokr_t2"], tensors["lokr_w2_a"], tensors["lokr_w2_b"])
    else:
        columns = large[1] * torch.Size(kernel).numel()
        tensors |= {"lokr_w2_a": noise(large[0], rank), "lokr_w2_b": noise(rank, columns)}
        two = (tensors["lokr_w2_a"] @ tensors["lokr_w2_b"]).reshape(*large, *kernel)
    return tensors, lokr.make_kron(one, two), None if first == second == "whole" else rank


LAYERS = [
    ("unet", BLOCK + "attn1.to_q", lambda w, n: hadamard(w, n, False)),
    ("unet", "down_blocks.0.resnets.0.conv1", lambda w, n: hadamard(w, n, False)),
    ("unet", "up_blocks.2.resnets.0.conv1", lambda w, n: hadamard(w, n, True)),
    ("unet", BLOCK + "attn2.to_k", lambda w, n: kronecker(w, n, "whole", "factors")),
    ("unet", BLOCK + "attn2.to_v", lambda w, n: kronecker(w, n, "factors", "whole")),
    ("unet", "mid_block.resnets.0.conv1", lambda w, n: kronecker(w, n, "whole", "tucker")),
    ("unet", "mid_block.resnets.1.conv1", lambda w, n: kronecker(w, n, "factors", "factors")),
    ("unet", "down_blocks.0.resnets.0.conv2", lambda w, n: kronecker(w, n, "whole", "whole")),
    ("text_encoder", "encoder.layers.1.self_attn.v_proj", lambda w, n: hadamard(w, n, False)),
    ("text_encoder", "encoder.layers.0.mlp.fc1", lambda w, n: kronecker(w, n, "whole", "whole")),
]


PEFT = {
    "peft-loha": (0.7, peft.LoHaConfig(
        r=3, alpha=5, rank_pattern={r"attn1\.to_[qk]": 2}, alpha_pattern={"attn1.to_q": 1.5}, use_effective_conv2d=True,
        target_modules=["attn1.to_q", "attn2.to_k", "resnets.0.conv1", "conv_shortcut"])),
    "peft-lokr": (0.6, peft.LoKrConfig(
        r=2, alpha=3, decompose_both=True, decompose_factor=2, use_effective_conv2d=True, rank_pattern={"to_out.0": 64, "conv1": 1}, alpha_pattern={"proj_out": 1.5},
        target_modules=["attn1.to_q", "attn2.to_v", "to_out.0", "resnets.0.conv1", "proj_out"])),
}


def own(root, name, scale, config, seed, sample):
    """PEFT's own adapter with random values: its files, and what the model makes of it."""
    pipeline = outputs.load(root / "tiny-sd1")
    model = peft.get_peft_model(pipeline.unet, config)
    generator = torch.Generator().manual_seed(seed)
    for key, value in model.named_parameters():
        if "hada_" in key or "lokr_" in key:
            value.data.copy_(torch.randn(value.shape, generator=generator) * 0.5)
    model.eval()
    peft_adapters.save_peft(model, root / "adapters/kinds" / name)
    for module in model.modules():
        if isinstance(module, peft.tuners.lycoris_utils.LycorisLayer):
            module.set_scale("default", scale)
    text = outputs.embed(pipeline, [outputs.RUN_PROMPT])
    return {f"{name}.hidden": text[0], f"{name}.out": pipeline.unet(sample, 500, text).sample[0]}


@torch.no_grad()
def write(root):
    pipeline = outputs.load(root / "tiny-sd1")
    generator = torch.Generator().manual_seed(71)
    file = {}
    for part, path, make in LAYERS:
        weight = getattr(pipeline, part).get_submodule(path).weight
        tensors, change, rank = make(weight, lambda *shape: torch.randn(shape, generator=generator) * 0.5)
        alpha = 1.5
        change = change.reshape(weight.shape) * (alpha / rank if rank else 1)
        weight.data.add_(SCALE * change)
        dotted = f"text_model.{path}" if part == "text_encoder" else path
        stem = f"lora_{'te' if part == 'text_encoder' else 'unet'}_{dotted.replace('.', '_')}"
        file |= {f"{stem}.{key}": value for key, value in tensors.items()} | {f"{stem}.alpha": torch.tensor(alpha)}
    (root / "adapters/kinds/products.safetensors").write_bytes(save(file))
    sample = outputs.random((1, 4, 16, 16), 500)
    text = outputs.embed(pipeline, [outputs.RUN_PROMPT])
    out = {"hidden": text[0], "out": pipeline.unet(sample, 500, text).sample[0]}
    for index, (name, (scale, config)) in enumerate(PEFT.items()):
        out |= own(root, name, scale, config, 80 + index, sample)
    return out


if __name__ == "__main__":
    goldens = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parents[3] / "Tests/DiffusionTests/Goldens")
    torch.set_num_threads(1)
    (goldens / "product-adapters.safetensors").write_bytes(save({key: value.contiguous() for key, value in write(goldens).items()}))
