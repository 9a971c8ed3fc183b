"""Python's side of the benchmark: diffusers on two threads, with DAAM's maps from a processor that stores attention.

`bench-peer.py MODEL OUT whole` makes one picture and a map for every word; `… loop` times the sampling loop alone, with
plain attention and with the storing processor, in turns; `… gradient` one call of the UNet there and back to the embedding.
"""

import json
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from diffusers import DDIMScheduler, StableDiffusionPipeline

PROMPT, STEPS, GUIDANCE = "a cat and a dog", 30, 7.5


class Store:
    """Sums of the conditional half's cross-attention, per layer, over the steps."""

    def __init__(self):
        self.sums = {}

    def processor(self, name):
        return StoringProcessor(self, name)


class StoringProcessor:
    def __init__(self, store, name):
        self.store, self.name = store, name

    def __call__(self, attn, hidden_states, encoder_hidden_states=None, attention_mask=None, temb=None, **_):
        context = hidden_states if encoder_hidden_states is None else encoder_hidden_states
        query = attn.head_to_batch_dim(attn.to_q(hidden_states))
        key = attn.head_to_batch_dim(attn.to_k(context))
        value = attn.head_to_batch_dim(attn.to_v(context))
        if encoder_hidden_states is None:
            out = F.scaled_dot_product_attention(query, key, value)
        else:
            probabilities = attn.get_attention_scores(query, key)
            kept = probabilities.chunk(2)[1]
            self.store.sums[self.name] = self.store.sums.get(self.name, 0) + kept
            out = torch.bmm(probabilities, value)
        return attn.to_out[0](attn.batch_to_head_dim(out))


def load(model):
    pipeline = StableDiffusionPipeline.from_pretrained(
        model, torch_dtype=torch.float32, safety_checker=None, requires_safety_checker=False
    )
    pipeline.scheduler = DDIMScheduler.from_config(pipeline.scheduler.config)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def store_attention(pipeline):
    store = Store()
    pipeline.unet.set_attn_processor({name: store.processor(name) for name in pipeline.unet.attn_processors})
    return store


def word_maps(store, tokens, height, width):
    maps = []
    for name, sums in store.sums.items():
        factor = round((height * width / sums.shape[1]) ** 0.5)
        if name.startswith("mid_block") or factor == 8:
            continue
        grid = sums[:, :, :tokens].permute(0, 2, 1).reshape(len(sums), tokens, height // factor, width // factor)
        maps.append(F.interpolate(grid, size=(height, width), mode="bicubic").clamp(min=0))
    return torch.cat(maps).mean(0)


@torch.no_grad()
def whole(model, out):
    pipeline = load(model)
    store = store_attention(pipeline)
    image = pipeline(
        PROMPT, num_inference_steps=STEPS, guidance_scale=GUIDANCE, generator=torch.Generator().manual_seed(7)
    ).images[0]
    side = pipeline.unet.config.sample_size
    maps = word_maps(store, len(pipeline.tokenizer(PROMPT).input_ids), side, side)
    Path(out).mkdir(parents=True, exist_ok=True)
    image.save(f"{out}/image.png")
    for index, heat in enumerate(maps[1:-1]):
        big = F.interpolate(heat[None, None], size=image.size[::-1], mode="bicubic")[0, 0]
        big = (big - big.min()) / (big.max() - big.min() + 1e-8)
        pipeline.image_processor.numpy_to_pil(big[..., None].numpy())[0].save(f"{out}/{index}.png")


@torch.no_grad()
def loop(model, repetitions=3):
    pipeline = load(model)
    plain = pipeline.unet.attn_processors
    cond, uncond = pipeline.encode_prompt(PROMPT, "cpu", 1, True, "")
    seconds = {"plain": [], "traced": []}
    for repetition in range(repetitions + 1):
        for kind in seconds:
            if kind == "traced":
                store_attention(pipeline)
            else:
                pipeline.unet.set_attn_processor(dict(plain))
            start = time.perf_counter()
            pipeline(
                prompt_embeds=cond, negative_prompt_embeds=uncond, num_inference_steps=STEPS, output_type="latent",
                guidance_scale=GUIDANCE, generator=torch.Generator().manual_seed(7),
            )
            if repetition > 0:
                seconds[kind].append(time.perf_counter() - start)
    print(json.dumps(seconds))


def gradient(model, repetitions=3):
    pipeline = load(model)
    unet = pipeline.unet.requires_grad_(False)
    with torch.no_grad():
        embedding = pipeline.encode_prompt(PROMPT, "cpu", 1, False)[0]
    side = unet.config.sample_size
    noise, seconds = torch.randn(1, unet.config.in_channels, side, side), []
    for repetition in range(repetitions + 1):
        start = time.perf_counter()
        c = embedding.clone().requires_grad_()
        unet(noise, 500, c).sample.square().mean().backward()
        if repetition > 0:
            seconds.append(time.perf_counter() - start)
    print(json.dumps({"gradient": seconds}))


if __name__ == "__main__":
    torch.set_num_threads(2)
    if sys.argv[3] == "whole":
        whole(sys.argv[1], sys.argv[2])
    elif sys.argv[3] == "gradient":
        gradient(sys.argv[1])
    else:
        loop(sys.argv[1])
