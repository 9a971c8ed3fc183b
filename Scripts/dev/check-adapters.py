"""Holds Lunette's adapters against PEFT's: `check-adapters.py COUNT SEED` (run it through `check-adapters`)."""

import json
import os
import random
import re
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

here = Path(__file__).resolve().parent
sys.path.insert(0, str(here / "goldens"))
sys.dont_write_bytecode = True
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy
import peft
import torch
from safetensors.torch import load_file, save

import outputs
import peft_adapters

MODEL = here.parents[1] / "Tests/DiffusionTests/Goldens/tiny-sd1"
UNET_ENDS = [
    "to_q", "to_k", "to_v", "to_out.0", "attn1.to_q", "attn2.to_v", "ff.net.0.proj", "ff.net.2", "proj_in", "proj_out", "conv1",
    "conv2", "conv_shortcut", "time_emb_proj", "linear_1", "conv_in", "conv_out", "conv",
]
TEXT_ENDS = ["q_proj", "k_proj", "v_proj", "out_proj", "fc1", "fc2", "layers.1.mlp.fc2"]

# Runs each adapter and says what came of it: the numbers, or the message.
SCRIPT = """
local t, out = lunette.tensor, {}
local sample = t.load("sample.npy")
for _, case in ipairs(lunette.json.decode(assert(io.open("cases.json")):read("a"))) do
  io.stderr:write("CASE ", case.name, "\\n")
  local done, message = pcall(function()
    local model = assert(lunette.load(os.getenv("MODEL"), { loras = case.loras }))
    local text = model:encode("a cat and a pistol")
    text:save(case.name .. ".text.npy")
    model:denoise(sample, 500, text):save(case.name .. ".out.npy")
  end)
  out[#out + 1] = { name = case.name, message = not done and tostring(message) or nil }
end
assert(io.open("results.json", "w")):write(lunette.json.encode(out)):close()
"""


def settings(rng, part):
    """Random settings of a LoRA that PEFT accepts."""
    ends = UNET_ENDS if part == "unet" else TEXT_ENDS
    chosen = rng.sample(ends, rng.randint(1, 5))
    out = dict(r=rng.randint(1, 5), lora_alpha=rng.choice([1, 3, 4, 8, 2.5]), target_modules=chosen)
    if rng.random() < 0.2:
        out["target_modules"] = ".*(" + "|".join(end.replace(".", r"\.") for end in chosen) + ")"
    if rng.random() < 0.4:
        out["use_rslora"] = True
    for key, value in (("rank_pattern", lambda: rng.randint(1, 6)), ("alpha_pattern", lambda: rng.choice([1, 2, 5, 7.5]))):
        if rng.random() < 0.4:
            keys = rng.sample(chosen, 1) + rng.choice([[], [r"attn\d.to_[qv]"], [r"^down_blocks\.0.*"], ["conv."], ["0.*fc1"]])
            # The first that fits counts, and both PEFT and diffusers sort them as they save.
            out[key] = {k: value() for k in sorted(keys)}
    kind = rng.random()
    if kind < 0.3:
        out["use_dora"] = True
    elif kind < 0.5:
        out |= dict(lora_bias=True, init_lora_weights=rng.random() < 0.5)
    else:
        out["init_lora_weights"] = rng.choice([True, False, "gaussian"])
    if rng.random() < 0.15:
        out["bias"] = rng.choice(["all", "lora_only"])
    if rng.random() < 0.15:
        out["modules_to_save"] = rng.sample(["conv_norm_out", "conv_out", "time_embedding"] if part == "unet" else ["final_layer_norm"], 1)
        out["modules_to_save"] = [m for m in out["modules_to_save"] if not any(e in m for e in chosen + ["linear_1"] * ("linear_1" in chosen))] or None
    if rng.random() < 0.2 and len(chosen) > 1 and isinstance(out["target_modules"], list):
        out["exclude_modules"] = rng.choice([chosen[:1], ".*" + chosen[0].replace(".", r"\.")])
    if rng.random() < 0.1 and isinstance(out["target_modules"], list):
        out["layers_to_transform"] = rng.choice([0, [0, 1]])
    if rng.random() < 0.1:
        out["fan_in_fan_out"] = True
    if rng.random() < 0.1:
        out["lora_dropout"] = 0.5
    if part == "text_encoder" and rng.random() < 0.2:
        out["target_modules"] = ["token_embedding"]
        out.pop("exclude_modules", None)
        for key in ("use_dora", "lora_bias", "layers_to_transform", "fan_in_fan_out"):
            out.pop(key, None)
    return out


