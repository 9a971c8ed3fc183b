"""Tries, in a process of its own and beside the first stages, which ways of training the UNet work here, and how fast.

A compiler that hangs or a graph that breaks the device's state then harms nobody. One line of JSON for each way
that worked; what was compiled stays in the compiler's cache for the run itself."""

import json
import sys
import time
from contextlib import nullcontext
from types import SimpleNamespace

import torch

from accelerated import diffusion, networks
from accelerated.towers import TextTower


class Bare:
    """As much of a run as a trainer needs, of noise."""

    def __init__(self, vocabulary, device):
        self.device, self.cuda = device, device == "cuda"
        tokens = torch.randint(vocabulary, (4096, networks.LENGTH), device=device, dtype=torch.int16)
        self.captions, self.empty = SimpleNamespace(tokens=tokens), tokens[0]

    def half(self):
        return torch.autocast("cuda", dtype=torch.bfloat16) if self.cuda else nullcontext()


def main(batch, vocabulary, device="cuda"):
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    torch.backends.cudnn.benchmark = True
    run = Bare(vocabulary, device)
    text = TextTower(vocabulary).to(device).requires_grad_(False)
    for mode in reversed(diffusion.MODES) if run.cuda else ("eager",):
        try:
            trainer = diffusion.make(run, text, None, batch, 8 * batch)
            trainer.pool.latents.normal_()
            start = time.time()
            trainer.prepare(mode)
            ready = time.time() - start
            steps = 0
            start = time.time()
            while steps < 2 or time.time() - start < 3:
                trainer.advance()
                steps += 1
                if run.cuda and steps % 5 == 0:
                    torch.cuda.synchronize()
            trainer.mean_error()
            taken = time.time() - start
            print(json.dumps(dict(mode=mode, batch=batch, per_second=steps * batch / taken, ready=round(ready, 1))), flush=True)
            del trainer
        except Exception as error:
            print(json.dumps(dict(mode=mode, failed=str(error).splitlines()[:1])), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])
