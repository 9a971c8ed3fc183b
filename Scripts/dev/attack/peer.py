"""PyTorch's side of `Scripts/dev/bench attack`: the same loop on the same weights, in float32 on as many threads as OMP_NUM_THREADS says.

    peer.py ITERATIONS STEPS
"""

import json
import os
import sys
import time
from pathlib import Path

import torch

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "goldens"))
import attack  # noqa: E402


def main(iterations, steps):
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
    classes = json.loads((attack.root / "Plugins/emoji-world/data/world.json").read_text())["nouns"]
    loss_of = attack.Attack(
        dict(prompt="a photo of a cat and a", noun="cat", classes=classes, steps=steps, seed=3), dtype=torch.float32)
    logits = loss_of.start[loss_of.free].clone().requires_grad_()
    adam = torch.optim.Adam([logits], lr=0.3)
    start = None
    for iteration in range(1, iterations + 2):
        adam.zero_grad()
        loss_of.loss(logits, iteration).backward()
        adam.step()
        start = start or time.perf_counter()
    print(json.dumps({"seconds": time.perf_counter() - start}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
