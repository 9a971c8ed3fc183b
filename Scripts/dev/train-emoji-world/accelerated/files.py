"""Weights in safetensors files, written and read without the library; a model's folder made of them."""

import json
import shutil
from pathlib import Path

import numpy as np
import torch

from accelerated import networks
from judge_model import CONFIG as JUDGE

ROOT = Path(__file__).parents[4]
PLUGIN = ROOT / "Plugins/emoji-world"
TYPES = {"F16": (np.float16, torch.float16), "F32": (np.float32, torch.float32)}


def write(path, tensors, half=True):
    """Whole or not at all; half precision by default."""
    header, blocks, at = {}, [], 0
    for name, tensor in tensors.items():
        array = np.ascontiguousarray(tensor.detach().float().cpu().numpy().astype(np.float16 if half else np.float32))
        header[name] = dict(dtype="F16" if half else "F32", shape=list(tensor.shape), data_offsets=[at, at + array.nbytes])
        blocks.append(array.tobytes())
        at += array.nbytes
    text = json.dumps({"__metadata__": {"format": "pt"}, **header}).encode()
    text += b" " * (-len(text) % 8)
    new = path.with_name(path.name + ".new")
    new.write_bytes(len(text).to_bytes(8, "little") + text + b"".join(blocks))
    new.replace(path)


def read(path):
    """Float tensors by name."""
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    header, out = json.loads(data[8:8 + length]), {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = (8 + length + o for o in entry["data_offsets"])
            array = np.frombuffer(data[begin:end], TYPES[entry["dtype"]][0]).reshape(entry["shape"])
            out[name] = torch.from_numpy(array.astype(np.float32))
    return out


def write_json(path, value):
    new = path.with_name(path.name + ".new")
    new.write_text(json.dumps(value, indent=2) + "\n")
    new.replace(path)


def configs(run):
    """The parts' configs, as diffusers and transformers write them. `run` is a run's `run.json`."""
    end = run["vocabulary"] - 1
    ids = dict(bos_token_id=end - 1, eos_token_id=end, pad_token_id=end)
    text = dict(**networks.TOWER, **ids, vocab_size=run["vocabulary"], max_position_embeddings=networks.LENGTH, layer_norm_eps=1e-5)
    return {
        "unet": dict(_class_name="UNet2DConditionModel", _diffusers_version="0.42.1", **run["unet"]),
        "vae": dict(_class_name="AutoencoderKL", _diffusers_version="0.42.1", act_fn="silu", scaling_factor=run["scale"], **run["vae"]),
        "text_encoder": dict(architectures=["CLIPTextModel"], model_type="clip_text_model", **text),
        "clip": dict(architectures=["CLIPModel"], model_type="clip", projection_dim=networks.WIDTH, text_config=dict(text, model_type="clip_text_model"),
                     vision_config=dict(**networks.TOWER, **networks.IMAGE, model_type="clip_vision_model", layer_norm_eps=1e-5)),
    }


def assemble(files, folder):
    """A model's folder in diffusers layout from the files of a run; and, beside it, the judge's."""
    run = json.loads((files / "run.json").read_text())
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("tokenizer", "scheduler"):
        shutil.copytree(PLUGIN / "model" / name, folder / name)
    shutil.copy(PLUGIN / "model/model_index.json", folder)
    weights = {"unet": "diffusion_pytorch_model", "vae": "diffusion_pytorch_model", "text_encoder": "model", "clip": "model"}
    for part, config in configs(run).items():
        (folder / part).mkdir()
        write_json(folder / part / "config.json", config)
        if part != "text_encoder":
            shutil.copy(files / f"{part}.safetensors", folder / part / f"{weights[part]}.safetensors")
    shutil.copy(PLUGIN / "model/clip/preprocessor_config.json", folder / "clip")
    tower = {k.removeprefix("text_model."): v for k, v in read(files / "clip.safetensors").items() if k.startswith("text_model.")}
    write(folder / "text_encoder/model.safetensors", tower)
    if (files / "judge.safetensors").exists():
        judge = folder.with_name(folder.name + "-judge")
        judge.mkdir(exist_ok=True)
        shutil.copy(files / "judge.safetensors", judge)
        write_json(judge / "config.json", JUDGE)
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())
