"""Gradients by PyTorch's autograd on the test checkpoints, in double: `gradients.py DIRECTORY` writes gradients.safetensors there."""

import sys
from pathlib import Path

import safetensors.torch
import torch
from diffusers import DDIMScheduler
from transformers import CLIPImageProcessor, CLIPModel

import outputs

STEPS, GUIDANCE = 6, 7.5


class AttentionMaps:
    """Plain attention that keeps its probabilities, with their gradient: `maps[path]` {rows, heads, H·W, tokens}."""

    def __init__(self, unet):
        self.maps = {}
        unet.set_attn_processor({
            name: lambda *values, path=name, **options: self.attend(path, *values, **options)
            for name in unet.attn_processors
        })

    def attend(self, path, attn, hidden_states, encoder_hidden_states=None, attention_mask=None, temb=None, **_):
        context = hidden_states if encoder_hidden_states is None else encoder_hidden_states
        batch, heads = hidden_states.shape[0], attn.heads

        def split(x):
            return x.reshape(batch, x.shape[1], heads, -1).transpose(1, 2)

        query, key, value = split(attn.to_q(hidden_states)), split(attn.to_k(context)), split(attn.to_v(context))
        probabilities = torch.softmax(query @ key.transpose(-1, -2) * attn.scale, dim=-1)
        self.maps[path] = probabilities
        out = (probabilities @ value).transpose(1, 2).reshape(batch, hidden_states.shape[1], -1)
        return attn.to_out[0](out)


def random(shape, seed):
    return outputs.random(shape, seed).double()


def leaf(value):
    return value.detach().clone().requires_grad_()


def text_gradient(pipeline):
    """Token vectors (before positions) to a weighted sum of the last hidden state."""
    encoder = pipeline.text_encoder
    table = getattr(encoder, "text_model", encoder).embeddings.token_embedding
    ids = torch.tensor([outputs.token_ids(pipeline, outputs.PROMPTS[0])])
    rows = leaf(table(ids))
    handle = table.register_forward_hook(lambda *_: rows)
    hidden = encoder(ids).last_hidden_state
    handle.remove()
    weights = random(hidden.shape, 300)
    (hidden * weights).sum().backward()
    return {"text.rows": rows[0], "text.weights": weights[0], "text.gradient": rows.grad[0]}


def embeddings(pipeline):
    with torch.no_grad():
        return outputs.embed(pipeline, [outputs.RUN_PROMPT, ""]).split(1)


def attention_gradient(pipeline):
    """Embedding and latents to a loss on all attention maps: what tokens 2 to 6 get, and how pointed self-attention is."""
    side = pipeline.unet.config.sample_size
    maps = AttentionMaps(pipeline.unet)
    sample, text = leaf(random((1, 4, side, side), 301)), leaf(embeddings(pipeline)[0])
    prediction = pipeline.unet(sample, 500, text).sample
    cross = sum(value[..., 1:6].square().mean() for path, value in maps.maps.items() if "attn2" in path)
    own = sum(value.square().sum(-1).mean() for path, value in maps.maps.items() if "attn1" in path)
    (cross + own).backward(retain_graph=True)
    out = {"unet.sample": sample[0], "unet.embedding": text[0]}
    out |= {"unet.maps.embedding": text.grad[0].clone(), "unet.maps.sample": sample.grad[0].clone()}
    text.grad = sample.grad = None
    weights = random(prediction.shape, 302)
    (prediction * weights).sum().backward()
    out |= {"unet.weights": weights[0], "unet.out.embedding": text.grad[0], "unet.out.sample": sample.grad[0]}
    return out


def image_gradients(pipeline):
    """Both embeddings to a loss on the decoded picture, through the last 1 and 3 of 6 guided DDIM steps."""
    out, side = {}, pipeline.unet.config.sample_size
    scheduler = DDIMScheduler.from_pretrained(pipeline.config._name_or_path, subfolder="scheduler")
    noise = random((1, 4, side, side), 303)
    out["run.noise"] = noise[0]
    for last in (1, 3):
        scheduler.set_timesteps(STEPS)
        text, empty = (leaf(each) for each in embeddings(pipeline))
        latents = noise
        for index, timestep in enumerate(scheduler.timesteps):
            if index == STEPS - last:
                latents = latents.detach()
            with torch.set_grad_enabled(index >= STEPS - last):
                pair = pipeline.unet(torch.cat([latents] * 2), timestep, torch.cat([empty, text])).sample
                without, with_text = pair.chunk(2)
                latents = scheduler.step(without + GUIDANCE * (with_text - without), timestep, latents).prev_sample
        image = pipeline.vae.decode(latents / pipeline.vae.config.scaling_factor).sample / 2 + 0.5
        loss = (image - 0.3).square().mean()
        loss.backward()
        out |= {
            f"run.{last}.loss": loss.reshape(1), f"run.{last}.embedding": text.grad[0],
            f"run.{last}.uncond": empty.grad[0],
        }
    return out


def decoder_gradient(pipeline):
    """Latents as they leave the scheduler to a weighted sum of the picture."""
    latents = leaf(random((1, 4, 6, 10), 304))
    image = pipeline.vae.decode(latents / pipeline.vae.config.scaling_factor).sample
    weights = random(image.shape, 305)
    (image * weights).sum().backward()
    return {"vae.latents": latents[0], "vae.weights": weights[0].permute(1, 2, 0), "vae.gradient": latents.grad[0]}


def clip_gradient(directory):
    """A picture {H, W, 3} in [0, 1], of the tower's own size, to the margin between the first two logits."""
    model = CLIPModel.from_pretrained(directory, torch_dtype=torch.float64).eval()
    processor = CLIPImageProcessor.from_pretrained(directory)
    side = model.config.vision_config.image_size
    picture = leaf((outputs.test_picture(side, side).permute(1, 2, 0).double() + 1) / 2)
    mean, deviation = (torch.tensor(each).double() for each in (processor.image_mean, processor.image_std))
    ids = outputs.clip_outputs(directory)["clip.ids"].long()
    logits = model(input_ids=ids, pixel_values=((picture - mean) / deviation).permute(2, 0, 1)[None]).logits_per_image[0]
    (logits[0] - logits[1]).backward()
    return {"clip.picture": picture, "clip.ids": ids, "clip.logits": logits, "clip.gradient": picture.grad}


def main(root: Path):
    torch.set_num_threads(1)
    tensors = {f"tiny-sd1.{name}": value for name, value in clip_gradient(root / "tiny-sd1/clip").items()}
    for name in ("tiny-sd1", "tiny-sd2"):
        pipeline = outputs.load(root / name).to(torch.float64)
        for module in (pipeline.text_encoder, pipeline.unet, pipeline.vae):
            module.requires_grad_(False)
        # The maps' processors stay in the UNet: the other gradients come first.
        for part in (text_gradient, image_gradients, decoder_gradient, attention_gradient):
            tensors |= {f"{name}.{key}": value for key, value in part(pipeline).items()}
    plain = {name: value.detach().float().contiguous() for name, value in sorted(tensors.items())}
    (root / "gradients.safetensors").write_bytes(safetensors.torch.save(plain))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
