"""PyTorch's side of the full-size benchmark: seconds of UNet calls, and of one VAE decoding, in one memory format.

`peer.py MODEL contiguous|channels_last unet|vae [CALLS]`
"""

import json
import sys
import time

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel

FORMATS = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}


@torch.no_grad()
def main(model, memory_format, part, calls):
    torch.set_num_threads(2)
    generator = torch.Generator().manual_seed(7)
    if part == "unet":
        unet = UNet2DConditionModel.from_pretrained(model, subfolder="unet", torch_dtype=torch.float32)
        unet = unet.to(memory_format=FORMATS[memory_format])
        sample = torch.randn(2, 4, 64, 64, generator=generator).to(memory_format=FORMATS[memory_format])
        text = torch.randn(2, 77, 768, generator=generator)
        run = lambda: unet(sample, 500, text)
    else:
        vae = AutoencoderKL.from_pretrained(model, subfolder="vae", torch_dtype=torch.float32)
        vae = vae.to(memory_format=FORMATS[memory_format])
        sample = torch.randn(1, 4, 64, 64, generator=generator).to(memory_format=FORMATS[memory_format])
        run = lambda: vae.decode(sample)
    seconds = []
    for _ in range(calls):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    print(json.dumps(seconds))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]) if len(sys.argv) > 4 else 3)
