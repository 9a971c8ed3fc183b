"""Holds the networks and the tokenizer against diffusers and transformers, where those are installed.

    python -m accelerated.check        (in Scripts/dev/train-emoji-world)

And scenes composed on the device against render.py, with the same looks at the same places."""

from pathlib import Path

import numpy as np
import torch

from accelerated import language, networks, sprites
from accelerated.scenes import Places, Scenes
from accelerated.towers import CLIP

MODEL = Path(__file__).parents[4] / "Plugins/emoji-world/model"


def off(found, wanted):
    return float((found - wanted).abs().max() / wanted.abs().max())


@torch.no_grad()
def check_networks():
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from transformers import CLIPConfig, CLIPModel

    torch.manual_seed(0)
    theirs, ours = UNet2DConditionModel(**networks.UNET).eval(), networks.UNet()
    ours.load_state_dict(theirs.state_dict())
    x, t, c = torch.randn(2, 4, 16, 16), torch.tensor([3, 700]), torch.randn(2, 77, networks.WIDTH)
    print(f"unet {off(ours(x, t, c), theirs(x, t, c).sample):.2e}, {sum(p.numel() for p in ours.parameters())} weights")
    theirs, ours = AutoencoderKL(**networks.VAE).eval(), networks.Autoencoder()
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(2, 3, 64, 64)
    q = theirs.encode(x).latent_dist
    print(f"vae {off(ours.encode(x)[0], q.mean):.2e} {off(ours.encode(x)[1], q.logvar):.2e} {off(ours.decode(q.mean), theirs.decode(q.mean).sample):.2e},"
          f" {sum(p.numel() for p in ours.parameters())} weights")
    size, end = 774, 773
    config = CLIPConfig(
        text_config=dict(**networks.TOWER, vocab_size=size, max_position_embeddings=77, bos_token_id=772, eos_token_id=end, pad_token_id=end),
        vision_config=dict(**networks.TOWER, **networks.IMAGE), projection_dim=networks.WIDTH)
    theirs, ours = CLIPModel(config).eval(), CLIP(size, end)
    ours.load_state_dict(theirs.state_dict())
    tokens = torch.randint(1, 700, (3, 77))
    tokens[:, 9:] = end
    rows = theirs.text_model(input_ids=tokens)
    text = torch.nn.functional.normalize(theirs.text_projection(rows.pooler_output), dim=-1)
    image = torch.nn.functional.normalize(theirs.visual_projection(theirs.vision_model(pixel_values=x).pooler_output), dim=-1)
    print(f"clip {off(ours.text_model(tokens), rows.last_hidden_state):.2e} {off(ours.text(tokens), text):.2e} {off(ours.image(x), image):.2e}")


def check_tokens(n=3000):
    from transformers import CLIPTokenizer

    from captions import sample_caption
    from world import ACCELERATED

    theirs, ours = CLIPTokenizer.from_pretrained(MODEL / "tokenizer"), language.Tokenizer(MODEL / "tokenizer")
    rng = np.random.default_rng(1)
    texts = ["", *(sample_caption(rng, ACCELERATED).text for _ in range(n))]
    wanted = theirs(texts, padding="max_length", truncation=True).input_ids
    wrong = [t for t, ids in zip(texts, wanted) if ours.ids(t) != list(ids)]
    print(f"tokens: {len(wrong)} of {len(texts)} captions differ {wrong[:3]}")


def check_scenes(n=300):
    from captions import sample_caption
    from layout import sample_scene
    from render import render
    from world import ACCESSORIES, ADJECTIVES

    atlas = sprites.build(2)
    print(f"atlas: {len(atlas.boxes)} looks, {len(atlas.pixels) * 5 / 1e6:.0f} MB")
    scenes, rng, differences = Scenes(atlas, "cpu", 1, 2), np.random.default_rng(2), []
    for _ in range(n):
        scene = sample_scene(rng, sample_caption(rng))
        if scene.backdrop.scene:
            continue
        places = Places(*(torch.full((1, 3), v) for v in (-1, 0.0, 0.0, 0.0)))
        for i, o in enumerate(scene.objects):
            object.__setattr__(o, "size", float(round(o.size)))
            adjective = 1 + ADJECTIVES.index(o.look.adjective) if o.look.adjective else 0
            accessory = 1 + list(ACCESSORIES).index(o.look.accessory) if o.look.accessory else 0
            places.look[0, i] = int(atlas.number[sprites.NAMES.index(o.look.label), adjective, accessory])
            places.size[0, i], places.x[0, i], places.y[0, i] = o.size, float(o.x), float(o.y)
        ground = torch.tensor(scene.backdrop.colour, dtype=torch.float32).expand(1, 64, 64, 3)
        found = scenes.compose(ground, places).clamp(0, 255).round()[0].numpy()
        differences.append(np.abs(found - render(scene)).max())
    print(f"scenes: {len(differences)} compared, largest difference {max(differences):.0f} of 255, {np.mean(np.array(differences) > 2):.3f} by more than 2")


if __name__ == "__main__":
    check_networks()
    check_tokens()
    check_scenes()
