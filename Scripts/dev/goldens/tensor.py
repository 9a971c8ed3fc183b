"""Writes Tests/TensorTests/Goldens: small inputs and what NumPy, SciPy and PyTorch make of them.

    ${LUNETTE_PYTHON:-python3} Scripts/dev/goldens/tensor.py
"""

import pathlib

import numpy as np
import scipy.linalg
import torch
import torch.nn.functional as F

out = pathlib.Path(__file__).resolve().parents[3] / "Tests/TensorTests/Goldens"
out.mkdir(parents=True, exist_ok=True)


def save(name, value):
    np.save(out / f"{name}.npy", np.asarray(value))


rng = np.random.default_rng(1)

# Elementwise: a range that meets every branch.
x = np.concatenate([rng.normal(size=200) * 3, np.linspace(-6, 6, 49), [0.0, -0.0, 1e-6, -1e-6, 20, -20]])
x = x.astype(np.float32)
save("unary.x", x)
t = torch.from_numpy(x).double()
for name, f in {
    "exp": torch.exp,
    "tanh": torch.tanh,
    "erf": torch.erf,
    "sigmoid": torch.sigmoid,
    "relu": torch.relu,
    "silu": F.silu,
    "gelu": F.gelu,
    "geluTanh": lambda v: F.gelu(v, approximate="tanh"),
    "quickGelu": lambda v: v * torch.sigmoid(1.702 * v),
    "sin": torch.sin,
    "cos": torch.cos,
    "round": torch.round,
    "floor": torch.floor,
    "ceil": torch.ceil,
    "sign": torch.sign,
}.items():
    save(f"unary.{name}", f(t).float().numpy())

# Reductions over each kind of dimension of a permuted tensor.
r = rng.normal(size=(3, 5, 7, 4)).astype(np.float32)
save("reduce.x", r)
p = r.transpose(2, 0, 3, 1).astype(np.float64)
for name, dims in {"all": (0, 1, 2, 3), "0": (0,), "1": (1,), "3": (3,), "0,2": (0, 2), "1,3": (1, 3)}.items():
    save(f"reduce.sum.{name}", p.sum(dims).astype(np.float32))
    save(f"reduce.max.{name}", p.max(dims).astype(np.float32))
    save(f"reduce.var.{name}", p.var(dims, ddof=1).astype(np.float32))
    save(f"reduce.norm.{name}", np.sqrt((p * p).sum(dims)).astype(np.float32))
save("reduce.argmax", p.argmax(1).astype(np.float32))
save("reduce.cumsum", p.cumsum(1).astype(np.float32))
ties = rng.integers(0, 4, size=(3, 9)).astype(np.float32)
save("sort.x", ties)
for name, descending in {"up": False, "down": True}.items():
    values, places = torch.sort(torch.from_numpy(ties), dim=0, descending=descending, stable=True)
    save(f"sort.{name}.values", values.numpy())
    save(f"sort.{name}.places", places.numpy().astype(np.int32))

# Resampling.
image = torch.from_numpy(rng.random((2, 3, 7, 10)).astype(np.float32))
save("resize.x", image.numpy())
for h, w in [(13, 4), (3, 25), (7, 10)]:
    for mode in ["nearest", "bilinear", "bicubic", "area"]:
        save(f"resize.{mode}.{h}.{w}", F.interpolate(image, size=(h, w), mode=mode).numpy())
    for mode in ["bilinear", "bicubic"]:
        save(f"resize.{mode}-aa.{h}.{w}", F.interpolate(image, size=(h, w), mode=mode, antialias=True).numpy())

# Random streams: sizes below and above 16, odd remainders, and what a later call gets.
g = torch.Generator().manual_seed(469)
for i, size in enumerate([5, 4096, 3, 37, 16, 15, 1, 100]):
    save(f"random.normal.{i}.{size}", torch.randn(size, generator=g).numpy())
save("random.uniform", torch.rand(20, generator=g).numpy())
save("random.integers", torch.randint(-3, 50, (40,), generator=g).numpy().astype(np.int16))
save("random.permutation", torch.randperm(30, generator=g).numpy())
g = torch.Generator().manual_seed(2**63 + 12345)
save("random.big-seed", torch.randn(64, generator=g).numpy())

# Linear algebra.
a = rng.normal(size=(6, 4)).astype(np.float32)
save("linalg.a", a)
save("linalg.s", np.linalg.svd(a.astype(np.float64))[1].astype(np.float32))
save("linalg.pinv", np.linalg.pinv(a.astype(np.float64)).astype(np.float32))
b = rng.normal(size=(6, 2)).astype(np.float32)
save("linalg.b", b)
save("linalg.lstsq", np.linalg.lstsq(a.astype(np.float64), b.astype(np.float64), rcond=None)[0].astype(np.float32))
save("linalg.lstsq-wide", np.linalg.lstsq(a.T.astype(np.float64), b[:4].astype(np.float64), rcond=None)[0].astype(np.float32))
square = (rng.normal(size=(5, 5)) + 5 * np.eye(5)).astype(np.float32)
save("linalg.square", square)
save("linalg.solve", np.linalg.solve(square.astype(np.float64), b[:5].astype(np.float64)).astype(np.float32))
save("linalg.sqrtm", np.real(scipy.linalg.sqrtm(square.astype(np.float64))).astype(np.float32))
save("linalg.eigh", np.linalg.eigvalsh((square + square.T).astype(np.float64)).astype(np.float32))

# Every kind of file that can be read.
grid = np.arange(24).reshape(2, 3, 4)
for kind in ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"]:
    save(f"npy.{kind}", grid.astype(kind))
save("npy.fortran", np.asfortranarray(grid.astype("f4")))
save("npy.scalar", np.float32(2.5))
save("npy.vector", np.arange(5, dtype="f4"))
save("npy.big-endian", grid.astype(">f4"))
save("npy.complex", grid.astype("c8"))
for kind in ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"]:
    save(f"npy.big.{kind}", np.array([[0, 1, 2], [3, 100, 7 if kind[0] == "u" else -7]]).astype(f">{kind}"))