def save_as(rng, model, part, folder, name="default"):
    """The adapter's file in one of the forms; returns its path."""
    config = model.peft_config[name]
    if config.bias != "none" or config.modules_to_save or rng.random() < 0.4:
        return peft_adapters.save_peft(model, folder / name, name)
    path = peft_adapters.save_diffusers(model, part, folder / f"{name}.safetensors", name)
    plain = not (config.use_rslora or config.rank_pattern or config.alpha_pattern or config.use_dora or config.lora_bias)
    if plain and "token_embedding" not in str(config.target_modules) and rng.random() < 0.6:
        return renamed(rng, path, config)
    return path


def renamed(rng, path, config):
    """The same under older names, with the scale in alphas instead of settings."""
    form = rng.choice(["kohya", "processor", "layer", "default"])
    out = {}
    for key, value in load_file(path).items():
        stem, kind, _ = re.match(r"(.*)\.lora_([AB])(\.weight)$", key).groups()
        way = {"A": "down", "B": "up"}[kind]
        if form == "kohya":
            part, _, layer = stem.partition(".")
            if part == "text_encoder":
                layer = "text_model." + layer.removeprefix("text_model.")
            prefix = "lora_unet_" if part == "unet" else rng.choice(["lora_te_"])
            stem = prefix + layer.replace(".", "_")
            out[f"{stem}.lora_{way}.weight"] = value
        elif form == "processor" and "attn" in stem and part_of(stem) == "unet":
            head, _, tail = stem.partition(".to_")
            stem = f"{head}.processor.to_{tail.removesuffix('.0')}"
            out[f"{stem}_lora.{way}.weight"] = value
        elif form == "layer":
            out[f"{stem}.lora_linear_layer.{way}.weight"] = value
        elif form == "default":
            out[f"{stem}.lora_{kind}.default.weight"] = value
        else:
            out[f"{stem}.lora.{way}.weight"] = value
        out[f"{stem}.alpha"] = torch.tensor(float(config.lora_alpha))
    path.write_bytes(save(out))
    return path


def part_of(stem):
    return "text_encoder" if stem.startswith("text_encoder") else "unet"


def whole(model, name="default"):
    config = model.peft_config[name]
    return config.bias != "none" or bool(config.modules_to_save)


def one(rng, folder, seed):
    """One adapter of PEFT."""
    pipeline = outputs.load(MODEL)
    part = rng.choice(["unet", "unet", "text_encoder"])
    model = peft_adapters.adapted(pipeline, part, settings(rng, part), seed)
    scale = 1 if whole(model) else rng.choice([1, 1, 0.5, -0.7, 1.3, 0])
    peft_adapters.set_scale(model, scale)
    return pipeline, [(save_as(rng, model, part, folder), scale)], None


def several(rng, folder, seed):
    """Two or three adapters of PEFT on one part, on the same layers if it so happens."""
    pipeline = outputs.load(MODEL)
    part = rng.choice(["unet", "text_encoder"])
    names, loras, wrapped = [], [], None
    for index in range(rng.randint(2, 3)):
        name, chosen = f"a{index}", settings(rng, part)
        for key in ("bias", "modules_to_save"):
            chosen.pop(key, None)
        config = peft.LoraConfig(**chosen)
        if wrapped is None:
            wrapped = peft.get_peft_model(getattr(pipeline, part), config, adapter_name=name)
        else:
            wrapped.add_adapter(name, config)
        names.append(name)
    peft_adapters.randomise(wrapped, seed)
    wrapped.base_model.set_adapter(names)
    wrapped.eval()
    for name in names:
        scale = rng.choice([1, 0.5, -0.7])
        peft_adapters.set_scale(wrapped, scale, name)
        loras.append((save_as(rng, wrapped, part, folder, name), scale))
    return pipeline, loras, None


