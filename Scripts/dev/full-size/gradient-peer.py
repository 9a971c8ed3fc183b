"""PyTorch's side of the gradient benchmark: seconds of UNet calls there and back to the embedding, weights frozen.

`gradient-peer.py MODEL contiguous|channels_last true|false [CALLS] [PIXELS]`, true for checkpoints
"""

import json
import sys
import time

import torch
from diffusers import UNet2DConditionModel

FORMATS = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}


def main(model, memory_format, checkpoints, calls, pixels):
    torch.set_num_threads(2)
    generator = torch.Generator().manual_seed(7)
    unet = UNet2DConditionModel.from_pretrained(model, subfolder="unet", torch_dtype=torch.float32)
    unet = unet.to(memory_format=FORMATS[memory_format]).requires_grad_(False)
    if checkpoints:
        unet.enable_gradient_checkpointing()
    side = pixels // 8
    sample = torch.randn(1, 4, side, side, generator=generator).to(memory_format=FORMATS[memory_format])
    embedding = torch.randn(1, 77, unet.config.cross_attention_dim, generator=generator)
    seconds = []
    for _ in range(calls):
        start = time.perf_counter()
        c = embedding.clone().requires_grad_()
        unet(sample, 500, c).sample.square().mean().backward()
        assert c.grad.norm() > 0
        seconds.append(time.perf_counter() - start)
    print(json.dumps(seconds))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3] == "true", *map(int, sys.argv[4:6]))
