"""What diffusers makes of a full-size model: `reference.py MODEL OUT.safetensors STEPS`.

One UNet call, a VAE decoding, and a run of STEPS steps of DDIM with its picture and DAAM's maps of all tokens: the formula in
NumPy, from the probabilities that an attention processor recorded.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from diffusers import DDIMScheduler

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "goldens"))
import outputs  # noqa: E402
from attention import daam  # noqa: E402
from generate import save  # noqa: E402

PROMPT, GUIDANCE = outputs.RUN_PROMPT, 7.5


class Sums:
    """Of the conditional row's cross-attention over the steps, by layer."""

    def __init__(self, unet):
        self.sums = {}
        for name, module in unet.named_modules():
            if name.endswith("attn2"):
                module.set_processor(Processor(self, f"unet.{name}"))


class Processor:
    def __init__(self, store, path):
        self.store, self.path = store, path

    def __call__(self, attn, hidden_states, encoder_hidden_states=None, attention_mask=None, temb=None, **_):
        query = attn.head_to_batch_dim(attn.to_q(hidden_states))
        key = attn.head_to_batch_dim(attn.to_k(encoder_hidden_states))
        value = attn.head_to_batch_dim(attn.to_v(encoder_hidden_states))
        probabilities = attn.get_attention_scores(query, key)
        kept = probabilities.chunk(2)[1]
        self.store.sums[self.path] = self.store.sums.get(self.path, 0) + kept
        return attn.to_out[0](attn.batch_to_head_dim(torch.bmm(probabilities, value)))


@torch.no_grad()
def main(model, path, steps):
    torch.set_num_threads(2)
    pipeline = outputs.load(model)
    for part in (pipeline.unet, pipeline.vae):
        part.to(memory_format=torch.channels_last)
    pipeline.scheduler = DDIMScheduler.from_pretrained(model, subfolder="scheduler")
    side = pipeline.unet.config.sample_size
    sample, noise = outputs.random((2, 4, side, side), 100), outputs.random((1, 4, side, side), 7)
    text = outputs.embed(pipeline, ["", PROMPT])
    out = {
        "sample": sample, "text": text, "noise": noise[0], "steps": torch.tensor([float(steps)]),
        "prediction": pipeline.unet(sample, 500, text).sample,
        "picture": pipeline.vae.decode(noise).sample[0],
    }
    store = Sums(pipeline.unet)
    keep = {}

    def last(_, step, timestep, values):
        keep["latents"] = values["latents"][0].clone()
        return values

    images = pipeline(
        PROMPT, latents=noise.clone(), num_inference_steps=steps, guidance_scale=GUIDANCE, output_type="np",
        callback_on_step_end=last).images
    tokens = len(pipeline.tokenizer(PROMPT).input_ids)
    sums = {name: value.numpy() for name, value in store.sums.items()}
    out["latents"] = keep["latents"]
    out["bytes"] = torch.tensor(np.round(images[0] * 255), dtype=torch.float32)
    out["maps"] = torch.tensor(daam(sums, tokens, side, side), dtype=torch.float32)
    save(Path(path), out)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