def kohya(rng, folder, seed):
    """Kinds of kohya's and LyCORIS', mixed."""
    pipeline = outputs.load(MODEL)
    layers = {}
    for part in ("unet", "text_encoder"):
        found = [(name, module) for name, module in getattr(pipeline, part).named_modules()
                 if getattr(module, "weight", None) is not None and "embeddings" not in name]
        for name, module in rng.sample(found, rng.randint(1, 5)):
            kinds = {}
            if module.weight.ndim > 1 and rng.random() < 0.8:
                kernel = module.weight.ndim == 4
                kinds["low_rank"] = dict(
                    rank=rng.randint(1, 4), alpha=rng.choice([None, 1, 2.5, 8]), middle=kernel and rng.random() < 0.4,
                    dora=rng.choice([None, None, "rows", "columns"]))
            elif rng.random() < 0.9 or not kinds:
                kinds["differences"] = [rng.choice(["diff", "w_norm"])]
            if module.bias is not None and rng.random() < 0.4:
                kinds.setdefault("differences", []).append(rng.choice(["diff_b", "b_norm"]))
            layers[part, name] = kinds
    scale = rng.choice([1, 0.6, -0.8])
    path = folder / "kohya.safetensors"
    tensors = peft_adapters.kohya(pipeline, layers, scale, torch.Generator().manual_seed(seed))
    path.write_bytes(save(tensors, metadata={"ss_network_module": "networks.lora"}))
    return pipeline, [(path, scale)], None


def product(rng, folder, seed):
    """LoHa and LoKr."""
    pipeline = outputs.load(MODEL)
    targets = rng.sample(["to_q", "to_k", "to_v", "to_out.0", "conv1", "proj_in"], 3)
    facts = dict(r=rng.choice([1, 2, 4]), alpha=rng.choice([1, 3, 8]), target_modules=targets)
    if rng.random() < 0.4:
        facts["use_effective_conv2d"] = True
    kind = rng.choice([peft.LoHaConfig, peft.LoKrConfig])
    if kind is peft.LoKrConfig:
        facts |= dict(decompose_both=rng.random() < 0.5, decompose_factor=rng.choice([-1, 2, 4]))
    model = peft.get_peft_model(pipeline.unet, kind(**facts))
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in model.named_parameters():
        if "hada_" in name or "lokr_" in name:
            parameter.data.normal_(0, 0.3, generator=generator)
    return pipeline, [(peft_adapters.save_peft(model, folder / "product"), 1)], None


def foreign(rng, folder, seed):
    """Other kinds of PEFT's."""
    pipeline = outputs.load(MODEL)
    targets = ["to_q", "to_v"]
    config = rng.choice([
        lambda: peft.OFTConfig(r=2, oft_block_size=0, target_modules=targets), lambda: peft.IA3Config(target_modules=targets, feedforward_modules=[]),
        lambda: peft.VeraConfig(r=2, target_modules=["attn1.to_q"]), lambda: peft.HRAConfig(r=2, target_modules=targets),
        lambda: peft.LNTuningConfig(target_modules=["norm1"]), lambda: peft.FourierFTConfig(n_frequency=4, target_modules=targets),
        lambda: peft.AdaLoraConfig(init_r=2, target_r=2, total_step=10, tinit=1, tfinal=1, target_modules=targets),
    ])()
    model = peft.get_peft_model(pipeline.unet, config)
    path = (peft_adapters.save_peft(model, folder / "foreign") if rng.random() < 0.5
            else peft_adapters.save_diffusers(model, "unet", folder / "foreign.safetensors"))
    return None, [(path, 1)], config.peft_type.value


def refused(rng, folder, seed):
    """A LoRA with a setting that Lunette must not pass over."""
    pipeline = outputs.load(MODEL)
    chosen = settings(rng, "unet") | dict(bias="none", modules_to_save=None)
    model = peft_adapters.adapted(pipeline, "unet", chosen, seed)
    path = peft_adapters.save_peft(model, folder / "refused")
    file = path.parent / "adapter_config.json"
    config = json.loads(file.read_text())
    key, value = rng.choice([
        ("init_lora_weights", "pissa"), ("init_lora_weights", "olora"), ("init_lora_weights", "loftq"), ("use_qalora", True),
        ("alora_invocation_tokens", [1, 2]), ("layer_replication", [[0, 1]]), ("trainable_token_indices", [1]),
        ("megatron_config", {"a": 1}), ("target_parameters", ["conv_in.weight"]), ("kasa_config", {"beta": 1}),
        ("arrow_config", {}) if False else ("arrow_config", {"top_k": 1}), ("use_bdlora", {"a": 1}), ("velora_config", {"scale": 1}),
        ("monteclora_config", {"a": 1}), ("a_field_of_tomorrow", 0.5), ("r", 77), ("use_dora", not config["use_dora"]),
        ("lora_bias", not config["lora_bias"]),
    ])
    config[key] = value
    if key == "r":
        config["rank_pattern"] = {}
        key = "rank"
    file.write_text(json.dumps(config))
    return None, [(path, 1)], key


