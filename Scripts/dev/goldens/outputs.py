"""What diffusers and transformers make of a checkpoint: the inputs and outputs that Lunette is held against."""

import json
import logging
import warnings
from pathlib import Path

import numpy as np
import torch
from diffusers import (
    DDIMInverseScheduler,
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    HeunDiscreteScheduler,
    PNDMScheduler,
    StableDiffusionPipeline,
    UniPCMultistepScheduler,
)
from PIL import Image
from transformers import CLIPImageProcessor, CLIPModel, CLIPTokenizer

from attention import Recorder, daam, normalized

for name in ("diffusers", "transformers"):
    logging.getLogger(name).setLevel(logging.ERROR)
warnings.filterwarnings("ignore")

PROMPTS = [
    "a photo of a cat and a dog",
    "",
    "A  Photo\tof\na CAT,  with   GLASSES!",
    "it's the man's dog; they're here, we've seen I'm 'll don't 'D",
    "1234 cats in 2026, 3.14",
    "naïve café Ångström straße İstanbul ﬁne",
    "e\u0301 \u00e9 a\u030a n\u0303",
    "日本語の猫 и кошка",
    "a 🐱 and a 👩‍🚀 on the 🌕!!",
    "<b>cat</b> &amp; dog &lt;3 <|endoftext|> more",
    "<|startoftext|>a cat",
    "snake_case and kebab-case #hash @at ... ?!?!",
    "a\u00a0cat\u2003with\u3000space\u200bs",
    "o'clock 's t's 're''ve",
    " ".join(["a cat and a dog wearing a hat"] * 14),
    "x" * 200,
    "½ ² Ⅳ ٣ १२",
    "don’t “quote” — dash",
]
RUN_PROMPT = "a cat and a pistol"
SCHEDULERS = {"ddim": DDIMScheduler, "euler": EulerDiscreteScheduler, "dpm++2m": DPMSolverMultistepScheduler}
# Checked by their latents only. Ancestral noise goes on with the generator that the first noise came from.
MORE_SCHEDULERS = {
    "pndm": PNDMScheduler, "euler_ancestral": EulerAncestralDiscreteScheduler, "heun": HeunDiscreteScheduler,
    "unipc": UniPCMultistepScheduler,
}
SEEDS = [0, 1, 7, 469, 2**32 + 5]


