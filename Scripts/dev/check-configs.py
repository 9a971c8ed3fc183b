"""Holds Lunette's reading of configs against diffusers and transformers: `check-configs.py COUNT SEED` (run it through `check-configs`)."""

import collections
import inspect
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

here = Path(__file__).resolve().parent
sys.path.insert(0, str(here / "goldens"))
sys.dont_write_bytecode = True
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import diffusers
import numpy
import torch
import transformers
from PIL import Image

import random_configs

MODEL = here.parents[1] / "Tests/DiffusionTests/Goldens/tiny-sd1"
VOCABULARY = 664
TOLERANCE = 2e-4
PARTS = ["text", "unet", "vae", "clip", "scheduler"]
for library in (diffusers, transformers):
    library.utils.logging.set_verbosity_error()
    library.utils.logging.disable_progress_bar()

# Each part on its own, so that a refusal of one hides no other.
SCRIPT = """
local t, out = lunette.tensor, {}
for _, case in ipairs(lunette.json.decode(assert(io.open("cases.json")):read("a"))) do
  local function save(what, value) value:save(case.name .. "/" .. what .. ".npy") end
  local function input(what) return t.load(case.name .. "/in." .. what .. ".npy") end
  local parts = {
    text = function(model) save("text", model:encode(case.prompt)) end,
    unet = function(model) save("unet", model:denoise(input("latents"), case.timestep, input("embedding"))) end,
    vae = function(model)
      save("vae.decoded", model:decode(input("vae")))
      save("vae.encoded", model:encode_image(input("image")))
    end,
    scheduler = function(model)
      save("scheduler", model:generate{
        embedding = input("embedding"), guidance = 1, steps = case.steps, seed = case.seed, width = case.width, height = case.height,
        eta = case.eta,
      }.latents)
    end,
    clip = function(clip)
      save("clip.image", clip:image(input("picture")))
      save("clip.text", clip:text(case.prompt))
    end,
  }
  for part, run in pairs(parts) do
    local done, message = pcall(function()
      if part == "clip" then run(assert(lunette.load_clip(case.name .. "/clip")))
      else run(assert(lunette.load(case.name .. "/" .. part))) end
    end)
    out[#out + 1] = { name = case.name, part = part, message = not done and tostring(message) or nil }
  end
end
assert(io.open("results.json", "w")):write(lunette.json.encode(out)):close()
"""


def randomise(model, generator):
    """Weights of such sizes that every layer matters."""
    for name, parameter in model.named_parameters():
        noise = torch.randn(parameter.shape, generator=generator)
        if parameter.ndim > 1 and "embedding" not in name.rsplit(".", 2)[-2]:
            parameter.copy_(noise / parameter[0].numel() ** 0.5)
        elif parameter.ndim > 0:
            parameter.copy_(0.3 * noise + ("norm" in name and name.endswith("weight")))
    return model.eval()


def parameters(name):
    return set(inspect.signature(getattr(diffusers, name).__init__).parameters)


def sampled(scheduler, unet, embedding, latents, case, shake=0.0):
    """What the loop of diffusers' pipelines makes of noise, whose numbers may be off by a share."""
    generator = torch.Generator().manual_seed(case["seed"])
    known = inspect.signature(scheduler.step).parameters
    extra = {key: value for key, value in (("generator", generator), ("eta", case["eta"])) if key in known}
    scheduler.set_timesteps(case["steps"])
    sample = torch.randn(latents.shape, generator=generator) * scheduler.init_noise_sigma
    sample = sample * (1 + shake * torch.randn(latents.shape, generator=torch.Generator().manual_seed(0)))
    for time in scheduler.timesteps:
        output = unet(scheduler.scale_model_input(sample, time), time, embedding).sample
        sample = scheduler.step(output, time, sample, **extra).prev_sample
    return sample


