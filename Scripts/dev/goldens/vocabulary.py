"""Writes Tests/ScriptingTests/Goldens/vocabulary.json: expressions in Lua, and what PyTorch makes of the same, gradients included.

    ${LUNETTE_PYTHON:-python3} Scripts/dev/goldens/vocabulary.py
"""

import json
import pathlib

import torch
import torch.nn.functional as F

out = pathlib.Path(__file__).resolve().parents[3] / "Tests/ScriptingTests/Goldens/vocabulary.json"
generator = torch.Generator().manual_seed(1)


def noise(*shape):
    return torch.randn(shape, generator=generator, dtype=torch.float64).float()


def positive(*shape):
    return noise(*shape).abs() + 0.5


def slerp(a, b, w):
    angle = torch.arccos((a * b).sum() / (a.norm() * b.norm()))
    return (((1 - w) * angle).sin() * a + (w * angle).sin() * b) / angle.sin()


square = noise(4, 4)
mask = (noise(3, 4) > 0).float()
index = torch.tensor([[3, 1], [2, 2], [1, 3]])
# Name; Lua of x, y, z; the same of torch; inputs; whether there is a gradient.
cases = [
    ("flip", "x:flip(1)", lambda x: x.flip(0), [noise(3, 4)], True),
    ("flip both", "x:flip{1, 3}", lambda x: x.flip(0, 2), [noise(2, 3, 4)], True),
    ("roll", "x:roll(2, 2)", lambda x: x.roll(2, 1), [noise(3, 5)], True),
    ("roll back", "x:roll(-7, 1)", lambda x: x.roll(-7, 0), [noise(3, 5)], True),
    ("unbind", "x:unbind(2)[3]", lambda x: x.unbind(1)[2], [noise(2, 4)], True),
    ("chunk", "x:chunk(3, 2)[3]", lambda x: x.chunk(3, 1)[2], [noise(2, 7)], True),
    ("masked_fill", "x:masked_fill(y, -2)", lambda x, y: x.masked_fill(y.bool(), -2), [noise(3, 4), mask], True),
    ("diag of a vector", "x:diag(-2)", lambda x: x.diag(-2), [noise(3)], True),
    ("diag above", "x:diag(1)", lambda x: x.diag(1), [noise(3)], True),
    ("diagonal", "x:diag(1)", lambda x: x.diag(1), [noise(3, 5)], True),
    ("diagonal below", "x:diag(-1)", lambda x: x.diag(-1), [noise(4, 3)], True),
    ("trace", "x:trace()", lambda x: x.trace(), [square], True),
    ("outer", "x:outer(y)", torch.outer, [noise(3), noise(4)], True),
    ("scatter", "x:scatter(2, t{ {3, 1}, {2, 2}, {1, 3} }[{ {}, {1, 2} }], y)",
     lambda x, y: x.scatter(1, torch.tensor([[2, 0], [1, 1], [0, 2]])[:, :2], y), [noise(3, 4), noise(3, 2)], False),
    ("scatter gradient", "x:scatter(2, t{ {3, 1}, {2, 4}, {1, 3} }, y)",
     lambda x, y: x.scatter(1, torch.tensor([[2, 0], [1, 3], [0, 2]]), y), [noise(3, 4), noise(3, 2)], True),
    ("pad", "x:pad({1, 2, 0, 3}, { value = 0.5 })", lambda x: F.pad(x, (1, 2, 0, 3), value=0.5), [noise(2, 3, 4)], True),
    ("pad reflect", "x:pad({2, 1, 1, 2}, { mode = 'reflect' })",
     lambda x: F.pad(x, (2, 1, 1, 2), mode="reflect"), [noise(1, 2, 3, 4)], True),
    ("pad replicate", "x:pad({2, 1, 1, 2}, { mode = 'replicate' })",
     lambda x: F.pad(x, (2, 1, 1, 2), mode="replicate"), [noise(1, 2, 3, 4)], True),
    ("nonzero", "x:nonzero()", lambda x: x.nonzero().float() + 1, [mask], False),
    ("any", "x:any(2)", lambda x: x.bool().any(1).float(), [mask], False),
    ("all", "x:all(1)", lambda x: x.bool().all(0).float(), [mask], False),
    ("median", "(x:median(2))", lambda x: x.median(1).values, [noise(3, 6)], True),
    ("median of all", "x:median()", lambda x: x.median(), [noise(3, 5)], True),
    ("quantile", "x:quantile(0.3, 2)", lambda x: x.quantile(0.3, 1), [noise(3, 6)], True),
    ("quantile kept", "x:quantile(0.9, 1, { keepdim = true })", lambda x: x.quantile(0.9, 0, keepdim=True), [noise(5, 2)], True),
    ("logsumexp", "x:logsumexp(2)", lambda x: x.logsumexp(1), [noise(3, 6) * 50], True),
    ("logsumexp of all", "x:logsumexp()", lambda x: x.logsumexp((0, 1)), [noise(3, 6)], True),
    ("log_softmax", "x:log_softmax(1)", lambda x: x.log_softmax(0), [noise(3, 6) * 20], True),
    ("cross_entropy", "x:cross_entropy{ 2, 1, 4 }", lambda x: F.cross_entropy(x, torch.tensor([1, 0, 3])), [noise(3, 4)], True),
    ("cross_entropy smooth", "x:cross_entropy({ 2, 1, 4 }, { smoothing = 0.1, reduction = 'sum' })",
     lambda x: F.cross_entropy(x, torch.tensor([1, 0, 3]), label_smoothing=0.1, reduction="sum"), [noise(3, 4)], True),
    ("cross_entropy soft", "x:cross_entropy(y:softmax(2), { reduction = 'none' })",
     lambda x, y: F.cross_entropy(x, y.softmax(1), reduction="none"), [noise(3, 4), noise(3, 4)], True),
    ("cosine_similarity", "x:cosine_similarity(y, 1)", lambda x, y: F.cosine_similarity(x, y, 0), [noise(3, 4), noise(3, 4)], True),
    ("cosine_similarity spread", "x:cosine_similarity(y)", lambda x, y: F.cosine_similarity(x, y, -1), [noise(3, 4), noise(4)], True),
    ("lerp", "x:lerp(y, 0.3)", lambda x, y: torch.lerp(x, y, 0.3), [noise(3), noise(3)], True),
    ("lerp tensor", "x:lerp(y, z)", torch.lerp, [noise(3), noise(3), noise(3)], True),
    ("slerp", "x:slerp(y, 0.3)", lambda x, y: slerp(x, y, 0.3), [noise(3, 2), noise(3, 2)], True),
    ("argsort", "x:argsort(1, { descending = true })", lambda x: x.argsort(0, descending=True).float() + 1, [noise(5, 3)], False),
    ("layer_norm", "x:layer_norm{ weight = y, bias = z }",
     lambda x, y, z: F.layer_norm(x, (5,), y, z), [noise(3, 5), noise(5), noise(5)], True),
    ("avg_pool2d", "x:avg_pool2d(3, { stride = 2, padding = 1 })",
     lambda x: F.avg_pool2d(x, 3, stride=2, padding=1), [noise(1, 2, 7, 6)], True),
    ("max_pool2d", "x:max_pool2d(3, { stride = 2, padding = 1 })",
     lambda x: F.max_pool2d(x, 3, stride=2, padding=1), [noise(1, 2, 7, 6)], True),
    ("max_pool2d plain", "x:max_pool2d(2)", lambda x: F.max_pool2d(x, 2), [noise(2, 5, 4)], True),
    ("histc", "x:histc(5, { range = { -1, 2 } })", lambda x: torch.histc(x, 5, -1, 2), [noise(40)], False),
    ("histc own", "x:histc(4)", lambda x: torch.histc(x, 4), [noise(40)], False),
    ("floor division", "x // 0.7", lambda x: x // 0.7, [noise(6)], False),
    ("floor division of tensors", "x // y", lambda x, y: x // y, [noise(6), noise(6)], False),
    ("remainder", "x % 0.7", lambda x: x % 0.7, [noise(6)], True),
    ("remainder of tensors", "x % y", lambda x, y: x.remainder(y), [noise(6), positive(6)], True),
    ("number by tensor", "3 % x", lambda x: torch.remainder(torch.tensor(3.0), x), [positive(6)], True),
    ("inv", "linalg.inv(x)", torch.linalg.inv, [square], True),
    ("det", "linalg.det(x)", torch.linalg.det, [square], True),
    ("norm", "linalg.norm(x)", torch.linalg.norm, [square], True),
    ("norm 3", "linalg.norm(x, 3)", lambda x: torch.linalg.norm(x, 3), [noise(5)], True),
    ("norm inf", "linalg.norm(x, math.huge)", lambda x: torch.linalg.norm(x, float("inf")), [noise(3, 4)], True),
    ("norm 1", "linalg.norm(x, 1)", lambda x: torch.linalg.norm(x, 1), [noise(3, 4)], True),
    ("norm 2", "linalg.norm(x, 2)", lambda x: torch.linalg.norm(x, 2), [noise(3, 4)], True),
    ("norm nuc", "linalg.norm(x, 'nuc')", lambda x: torch.linalg.norm(x, "nuc"), [noise(3, 4)], True),
    ("einsum product", "t.einsum('ij,jk->ik', x, y)", lambda x, y: torch.einsum("ij,jk->ik", x, y), [noise(3, 4), noise(4, 2)], True),
    ("einsum implicit", "t.einsum('ij,jk', x, y)", lambda x, y: torch.einsum("ij,jk", x, y), [noise(3, 4), noise(4, 2)], True),
    ("einsum batch", "t.einsum('bhqd,bhkd->bqhk', x, y)",
     lambda x, y: torch.einsum("bhqd,bhkd->bqhk", x, y), [noise(2, 3, 4, 5), noise(2, 3, 2, 5)], True),
    ("einsum three", "t.einsum('i,ij,j->', x, y, z)",
     lambda x, y, z: torch.einsum("i,ij,j->", x, y, z), [noise(3), noise(3, 4), noise(4)], True),
    ("einsum outer", "t.einsum('i,j->ji', x, y)", lambda x, y: torch.einsum("i,j->ji", x, y), [noise(3), noise(4)], True),
    ("einsum trace", "t.einsum('iij->j', x)", lambda x: torch.einsum("iij->j", x), [noise(3, 3, 2)], True),
    ("einsum sum", "t.einsum('ij,kl->jk', x, y)", lambda x, y: torch.einsum("ij,kl->jk", x, y), [noise(3, 4), noise(2, 5)], True),
]


def packed(tensor):
    return {"shape": list(tensor.shape), "values": [float(f"{v:.8g}") for v in tensor.detach().double().reshape(-1).tolist()]}


written = []
for name, lua, function, inputs, differentiable in cases:
    inputs = [x.clone().requires_grad_(differentiable) for x in inputs]
    result = function(*inputs)
    case = {"name": name, "lua": lua, "inputs": [packed(x) for x in inputs], "result": packed(result.float())}
    if differentiable:
        weights = noise(*result.shape)
        (result * weights).sum().backward()
        case["weights"] = packed(weights)
        case["gradients"] = [packed(x.grad if x.grad is not None else torch.zeros_like(x)) for x in inputs]
    written.append(case)
out.write_text(json.dumps(written, indent=0).replace("\n", "") + "\n")
print(f"{out}: {len(written)} cases, {out.stat().st_size} bytes")
