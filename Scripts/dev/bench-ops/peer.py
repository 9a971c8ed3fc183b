"""PyTorch's seconds for the operations of main.swift: reads their names, prints `name seconds`."""

import re
import sys
import time

import torch
import torch.nn.functional as F

threads = int(sys.argv[1])
torch.set_num_threads(threads)
clock = time.process_time if threads == 1 else time.perf_counter


def images(n, side, channels):
    return torch.randn(n, channels, side, side).to(memory_format=torch.channels_last)


def operation(kind, s):
    if kind.startswith("convolution"):
        n, side, inputs, outputs, kernel, stride = s
        layer = torch.nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2).to(memory_format=torch.channels_last)
        x, residual = images(n, side, inputs), images(n, side // stride, outputs)
        return (lambda: layer(x) + residual) if "residual" in kind else lambda: layer(x)
    if kind == "linear":
        layer, x = torch.nn.Linear(s[1], s[2]), torch.randn(s[0], s[1])
        return lambda: layer(x)
    if kind == "matmul":
        a, b = torch.randn(s[0], s[1]), torch.randn(s[1], s[2])
        return lambda: a @ b
    if kind.startswith("group"):
        x, layer = images(*s), torch.nn.GroupNorm(32, s[2])
        return lambda: F.silu(layer(x))
    if kind == "layer norm":
        x, layer = torch.randn(*s), torch.nn.LayerNorm(s[1])
        return lambda: layer(x)
    if kind == "softmax":
        x = torch.randn(*s)
        return lambda: x.softmax(-1)
    if kind == "geglu":
        x = torch.randn(s[0], 2 * s[1])
        return lambda: x[:, : s[1]] * F.gelu(x[:, s[1] :])
    if kind in ("silu", "add"):
        x = torch.randn(*s)
        return (lambda: F.silu(x)) if kind == "silu" else lambda: x + x
    n, heads, queries, keys, width = s
    q, k = torch.randn(n, queries, heads * width), torch.randn(n, keys, heads * width)
    sums = torch.zeros(n, heads, queries, keys) if keys <= 1024 else None

    def attention():
        a, b = q.view(n, queries, heads, width).transpose(1, 2), k.view(n, keys, heads, width).transpose(1, 2)
        if kind == "attention":
            out = F.scaled_dot_product_attention(a, b, b)
        else:
            p = (a @ b.transpose(2, 3) * width**-0.5).softmax(-1)
            if "sums" in kind:
                sums.add_(p)
            out = p @ b
        return out.transpose(1, 2).reshape(n, queries, heads * width)

    return attention


with torch.inference_mode():
    for name in sys.stdin.read().split("\n"):
        if not name:
            continue
        kind, sizes = name.split(":")
        call = operation(kind, [int(v) for v in re.findall(r"\d+", sizes)])
        least, spent, calls = float("inf"), 0.0, 0
        while calls < 5 or (spent < 0.3 and calls < 400):
            start = clock()
            call()
            seconds = clock() - start
            least, spent, calls = min(least, seconds), spent + seconds, calls + 1
        print(name, least)
