#!/usr/bin/env python3
"""Writes Tests/TensorTests/Goldens/edge-gradients.json: what PyTorch's gradients are where functions have kinks, poles and
limits. Each case: the name of a function, its inputs, and the gradient of the sum of weighed results with respect to each.

    ${LUNETTE_PYTHON:-python3} Scripts/dev/goldens/edge_gradients.py
"""
import json
import pathlib

import torch
import torch.nn.functional as F

OUT = pathlib.Path(__file__).resolve().parents[3] / "Tests/TensorTests/Goldens/edge-gradients.json"
INF = float("inf")
cases = []


def text(x):
    return [str(v) for v in x.flatten().tolist()]


def case(name, function, *inputs, dtype=torch.float32):
    """Single precision where it matters what is too large for it, double where only the numbers do."""
    marked = [torch.tensor(x, dtype=dtype, requires_grad=True) for x in inputs]
    result = function(*marked)
    weights = torch.arange(1, result.numel() + 1, dtype=dtype).reshape(result.shape) / 4
    (result * weights).sum().backward()
    cases.append(dict(name=name, inputs=[dict(shape=list(x.shape), values=text(x.detach())) for x in marked],
                      result=dict(shape=list(result.shape), values=text(result.detach())),
                      gradients=[text(torch.zeros_like(x) if x.grad is None else x.grad) for x in marked]))


points = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 1e-30, -1e-30, 1e-20, 10.0, -10.0, 88.0, -88.0, 100.0, -100.0, 1e18, -1e18]
for name, function in dict(
        exp=torch.exp, log=torch.log, sqrt=torch.sqrt, abs=torch.abs, negated=torch.neg, sin=torch.sin, cos=torch.cos,
        erf=torch.erf, floor=torch.floor, ceil=torch.ceil, round=torch.round, sign=torch.sign,
        reciprocal=torch.reciprocal, square=torch.square, tanh=torch.tanh, sigmoid=torch.sigmoid, relu=F.relu, silu=F.silu,
        gelu=F.gelu, geluTanh=lambda x: F.gelu(x, approximate="tanh"), quickGelu=lambda x: x * torch.sigmoid(1.702 * x),
).items():
    case(name, function, [p for p in points if name not in ("sin", "cos") or abs(p) <= 100])
    # torch.gelu(inf) is nan in single precision, though gelu tends to infinity.
    case(name, function, [INF, -INF] if name != "gelu" else [-INF])

bounds = [-2.0, -1.0, -0.5, -0.0, 0.0, 0.25, 0.5, 1.0, 3.0]
for low, high in [(-1.0, 0.5), (0.0, None), (None, 0.5), (0.25, 0.25), (0.0, 1.0), (None, 0.0), (-1.0, 3.0)]:
    case(f"clamp {low} {high}", lambda x: torch.clamp(x, low, high), bounds)
for exponent in [0.0, 1.0, 2.0, 3.0, 0.5, -1.0, -2.0, 1.5, -0.5, 0.1]:
    case(f"power {exponent}", lambda x: x ** exponent, [0.0, 1.0, -1.0, 2.0, -2.0, 0.5, 1e-10])
for base in [0.0, 1.0, 2.0, 0.5, -1.0]:
    case(f"exponent of {base}", lambda x: torch.pow(base, x), [0.0, 1.0, 2.0, 0.5, -1.0])
case("divided 1", lambda x: 1 / x, [0.0, -0.0, 1.0, 2.0])
case("divided 0", lambda x: 0 / x, [1.0, -2.0])
for value in [0.5, 0.0]:
    case(f"maximum {value}", lambda x: torch.maximum(x, torch.tensor(value)), bounds)
    case(f"minimum {value}", lambda x: torch.minimum(x, torch.tensor(value)), bounds)

grid = [0.0, 1.0, -1.0, 2.0, -2.0, 0.5]
left, right = [a for a in grid for _ in grid], grid * len(grid)
for name, function in dict(adding=torch.add, subtracting=torch.sub, multiplying=torch.mul, dividing=torch.div,
                           power=torch.pow, maximum=torch.maximum, minimum=torch.minimum).items():
    case(name, function, left, right)
case("power", torch.pow, [[0.0], [1.0]], [0.0, 1.0, 2.0])
case("multiplying", torch.mul, [INF, 2.0], [0.0, INF])
case("where", lambda a, b: torch.where(torch.tensor([1.0, 0.0, 1.0, 0.0]) != 0, a / b, b), [1.0, 0.0, 0.0, 3.0], [2.0, 0.0, 0.5, -1.0])
for name, function in dict(gt=torch.gt, eq=torch.eq).items():
    case(f"masked {name}", lambda a, b: a * function(a, b).float(), [1.0, 2.0, 3.0], [1.0, 1.0, 4.0])

double = torch.float64
rows = [[0.0, 0.0, 0.0], [2.0, 2.0, 2.0], [1.0, 3.0, 3.0], [0.0, 2.0, 0.0], [-1.0, -1.0, -3.0], [1.5, 0.0, 4.0]]
for name, function in dict(
        sum=torch.sum, mean=torch.mean, prod=torch.prod,
        norm=lambda x, *d: torch.linalg.vector_norm(x, dim=d[0] if d else None), var=torch.var, std=torch.std).items():
    case(name, function, rows, dtype=double)
    case(f"{name} along", lambda x: function(x, 1), rows, dtype=double)
    case(f"{name} across", lambda x: function(x, 0), rows, dtype=double)
case("biased std along", lambda x: torch.std(x, 1, correction=0), rows, dtype=double)
case("biased std", lambda x: torch.std(x, correction=0), [[0.7, 0.7], [0.7, 0.7]])
case("std along", lambda x: torch.std(x, 1), [[0.1, 0.1, 0.1], [1e7, 1e7, 1e7], [0.1, 0.2, 0.3]])
case("std of one", torch.std, [3.0])
case("var of one", torch.var, [3.0])
case("biased std", lambda x: torch.std(x, correction=0), [[3.0]])
case("max", torch.max, rows, dtype=double)
case("min", torch.min, rows, dtype=double)
case("max along", lambda x: torch.max(x, 1).values, rows, dtype=double)
case("min along", lambda x: torch.min(x, 1).values, rows, dtype=double)
case("max across", lambda x: torch.max(x, 0).values, rows, dtype=double)
case("sorted along", lambda x: torch.sort(x, dim=1, stable=True).values, rows, dtype=double)
case("falling along", lambda x: torch.sort(x, dim=1, stable=True, descending=True).values, rows, dtype=double)
case("cumsum along", lambda x: torch.cumsum(x, 1), rows, dtype=double)
case("normalized along", lambda x: F.normalize(x, dim=1), rows, dtype=double)
case("softmax along", lambda x: torch.softmax(x, 1), rows + [[-INF, 0.0, 1.0], [-INF, -INF, 5.0], [1e30, 0.0, -1e30], [-300.0, 0.0, 300.0]])
case("softmax along", lambda x: torch.softmax(x, 1), [[-INF, -INF, -INF]])
case("softmax along", lambda x: torch.softmax(x, 1), [[INF, 0.0, 1.0]])
case("layer norm", lambda x: F.layer_norm(x, [3], eps=1e-5), rows, dtype=double)
case("matmul", torch.matmul, rows, [[0.0], [0.0], [1.0]])
OUT.write_text(json.dumps(cases, separators=(",", ":")) + "\n")
print(len(cases), "cases")
