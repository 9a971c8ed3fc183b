"""Faster kernels for training in bfloat16 on a CPU. `install()` puts them in place."""

import ctypes
import os
import subprocess
import tempfile
from pathlib import Path

import torch
import torch.nn.functional as F

MOST_CHANNELS = 32  # per head, in attention.c
exact_attention = F.scaled_dot_product_attention
exact_group_norm = F.group_norm
FLAGS = ["-O3", "-march=native", "-mprefer-vector-width=512", "-ffast-math", "-fno-finite-math-only", "-shared", "-fPIC"]


def compiled():
    """attention.c as a library; None where no compiler is."""
    source = Path(__file__).with_name("attention.c")
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "attention.so"
        try:
            subprocess.run([os.environ.get("CC", "cc"), *FLAGS, source, "-o", library, "-lm"], check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"attention.c is left out, training is slower: {error}", flush=True)
            return None
        return ctypes.CDLL(str(library))


class Attention(torch.autograd.Function):
    """Of q, k, v {batch, length, heads, channels} in bfloat16, on one thread."""

    library = None

    @staticmethod
    def call(name, tensors, q, k):
        pointers = [ctypes.c_void_p(x.data_ptr()) for x in tensors]
        if getattr(Attention.library, name)(*pointers, q.shape[0], q.shape[2], q.shape[1], k.shape[1], q.shape[3]):
            raise ValueError(f"{name} of {tuple(q.shape)} and {tuple(k.shape)}")

    @staticmethod
    def forward(context, q, k, v):
        q, k, v = q.contiguous(), k.contiguous(), v.contiguous()
        out = torch.empty_like(q)
        lse = torch.empty(q.shape[0], q.shape[2], -(-q.shape[1] // 16) * 16)
        Attention.call("attention_forward", (q, k, v, out, lse), q, k)
        context.save_for_backward(q, k, v, out, lse)
        return out

    @staticmethod
    def backward(context, gradient):
        saved = context.saved_tensors
        gradients = [torch.empty_like(x) for x in saved[:3]]
        Attention.call("attention_backward", (*saved, gradient.contiguous(), *gradients), *saved[:2])
        return tuple(gradients)


def attention(q, k, v, attn_mask=None, dropout_p=0.0, is_causal=False, **_):
    """PyTorch's attention over a dozen channels per head is slow in bfloat16, slower than in float32, which takes
    twice as long as attention.c (one core of Zen 4)."""
    is_plain = attn_mask is None and dropout_p == 0 and not is_causal and q.shape[-1] <= MOST_CHANNELS
    if Attention.library and is_plain and q.dtype == k.dtype == v.dtype == torch.bfloat16:
        return Attention.apply(*(x.transpose(1, 2) for x in (q, k, v))).transpose(1, 2)
    with torch.autocast("cpu", enabled=False):
        return exact_attention(q.float(), k.float(), v.float(), attn_mask, dropout_p, is_causal)


def group_norm(x, groups, weight=None, bias=None, eps=1e-5):
    """PyTorch's bfloat16 group norm takes four times as long as its float32 one."""
    with torch.autocast("cpu", enabled=False):
        return exact_group_norm(x.float(), groups, weight, bias, eps).to(x.dtype)


def install():
    if torch.get_num_threads() == 1:
        Attention.library = compiled()
    F.scaled_dot_product_attention, F.group_norm = attention, group_norm


def check():
    """attention.c against PyTorch's attention and its gradients in float32."""
    Attention.library = compiled()
    torch.manual_seed(0)
    for channels, queries, keys in ((128, 64, 64), (12, 256, 256), (12, 256, 77), (24, 64, 77), (32, 16, 77), (10, 30, 17)):
        given = [torch.randn(3, 4, n, channels).bfloat16().requires_grad_() for n in (queries, keys, keys)]
        gradient = torch.randn(3, 4, queries, channels)
        exact = [x.detach().float().requires_grad_() for x in given]
        found, wanted = attention(*given), exact_attention(*exact)
        found.backward(gradient.bfloat16())
        wanted.backward(gradient)
        pairs = [(found, wanted), *((x.grad, y.grad) for x, y in zip(given, exact))]
        errors = [float((x.detach().float() - y.detach()).norm() / y.detach().norm()) for x, y in pairs]
        print(channels, queries, keys, " ".join(f"{error:.4f}" for error in errors))
        assert max(errors) < 0.01, "further off than bfloat16 rounds"


if __name__ == "__main__":
    check()
