"""Adapters of many kinds as PEFT, diffusers, kohya's scripts and LyCORIS write them, and what the model makes of each.

PEFT's own layers say what its adapters do; for kohya's and LyCORIS' the definition is applied to torch's weights.
"""

import json
import warnings
from dataclasses import fields

import peft
import torch
from peft.utils import get_peft_model_state_dict
from safetensors.torch import save

UNET = "down_blocks.0.attentions.0.transformer_blocks.0."
PREFIX = {"unet": "lora_unet_", "text_encoder": "lora_te_"}


def randomise(model, seed, bias="none"):
    """Values that matter in everything that the adapters of a model train."""
    generator = torch.Generator().manual_seed(seed)
    biases = {"none": (), "all": (".bias",), "lora_only": (".base_layer.bias",)}[bias]
    for name, value in model.named_parameters():
        noise = torch.randn(value.shape, generator=generator)
        if "lora_magnitude_vector" in name:
            value.data.mul_(1 + 0.2 * noise)
        elif "lora_" in name:
            value.data.copy_(noise * (0.3 if "bias" in name else 0.5 / value.shape[-1] ** 0.5))
        elif "modules_to_save" in name or name.endswith(biases):
            value.data.add_(0.1 * noise)


def adapted(pipeline, part, settings, seed, name="default"):
    """Puts an adapter with random values into a part of the pipeline; returns PEFT's model around it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        config = peft.LoraConfig(**settings)
        model = peft.get_peft_model(getattr(pipeline, part), config, adapter_name=name)
    randomise(model, seed, bias=settings.get("bias", "none"))
    return model.eval()


def set_scale(model, scale, name="default"):
    for module in model.modules():
        if isinstance(module, peft.tuners.lora.LoraLayer) and name in module.scaling:
            module.set_scale(name, scale)


def plain(config):
    """A config as JSON."""
    return {key: sorted(value) if isinstance(value, set) else value for key, value in config.to_dict().items()}


def state(model, name="default"):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = get_peft_model_state_dict(model, adapter_name=name)
    return {key: value.detach().clone().contiguous() for key, value in found.items()}


def save_peft(model, directory, name="default"):
    """As PEFT's save_pretrained does, without its model card."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "adapter_model.safetensors"
    path.write_bytes(save(state(model, name), metadata={"format": "pt"}))
    (directory / "adapter_config.json").write_text(json.dumps(plain(model.peft_config[name]), default=str))
    return path


def save_diffusers(model, part, path, name="default"):
    """As diffusers' save_lora_weights does."""
    tensors = {f"{part}.{key.removeprefix('base_model.model.')}": value for key, value in state(model, name).items()}
    note = {f"{part}.{key}": value for key, value in plain(model.peft_config[name]).items()}
    text = json.dumps(note, indent=2, sort_keys=True, default=str)
    path.write_bytes(save(tensors, metadata={"format": "pt", "lora_adapter_metadata": text}))
    return path


# Kohya and LyCORIS: kinds of changes by the definition. Each returns the tensors and a function of the model's weight.


def low_rank(weight, rank, generator, alpha=None, middle=False, dora=None):
    out, inputs, *kernel = weight.shape

    def noise(*shape):
        return torch.randn(shape, generator=generator) * 0.5

    tensors = {"lora_up.weight": noise(out, rank, *([1] * len(kernel)))}
    if middle:
        tensors |= {"lora_mid.weight": noise(rank, rank, *kernel), "lora_down.weight": noise(rank, inputs, 1, 1)}
        change = torch.einsum(
            "or,rskl,si->oikl", tensors["lora_up.weight"].flatten(1), tensors["lora_mid.weight"],
            tensors["lora_down.weight"].flatten(1))
    else:
        tensors["lora_down.weight"] = noise(rank, *weight.shape[1:]) / weight[0].numel() ** 0.5
        change = (tensors["lora_up.weight"].flatten(1) @ tensors["lora_down.weight"].flatten(1)).reshape(weight.shape)
    if alpha is not None:
        tensors["alpha"] = torch.tensor(float(alpha))
    factor = (rank if alpha is None else alpha) / rank
    if dora is None:
        return tensors, lambda weight, scale: weight + scale * factor * change
    # DoRA: lengths of rows, or of columns as LyCORIS' first versions have them.
    dims = tuple(d for d in range(weight.ndim) if d != (0 if dora == "rows" else 1))
    lengths = weight.pow(2).sum(dims, keepdim=True).sqrt()
    tensors["dora_scale"] = lengths * (1 + 0.2 * torch.randn(lengths.shape, generator=generator))

    def decomposed(weight, scale):
        moved = weight + scale * factor * change
        return tensors["dora_scale"] * moved / moved.pow(2).sum(dims, keepdim=True).sqrt()

    return tensors, decomposed


def kohya(pipeline, layers, scale, generator):
    """Tensors of a file by `layers`, {(part, path): kinds}, after the pipeline's weights were changed accordingly."""
    tensors = {}
    for (part, path), kinds in layers.items():
        module = getattr(pipeline, part).get_submodule(path)
        dotted = f"text_model.{path}" if part == "text_encoder" else path
        stem = PREFIX[part] + dotted.replace(".", "_")
        change = {}
        if "low_rank" in kinds:
            change, function = low_rank(module.weight.data, generator=generator, **kinds["low_rank"])
            module.weight.data = function(module.weight.data, scale)
        for kind in kinds.get("differences", ()):
            value = module.bias.data if kind.endswith("_b") or kind == "b_norm" else module.weight.data
            change[kind] = 0.2 * torch.randn(value.shape, generator=generator)
            value += scale * change[kind]
        tensors |= {f"{stem}.{key}": value.contiguous() for key, value in change.items()}
    return tensors