class Case:
    """One random model: its folders, what is expected of each part, and which settings a refusal of a part may name."""

    def __init__(self, rng, folder):
        self.rng, self.folder = rng, folder
        self.generator = torch.Generator().manual_seed(rng.randrange(1 << 30))
        self.expected, self.named, self.settings = {}, {}, {}
        latents, width = rng.choice([4, 4, 3, 8]), 8
        self.models = {}
        self.build("text", lambda: random_configs.text(rng, VOCABULARY), lambda c: transformers.CLIPTextModel(
            transformers.CLIPTextConfig(**c)))
        width = self.models["text"].config.hidden_size
        self.build("unet", lambda: random_configs.unet(rng, latents, width), lambda c: diffusers.UNet2DConditionModel(**c))
        self.build("vae", lambda: random_configs.vae(rng, latents), lambda c: diffusers.AutoencoderKL(**c))
        self.build("clip", lambda: random_configs.clip(rng, VOCABULARY), lambda c: transformers.CLIPModel(transformers.CLIPConfig(**c)))
        self.tokenizer = transformers.CLIPTokenizer.from_pretrained(MODEL / "tokenizer")
        self.data = dict(
            name=folder.name, prompt=rng.choice(["a cat and a pistol", "", "A dog, with GLASSES!"]), timestep=rng.choice([0, 1, 500, 999]),
            steps=rng.randint(2, 6), seed=rng.randrange(1000), eta=None)
        self.outputs(latents, width)

    def build(self, part, settings, make):
        """A model of random settings that the library itself takes."""
        while True:
            config, named = settings()
            try:
                self.models[part] = randomise(make(config), self.generator)
                self.settings[part], self.named[part] = config, named
                if part != "unet" or self.runs(config):
                    return
            except (ValueError, TypeError, RuntimeError, NotImplementedError, AttributeError, KeyError, ZeroDivisionError):
                continue

    def runs(self, config):
        size = 8
        width = self.models["text"].config.hidden_size
        self.models["unet"](torch.zeros(1, config["in_channels"], size, size), 1, torch.zeros(1, 7, width))
        return True

    def random(self, *shape):
        return torch.randn(shape, generator=self.generator)

    def give(self, what, value):
        self.folder.mkdir(exist_ok=True)
        numpy.save(self.folder / f"in.{what}.npy", value.numpy())

    def outputs(self, latents, width):
        data, models, expected = self.data, self.models, self.expected
        ids = torch.tensor([self.ids(data["prompt"], 77)])
        expected["text"] = models["text"](ids)[0][0]
        height, breadth = self.rng.choice([(8, 8), (8, 16), (16, 8), (4, 12)])
        embedding, sample = self.random(77, width), self.random(latents, height, breadth)
        self.give("embedding", embedding)
        self.give("latents", sample)
        expected["unet"] = models["unet"](sample[None], data["timestep"], embedding[None]).sample[0]
        vae = models["vae"]
        scale = vae.config.scaling_factor
        self.give("vae", sample)
        expected["vae.decoded"] = vae.decode(sample[None] / scale).sample[0].permute(1, 2, 0) / 2 + 0.5
        factor = 2 ** (len(vae.config.block_out_channels) - 1)
        image = torch.rand((height * factor, breadth * factor, 3), generator=self.generator)
        self.give("image", image)
        expected["vae.encoded"] = vae.encode(image.permute(2, 0, 1)[None] * 2 - 1).latent_dist.mode()[0] * scale
        self.clip()
        self.schedule(latents, embedding, (height, breadth, factor))
        self.save()

    def ids(self, prompt, length):
        return self.tokenizer(prompt, padding="max_length", max_length=length, truncation=True).input_ids

    def clip(self):
        model = self.models["clip"]
        pixels = (torch.rand((self.rng.randint(9, 50), self.rng.randint(9, 50), 3), generator=self.generator) * 255).round()
        self.give("picture", pixels / 255)
        picture = Image.fromarray(pixels.numpy().astype("uint8"))
        while True:
            config, named = random_configs.preprocessor(self.rng, model.config.vision_config.image_size)
            try:
                processed = transformers.CLIPImageProcessorPil(**config)(picture, return_tensors="pt").pixel_values
                image = model.get_image_features(pixel_values=processed)
            except (ValueError, RuntimeError, TypeError, KeyError):
                continue
            break
        self.settings["preprocessor"] = config
        self.named["clip"] |= named
        text = model.get_text_features(input_ids=torch.tensor([self.ids(self.data["prompt"], 77)]))
        for what, found in (("clip.image", image), ("clip.text", text)):
            found = getattr(found, "pooler_output", found)[0]
            self.expected[what] = found / found.norm()

    def schedule(self, latents, embedding, size):
        """A scheduler of random settings, on a UNet without any."""
        rng, data = self.rng, self.data
        height, breadth, factor = size
        data["height"], data["width"] = height * factor, breadth * factor
        width = embedding.shape[1]
        self.plain = randomise(diffusers.UNet2DConditionModel(
            in_channels=latents, out_channels=latents, block_out_channels=[8], down_block_types=["DownBlock2D"], up_block_types=["UpBlock2D"],
            cross_attention_dim=width, attention_head_dim=2, norm_num_groups=2, layers_per_block=1), self.generator)
        levels = len(self.models["vae"].config.block_out_channels)
        self.codec = randomise(diffusers.AutoencoderKL(
            latent_channels=latents, block_out_channels=[4] * levels, norm_num_groups=2, down_block_types=["DownEncoderBlock2D"] * levels,
            up_block_types=["UpDecoderBlock2D"] * levels), self.generator)
        while True:
            name, config, named = random_configs.scheduler(rng, parameters)
            data["eta"] = rng.choice([None, 0.6]) if name == "DDIMScheduler" else None
            case = data | {"eta": data["eta"] or 0.0}
            try:
                made = getattr(diffusers, name)(**config)
                result = sampled(made, self.plain, embedding[None], torch.zeros(1, latents, height, breadth), case)[0]
            except (ValueError, NotImplementedError, RuntimeError, IndexError, TypeError, ImportError, AssertionError, KeyError):
                continue
            if result.isfinite().all() or named:
                break
        # Some schedules (Heun in two steps, no signal at the end) make a thousandth of one rounding in their first number.
        shaken = sampled(getattr(diffusers, name)(**config), self.plain, embedding[None], torch.zeros(1, latents, height, breadth), case, 2**-24)[0]
        self.rounding = float(abs(shaken - result).max() / abs(result).max())
        self.scheduler, self.named["scheduler"] = made, named
        self.settings["scheduler"] = {"class": name, "steps": data["steps"], "eta": data["eta"]} | config
        self.expected["scheduler"] = result

    def save(self):
        """A pipeline for each part, whose other parts are plain."""
        folder = self.folder
        for part in ("text", "unet", "vae", "scheduler"):
            shutil.copytree(MODEL, folder / part, ignore=shutil.ignore_patterns("clip"))
            index = json.loads((MODEL / "model_index.json").read_text())
            index["scheduler"] = ["diffusers", type(self.scheduler).__name__ if part == "scheduler" else "DDIMScheduler"]
            (folder / part / "model_index.json").write_text(json.dumps(index))
        plain = dict(unet=self.plain, vae=self.codec, scheduler=diffusers.DDIMScheduler())
        # A text encoder that may be refused stands only where it is what is looked at.
        plain["text"] = transformers.CLIPTextModel(transformers.CLIPTextConfig(
            vocab_size=VOCABULARY, hidden_size=self.plain.config.cross_attention_dim, intermediate_size=8, num_hidden_layers=1,
            num_attention_heads=1, eos_token_id=VOCABULARY - 1))
        for part, model in dict(self.models, scheduler=self.scheduler).items():
            if part != "clip":
                self.fill(folder / part, plain | {part: model})
        self.models["clip"].save_pretrained(folder / "clip")
        for name in ("merges.txt", "vocab.json", "special_tokens_map.json", "tokenizer_config.json"):
            shutil.copy(MODEL / "tokenizer" / name, folder / "clip")
        (folder / "clip/preprocessor_config.json").write_text(json.dumps(self.settings["preprocessor"]))

    def fill(self, folder, parts):
        for name, part in parts.items():
            place = folder / ("text_encoder" if name == "text" else name)
            shutil.rmtree(place)
            part.save_pretrained(place)


