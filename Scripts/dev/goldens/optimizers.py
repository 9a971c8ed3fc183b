"""Steps of torch's optimizers on a small problem: `optimizers.py FILE` writes them as JSON."""

import json
import math
import sys

import torch
from transformers import get_cosine_schedule_with_warmup, get_linear_schedule_with_warmup

START, STEPS, WARMUP, TOTAL = [[1.0, -2.0, 0.5], [3.0, 0.1, -0.7]], 12, 3, 10
CASES = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.05),
    "momentum": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, weight_decay=0.02),
    "nesterov": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.8, nesterov=True),
    "adam": lambda p: torch.optim.Adam(p, lr=0.1, weight_decay=0.03),
    "adamw": lambda p: torch.optim.AdamW(p, lr=0.1, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.1),
}


def trajectory(make):
    x = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    optimizer, path = make([x]), []
    for _ in range(STEPS):
        optimizer.zero_grad()
        (x**4 / 4 + torch.sin(3 * x)).sum().backward()
        optimizer.step()
        path.append(x.detach().flatten().tolist())
    return path


def rates(schedule):
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    schedule, found = schedule(optimizer), []
    for _ in range(TOTAL + 1):  # beyond its end the cosine would rise again
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return found


def main(path):
    result = {
        "start": sum(START, []), "runs": {name: trajectory(make) for name, make in CASES.items()},
        "schedules": {
            "linear": rates(lambda o: get_linear_schedule_with_warmup(o, WARMUP, TOTAL)),
            "cosine": rates(lambda o: get_cosine_schedule_with_warmup(o, WARMUP, TOTAL)),
        },
    }
    assert all(math.isfinite(value) for run in result["runs"].values() for row in run for value in row)
    with open(path, "w") as file:
        json.dump(result, file, separators=(",", ":"))
        file.write("\n")


main(sys.argv[1])