def stray(rng, folder, seed):
    """A whole adapter with one tensor more, which must be named."""
    _, [(path, scale)], _ = kohya(rng, folder, seed)
    tensors = load_file(path)
    stem = rng.choice(list(tensors)).split(".")[0]
    name = rng.choice([f"{stem}.scalar", f"{stem}.hada_w1_a", f"{stem}.bias_values", "lora_unet_nowhere.diff", f"{stem}.lokr_w2_b",
                       f"{stem}.lora_gate", "te_scale", "bundle_emb.x.clip_g"])
    tensors[name] = torch.ones(3)
    path.write_bytes(save(tensors))
    return None, [(path, scale)], name.removesuffix(".diff").removeprefix("lora_unet_")


KINDS = [one, one, one, several, kohya, kohya, product, product, foreign, refused, stray]


def difference(a, b):
    return float(abs(a - b).max() / max(abs(b).max(), 1e-9))


@torch.no_grad()
def main(count, seed):
    torch.set_num_threads(1)
    rng, cases, expected = random.Random(seed), [], {}
    work = Path(tempfile.mkdtemp(prefix="adapters-"))
    sample = outputs.random((1, 4, 16, 16), 500)
    numpy.save(work / "sample.npy", sample[0].numpy())
    while len(cases) < count:
        name = f"c{len(cases)}"
        maker, folder = rng.choice(KINDS), work / name
        folder.mkdir()
        try:
            pipeline, loras, wanted = maker(rng, folder, rng.randrange(1 << 30))
        except (ValueError, RuntimeError, TypeError, KeyError, NotImplementedError) as error:
            print(f"{maker.__name__}: PEFT refuses: {str(error)[:110]}")
            for file in sorted(folder.rglob("*"), reverse=True):
                file.rmdir() if file.is_dir() else file.unlink()
            folder.rmdir()
            continue
        result = None
        if pipeline is not None:
            text = outputs.embed(pipeline, [outputs.RUN_PROMPT])
            result = text[0].numpy(), pipeline.unet(sample, 500, text).sample[0].numpy()
        expected[name] = maker.__name__, result, wanted
        cases.append({"name": name, "loras": [{"path": str(path), "scale": scale} for path, scale in loras]})
    (work / "cases.json").write_text(json.dumps(cases))
    (work / "run.lua").write_text(SCRIPT)
    run = subprocess.run([os.environ["LUNETTE"], "run", "run.lua", "--out", "out"], cwd=work, env=os.environ | {"MODEL": str(MODEL)},
                         capture_output=True, text=True)
    if run.returncode:
        sys.exit(f"lunette: {run.stderr[-2000:]}\n{work}")
    notes = {part.split("\n", 1)[0]: part.split("\n", 1)[1] for part in run.stderr.split("CASE ")[1:]}
    failures, refusals, worst = 0, {}, 0.0
    for entry in json.loads((work / "results.json").read_text()):
        name, message = entry["name"], entry.get("message")
        kind, result, wanted = expected[name]
        fault = None
        if result is None:
            said = (message or "") + notes.get(name, "")
            if wanted not in said:
                fault = f"'{wanted}' is not named: {said[:300] or 'it passed'}"
        elif message:
            # A whole adapter that Lunette refuses: worth a look, each kind once.
            refusals.setdefault(re.sub(r"'.*?'|/\S*|\d+", "…", message)[:120], (name, message))
        else:
            found = [numpy.load(work / f"{name}.{what}.npy") for what in ("text", "out")]
            error = max(difference(f, r) for f, r in zip(found, result))
            worst = max(worst, error)
            if not error < 1e-4:
                fault = f"difference {error:.1e} {notes.get(name, '')[:200]}"
        if fault:
            failures += 1
            print(f"{name} ({kind}): {fault}")
    for name, message in refusals.values():
        print(f"{name} ({expected[name][0]}) refused: {message[:300]}")
    print(f"{count} adapters, {failures} faults, {len(refusals)} kinds of refusals of what PEFT takes, largest difference {worst:.1e}; {work}")
    sys.exit(1 if failures else 0)


main(int(sys.argv[1]), int(sys.argv[2]))