def judged(case, part, message, folder):
    """What is wrong with a part's result, or nothing; and the difference."""
    named = case.named[part]
    if message:
        return (None if any(key in message for key in named) else f"refused: {message[:300]}"), 0
    worst = 0.0
    for what in [key for key in case.expected if key.split(".")[0] == part]:
        wanted, found = case.expected[what].numpy(), numpy.load(folder / case.folder.name / f"{what}.npy")
        if wanted.shape != found.shape:
            return f"{what}: shape {found.shape}, not {wanted.shape}", 0
        worst = max(worst, float(abs(wanted - found).max() / max(abs(wanted).max(), 1e-9)))
    allowed = max(TOLERANCE, 20 * case.rounding) if part == "scheduler" else TOLERANCE
    return (None if worst < allowed else f"difference {worst:.1e}"), worst


@torch.no_grad()
def main(count, seed):
    torch.set_num_threads(1)
    rng = random.Random(seed)
    work = Path(tempfile.mkdtemp(prefix="configs-"))
    cases = {}
    for index in range(count):
        (work / f"c{index}").mkdir()
        cases[f"c{index}"] = Case(rng, work / f"c{index}")
    (work / "cases.json").write_text(json.dumps([case.data for case in cases.values()]))
    (work / "run.lua").write_text(SCRIPT)
    run = subprocess.run([os.environ["LUNETTE"], "run", "run.lua", "--out", "out"], cwd=work, capture_output=True, text=True)
    if run.returncode:
        sys.exit(f"lunette: {run.stderr[-2000:]}\n{work}")
    faults, refusals, largest = 0, 0, collections.Counter()
    for entry in json.loads((work / "results.json").read_text()):
        case, part, message = cases[entry["name"]], entry["part"], entry.get("message")
        fault, difference = judged(case, part, message, work)
        refusals += bool(message) and not fault
        if fault:
            faults += 1
            print(f"{entry['name']} {part}: {fault}\n    {case.settings[part]}")
            if part == "clip":
                print(f"    {case.settings['preprocessor']}")
        else:
            largest[part] = max(largest[part], difference)
    print(f"{count} models, {faults} faults, {refusals} refusals by name, largest differences "
          + ", ".join(f"{part} {largest[part]:.1e}" for part in PARTS) + f"; {work}")
    if not faults:
        shutil.rmtree(work)
    sys.exit(1 if faults else 0)


main(int(sys.argv[1]), int(sys.argv[2]))