# Golden files.

GOLDEN = {
    # name: part, settings, scale, form
    "rank-stabilised": ("unet", dict(r=4, lora_alpha=8, use_rslora=True, target_modules=["attn2.to_k"]), 0.5, "diffusers"),
    "patterns": ("unet", dict(
        r=2, lora_alpha=3, rank_pattern={r"attn1\.to_[qk]": 3, "^conv_in": 1}, alpha_pattern={"attn1.to_q": 1.5, "conv_i.": 4},
        target_modules=["attn1.to_q", "attn1.to_k", "conv_in", "attn2.to_v"]), 0.8, "diffusers"),
    "biases": ("unet", dict(
        r=2, lora_alpha=3, lora_bias=True, init_lora_weights=False, target_modules=["attn2.to_q", "to_out.0", "conv_out"]), 0.7, "diffusers"),
    "dora": ("unet", dict(r=2, lora_alpha=3, use_dora=True, target_modules=["attn1.to_v", "conv_in", "proj_out"]), 0.6, "diffusers"),
    "dora-text": ("text_encoder", dict(r=2, lora_alpha=3, use_dora=True, use_rslora=True, target_modules="encoder.*(fc1|v_proj)"), 1, "peft"),
    "whole-modules": ("unet", dict(r=2, target_modules=["attn1.to_q"], modules_to_save=["conv_out", "time_embedding"]), 1, "peft"),
    "own-biases": ("text_encoder", dict(r=2, target_modules=["q_proj"], bias="all"), 1, "peft"),
    "table": ("text_encoder", dict(r=2, lora_alpha=4, target_modules=["token_embedding"]), 0.5, "peft"),
}
KOHYA = {
    ("unet", "conv_in"): {"differences": ["diff", "diff_b"]},
    ("unet", UNET + "norm1"): {"differences": ["w_norm", "b_norm"]},
    ("unet", UNET + "attn1.to_q"): {"low_rank": {"rank": 2, "alpha": 1}},
    ("unet", UNET + "attn2.to_out.0"): {"low_rank": {"rank": 3}, "differences": ["diff_b"]},
    ("unet", UNET + "ff.net.0.proj"): {"low_rank": {"rank": 2, "alpha": 3, "dora": "rows"}},
    ("unet", UNET + "ff.net.2"): {"low_rank": {"rank": 2, "alpha": 3, "dora": "columns"}},
    ("unet", "down_blocks.0.resnets.0.conv1"): {"low_rank": {"rank": 2, "alpha": 3, "middle": True}},
    ("text_encoder", "encoder.layers.0.mlp.fc1"): {"low_rank": {"rank": 2, "alpha": 5}},
}


def config_fields():
    """What PEFT knows of: the fields of LoraConfig with other than default values, and the kinds of adapters."""
    def defaults(config):
        return {field.name: field.default if isinstance(field.default, (bool, int, float, str)) else None for field in fields(config)}

    return {
        "version": peft.__version__, "fields": defaults(peft.LoraConfig), "types": sorted(kind.value for kind in peft.PeftType),
        "products": {"LOHA": defaults(peft.LoHaConfig), "LOKR": defaults(peft.LoKrConfig)},
        # How the names of tensors begin that a method trains in layers.
        "prefixes": sorted({tuner.prefix for tuner in peft.mapping.PEFT_TYPE_TO_TUNER_MAPPING.values() if getattr(tuner, "prefix", "")}),
    }


@torch.no_grad()
def write(root):
    """Makes the files in root/adapters/kinds; returns the outputs."""
    import outputs

    files, out = root / "adapters/kinds", {}
    files.mkdir(parents=True, exist_ok=True)
    sample = outputs.random((1, 4, 16, 16), 500)

    def keep(name, pipeline):
        text = outputs.embed(pipeline, [outputs.RUN_PROMPT])
        out[f"{name}.hidden"], out[f"{name}.out"] = text[0], pipeline.unet(sample, 500, text).sample[0]

    chain = []
    for index, (name, (part, settings, scale, form)) in enumerate(GOLDEN.items()):
        pipeline = outputs.load(root / "tiny-sd1")
        model = adapted(pipeline, part, settings, 60 + index)
        if form == "peft":
            save_peft(model, files / name)
        else:
            save_diffusers(model, part, files / f"{name}.safetensors")
            chain.append((name, model, scale))
        set_scale(model, scale)
        keep(name, pipeline)
    # All those of the UNet on one another: DoRA scales what comes before it, and measures the model's own weights.
    pipeline = outputs.load(root / "tiny-sd1")
    wrapped = None
    for name, model, scale in chain:
        config = model.peft_config["default"]
        if wrapped is None:
            wrapped = peft.get_peft_model(pipeline.unet, config, adapter_name=name)
        else:
            wrapped.add_adapter(name, config)
        peft.set_peft_model_state_dict(wrapped, state(model), adapter_name=name)
        set_scale(wrapped, scale, name)
    wrapped.base_model.set_adapter([name for name, _, _ in chain])
    wrapped.eval()
    keep("chain", pipeline)

    pipeline = outputs.load(root / "tiny-sd1")
    tensors = kohya(pipeline, KOHYA, 0.6, torch.Generator().manual_seed(70))
    (files / "kohya.safetensors").write_bytes(save(tensors))
    keep("kohya", pipeline)
    out["sample"] = sample[0]
    (root / "adapters/peft-fields.json").write_text(json.dumps(config_fields(), indent=1, sort_keys=True) + "\n")
    return out

