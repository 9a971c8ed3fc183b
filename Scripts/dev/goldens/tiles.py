"""Latents that the VAE of `tiny-sd1` decodes in overlapping tiles, as diffusers' `enable_tiling` does."""

import torch

import outputs

# Latents' height and width, and the tile's side: rests of several sizes, one tile in a row, none.
CASES = [(13, 20, 8), (8, 21, 8), (11, 6, 8), (5, 7, 8), (16, 16, 12)]


@torch.no_grad()
def write(root):
    vae = outputs.load(root / "tiny-sd1").vae
    vae.enable_tiling()
    factor = 2 ** (len(vae.config.block_out_channels) - 1)
    out = {}
    for index, (height, width, tile) in enumerate(CASES):
        vae.tile_latent_min_size, vae.tile_sample_min_size = tile, tile * factor
        latents = torch.randn(1, 4, height, width, generator=torch.Generator().manual_seed(index))
        out |= {
            f"{index}.tile": torch.tensor([tile * factor]), f"{index}.latents": latents,
            f"{index}.picture": vae.decode(latents).sample,
        }
    return out