def load(directory):
    pipeline = StableDiffusionPipeline.from_pretrained(
        directory, safety_checker=None, requires_safety_checker=False, torch_dtype=torch.float32, low_cpu_mem_usage=False
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def token_ids(pipeline, prompt):
    return pipeline.tokenizer(prompt, padding="max_length", max_length=77, truncation=True).input_ids


def random(shape, seed):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@torch.no_grad()
def text_outputs(pipeline, prompts):
    out = {}
    for index, prompt in enumerate(prompts):
        ids = torch.tensor([token_ids(pipeline, prompt)])
        result = pipeline.text_encoder(ids, output_hidden_states=True)
        out[f"text.{index}.ids"] = ids[0].float()
        out[f"text.{index}.hidden"] = result.last_hidden_state[0]
        out[f"text.{index}.pooled"] = result.pooler_output[0]
        if index == 0:
            for layer, state in enumerate(result.hidden_states[1:]):
                out[f"text.0.layer.{layer}"] = state[0]
    return out


def embed(pipeline, prompts):
    ids = torch.tensor([token_ids(pipeline, prompt) for prompt in prompts])
    return pipeline.text_encoder(ids).last_hidden_state


@torch.no_grad()
def unet_outputs(pipeline):
    """One call each: the ends and the middle of the schedule, two rows, a wide map; texts are the first prompts'."""
    out, size = {}, pipeline.unet.config.sample_size
    calls = [(1, 981, (size, size)), (2, 500, (size, size)), (1, 1, (size, 2 * size)), (1, 261.5, (size, size))]
    for index, (rows, timestep, (height, width)) in enumerate(calls):
        sample = random((rows, 4, height, width), 100 + index)
        text = embed(pipeline, PROMPTS[:2][:rows])
        noise = pipeline.unet(sample, timestep, text).sample
        out |= {
            f"unet.{index}.sample": sample, f"unet.{index}.timestep": torch.tensor([float(timestep)]),
            f"unet.{index}.out": noise,
        }
    return out


def test_picture(height, width):
    """A smooth picture with edges, {3, height, width} in [-1, 1]."""
    y, x = np.mgrid[0:height, 0:width] / 16
    waves = np.stack([np.sin(3 * x + y), np.cos(2 * y - x), np.where((x - 1) ** 2 + (y - 1) ** 2 < 0.4, 0.9, -0.6)])
    return torch.tensor(waves, dtype=torch.float32)


@torch.no_grad()
def vae_outputs(pipeline):
    scale = pipeline.vae_scale_factor
    picture = test_picture(6 * scale, 10 * scale)[None]
    posterior = pipeline.vae.encode(picture).latent_dist
    latents = random((1, 4, 12, 8), 200) * float(posterior.mean.std())
    return {
        "vae.encode.image": picture, "vae.encode.mean": posterior.mean, "vae.encode.logvar": posterior.logvar,
        "vae.decode.latents": latents, "vae.decode.image": pipeline.vae.decode(latents).sample,
    }


@torch.no_grad()
def run_outputs(pipeline, steps, seed=7, keep_steps=True):
    """Whole runs with guidance 7.5: the latents entering and leaving the loop, and the bytes of the picture."""
    out, config_directory = {}, pipeline.config._name_or_path
    side = pipeline.unet.config.sample_size
    noise = random((1, 4, side, side), seed)
    for name, scheduler in SCHEDULERS.items():
        pipeline.scheduler = scheduler.from_pretrained(config_directory, subfolder="scheduler")
        trajectory = []

        def keep(_, step, timestep, values):
            trajectory.append(values["latents"][0].clone())
            return values

        images = pipeline(
            RUN_PROMPT, latents=noise.clone(), num_inference_steps=steps, guidance_scale=7.5, output_type="np",
            callback_on_step_end=keep,
        ).images
        out[f"run.{name}.timesteps"] = pipeline.scheduler.timesteps.float()
        out[f"run.{name}.latents"] = torch.stack(trajectory) if keep_steps else trajectory[-1][None]
        out[f"run.{name}.bytes"] = torch.tensor(np.round(images[0] * 255), dtype=torch.uint8)
    for name, scheduler in MORE_SCHEDULERS.items():
        pipeline.scheduler = scheduler.from_pretrained(config_directory, subfolder="scheduler")
        out[f"run.{name}.latents"] = pipeline(
            RUN_PROMPT, generator=torch.Generator().manual_seed(seed), num_inference_steps=steps, guidance_scale=7.5,
            guidance_rescale=0.7, output_type="latent",
        ).images
    out["run.noise"] = noise[0]
    out["run.seed"], out["run.steps"] = torch.tensor([float(seed)]), torch.tensor([float(steps)])
    return out


@torch.no_grad()
def inversion_outputs(pipeline, steps=5):
    """A loop of DDIM inversion with guidance 2, from any latents."""
    scheduler = DDIMInverseScheduler.from_pretrained(pipeline.config._name_or_path, subfolder="scheduler")
    scheduler.set_timesteps(steps)
    side = pipeline.unet.config.sample_size
    latents = random((1, 4, side, side), 300)
    text, out = embed(pipeline, ["", RUN_PROMPT]), {"invert.start": latents[0]}
    for timestep in scheduler.timesteps:
        without, conditional = pipeline.unet(torch.cat([latents, latents]), timestep, text).sample.chunk(2)
        latents = scheduler.step(without + 2 * (conditional - without), timestep, latents).prev_sample
    return out | {"invert.latents": latents[0], "invert.steps": torch.tensor([float(steps)])}


@torch.no_grad()
def daam_outputs(pipeline, steps, height, width, seed=3, keep_probabilities=True):
    """One traced run, its maps, and the ways to restrict them. height and width are of the latents."""
    pipeline.scheduler = DDIMScheduler.from_pretrained(pipeline.config._name_or_path, subfolder="scheduler")
    processors, recorder = pipeline.unet.attn_processors, Recorder(pipeline.unet)
    noise = random((1, 4, height, width), seed)
    result = pipeline(
        RUN_PROMPT, latents=noise.clone(), num_inference_steps=steps, guidance_scale=7.5, output_type="latent",
        height=height * pipeline.vae_scale_factor, width=width * pipeline.vae_scale_factor,
    ).images
    pipeline.unet.set_attn_processor(processors)
    pipeline.unet._forward_pre_hooks.clear()

    ids = token_ids(pipeline, RUN_PROMPT)
    tokens = len(pipeline.tokenizer(RUN_PROMPT).input_ids)
    sums = {path: value[0] for path, value in recorder.summed().items()}
    late = {path: value[0] for path, value in recorder.summed(range(steps // 2, steps)).items()}
    layer = [path for path in sums if ".up_blocks." in path][-1]

    def maps(sums=sums, **options):
        return torch.tensor(daam(sums, tokens, height, width, **options), dtype=torch.float32)

    out = {
        "daam.noise": noise[0], "daam.latents": result[0], "daam.ids": torch.tensor(ids).float(),
        "daam.tokens": torch.tensor([float(tokens)]), "daam.steps": torch.tensor([float(steps)]),
        "daam.maps": maps(), "daam.head2": maps(heads=[1]), "daam.factor2": maps(factors=[2]),
        "daam.late": maps(late), "daam.layer": maps(layers=[layer]),
    }
    out["daam.normalized"] = torch.tensor(normalized(daam(sums, tokens, height, width)), dtype=torch.float32)
    out |= word_outputs(pipeline, out["daam.maps"])
    if keep_probabilities:
        # One extra column, so that a reader who cuts too early or too late is found out.
        out |= {f"daam.probs.{path}": torch.tensor(value[:, :, : tokens + 1]) for path, value in sums.items()}
    return out, {"layer": layer}


def word_outputs(pipeline, maps):
    """Maps of words: the mean of their tokens' rows, over all occurrences or one; masks of one word, read both ways."""
    rows, position = {}, 1
    for word in RUN_PROMPT.split():
        count = len(pipeline.tokenizer(word).input_ids) - 2
        rows.setdefault(word, []).append(range(position, position + count))
        position += count
    out = {}
    for word, occurrences in rows.items():
        out[f"daam.word.{word}"] = maps[[row for rows in occurrences for row in rows]].mean(0)
        for number, occurrence in enumerate(occurrences, 1):
            out[f"daam.word.{word}.{number}"] = maps[list(occurrence)].mean(0)
    cat = out["daam.word.cat"]
    out["daam.mask"] = (cat > 0.4 * cat.max()).float()
    out["daam.mask.minmax"] = ((cat - cat.min()) / (cat.max() - cat.min()) > 0.4).float()
    return out


@torch.no_grad()
def clip_outputs(directory, prompts=("a cat and a dog", "a pistol", "")):
    """Features as transformers gives them (not normalised), class probabilities, and the preprocessing."""
    model = CLIPModel.from_pretrained(directory, torch_dtype=torch.float32).eval()
    processor = CLIPImageProcessor.from_pretrained(directory)
    own = any((Path(directory) / name).exists() for name in ("tokenizer.json", "vocab.json"))
    tokenizer = CLIPTokenizer.from_pretrained(directory if own else Path(directory).parent / "tokenizer")
    side = model.config.vision_config.image_size
    out = {}
    for name, (height, width) in {"same": (side, side), "large": (2 * side + 8, 2 * side), "small": (24, 30)}.items():
        picture = ((test_picture(height, width) + 1) * 127.5).round().byte().permute(1, 2, 0).numpy()
        pixels = processor(Image.fromarray(picture), return_tensors="pt").pixel_values
        out[f"clip.{name}.image"] = torch.tensor(picture)
        out[f"clip.{name}.pixels"] = pixels[0]
        if name == "same":
            out["clip.image"] = vector(model.get_image_features(pixel_values=pixels))[0]
    ids = tokenizer(list(prompts), padding="max_length", max_length=77, truncation=True, return_tensors="pt").input_ids
    out["clip.ids"] = ids.float()
    out["clip.text"] = vector(model.get_text_features(input_ids=ids))
    out["clip.logits"] = model(input_ids=ids, pixel_values=torch.tensor(out["clip.same.pixels"])[None]).logits_per_image[0]
    return out


def vector(features):
    return features if isinstance(features, torch.Tensor) else features.pooler_output


def noise_outputs():
    """Numbers of torch's CPU generator: whole blocks of 16, a ragged end, fewer than 16; two draws in a row."""
    out = {}
    for seed in SEEDS:
        generator = torch.Generator().manual_seed(seed)
        for shape in [(4, 8, 8), (3, 7, 3), (3, 5), (4, 8, 8)]:
            out[f"noise.{seed}.{len(out) % 4}"] = torch.randn(shape, generator=generator)
    return out


def tokens_of(directory, prompts=PROMPTS):
    tokenizer = CLIPTokenizer.from_pretrained(Path(directory) / "tokenizer")
    ids = tokenizer(list(prompts), padding="max_length", max_length=77, truncation=True).input_ids
    return [{"prompt": prompt, "ids": row} for prompt, row in zip(prompts, ids)]


def dump(path, value):
    Path(path).write_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n")
