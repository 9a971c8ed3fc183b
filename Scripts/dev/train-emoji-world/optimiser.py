"""Muon (Jordan et al. 2024): momentum whose matrices are made orthogonal before they are applied.

Matrices and convolutions (as output x everything else) are stepped by Muon, scaled to
AdamW's usual step size (Liu et al. 2025, eq. 4), so that one learning rate serves both;
vectors, the first and the last layer are stepped by AdamW."""

import torch
import torch.distributed as dist


def orthogonal(g, steps=5):
    """The nearest orthogonal matrix, roughly: Newton and Schulz's iteration in bfloat16."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = g.bfloat16()
    wide = x.shape[0] <= x.shape[1]
    x = x if wide else x.T
    x = x / (x.norm() + 1e-7)
    for _ in range(steps):
        s = x @ x.T
        x = a * x + (b * s + c * s @ s) @ x
    return (x if wide else x.T).float()


class Muon:
    def __init__(self, named, lr, momentum=0.95, betas=(0.9, 0.99), weight_decay=0.01, skip=("conv_in", "conv_out")):
        named = list(named)
        hidden = [(n, p) for n, p in named if p.ndim >= 2 and not n.startswith(skip)]
        taken = {n for n, _ in hidden}
        self.matrices = [p for _, p in hidden]
        self.momentum, self.decay, self.lr = momentum, weight_decay, lr
        self.velocity = [torch.zeros_like(p) for p in self.matrices]
        self.rest = torch.optim.AdamW([p for n, p in named if n not in taken], lr=lr, betas=betas, weight_decay=weight_decay, fused=True)

    def set_rate(self, lr):
        self.lr = lr
        for group in self.rest.param_groups:
            group["lr"] = lr

    @torch.no_grad()
    def step(self):
        self.rest.step()
        torch._foreach_lerp_(self.velocity, [p.grad for p in self.matrices], 1 - self.momentum)
        for p, u in zip(self.matrices, self.updates()):
            p.mul_(1 - self.lr * self.decay).sub_(u.view_as(p), alpha=self.lr)

    def updates(self):
        """Each worker makes its share of the matrices orthogonal; all get all of them."""
        workers, rank = (dist.get_world_size(), dist.get_rank()) if dist.is_initialized() else (1, 0)
        out = []
        for i, (p, v) in enumerate(zip(self.matrices, self.velocity)):
            if i % workers != rank:
                out.append(torch.zeros(p.numel()))
                continue
            m = torch.lerp(p.grad, v, self.momentum).flatten(1)  # Nesterov's look ahead
            out.append((orthogonal(m) * 0.2 * max(m.shape) ** 0.5).flatten())
        if workers == 1:
            return out
        flat = torch.cat(out)
        dist.all_reduce(flat)
        return flat.split([p.numel() for p in self.matrices])

    def state_dict(self):
        return dict(velocity=self.velocity, rest=self.rest.state_dict())

    def load_state_dict(self, state):
        for v, old in zip(self.velocity, state["velocity"]):
            v.copy_(old)
        self.rest.load_state_dict(state["rest"])
