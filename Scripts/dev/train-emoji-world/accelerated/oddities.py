"""Objects that are none of the world's, composed on the device: what the judge must refuse."""

import math

import torch
import torch.nn.functional as F

from accelerated.scenes import Places
from judge_data import CLASS, IGNORED, NONE
from world import SIZE

KINDS = ("hybrid", "mixture", "shuffled", "doubled", "half drawn", "melted", "smeared")


def soft_cut(scenes, box, sharp):
    """A division of each box at any angle: 1 on one side, 0 on the other."""
    _, left, top, w, h = box
    n = len(left)
    angle, shift = scenes.uniform(0, 2 * math.pi, n, 1, 1), scenes.uniform(-0.12, 0.12, n, 1, 1)
    u, v = (scenes.grid_x - left) / w.clamp(min=1) - 0.5, (scenes.grid_y - top) / h.clamp(min=1) - 0.5
    return (0.5 + (u * angle.cos() + v * angle.sin() + shift) * scenes.uniform(*sharp, n, 1, 1)).clamp(0, 1)[..., None]


def moved(box, dx, dy):
    first, left, top, w, h = box
    return [first, left + dx, top + dy, w, h]


def over(front, back):
    return front + back * (1 - front[..., 3:] / 255)


def shuffled(scenes, box):
    """The object in four or nine pieces, in another order."""
    first, left, top, w, h = box
    n = len(left)
    across = 2 + scenes.integers(2, n, 1, 1)
    pw, ph = (w // across).clamp(min=1), (h // across).clamp(min=1)
    dx, dy = scenes.grid_x - left, scenes.grid_y - top
    column, row = dx // pw, dy // ph
    inside = (column >= 0) & (column < across) & (row >= 0) & (row < across)
    cells = across * across
    turn = 1 + scenes.integers(10**6, n, 1, 1) % (cells - 1)  # a roll leaves no piece where it was
    source = (row * across + column + turn) % cells
    x = left + source % across * pw + dx % pw
    y = top + source // across * ph + dy % ph
    return torch.where(inside, scenes.sampled(box, x, y), 0)


def layer(scenes, kind, a, b, size, x, y):
    """Premultiplied pixels (n, SIZE, SIZE, 4) of an oddity of looks `a` and `b` at each place."""
    n = len(kind)
    one, two = scenes.boxes_of(a, size, x, y), scenes.boxes_of(b, size, x, y)

    def pixels(index):
        return scenes.pixels[index].float()

    plain, other = pixels(scenes.sampled(one)), pixels(scenes.sampled(two))
    cut = soft_cut(scenes, one, (3, 12))
    even = scenes.uniform(0.35, 0.65, n, 1, 1, 1)
    angle, far = scenes.uniform(0, 2 * math.pi, n), size * scenes.uniform(0.25, 0.55, n)
    dx, dy = ((far * f(angle)).round().long()[:, None, None] for f in (torch.cos, torch.sin))
    again = pixels(scenes.sampled(moved(one, dx, dy)))
    beside = pixels(scenes.sampled(moved(two, dx // 2, dy // 2)))
    blurred = plain.permute(0, 3, 1, 2)
    for _ in range(2):
        blurred = F.avg_pool2d(blurred, 7, 1, 3)
    made = (
        plain * cut + other * (1 - cut), plain * even + other * (1 - even), pixels(shuffled(scenes, one)), over(plain, again),
        plain * soft_cut(scenes, one, (8, 20)), plain * even + over(beside, plain) * (1 - even), blurred.permute(0, 2, 3, 1),
    )
    out = made[0]
    for k in range(1, len(KINDS)):
        out = torch.where((kind == k)[:, None, None, None], made[k], out)
    return out


def places_for(scenes, n, free_sizes=False):
    """One to three places, as captions give them or (`free_sizes`) of any size for one alone."""
    count = 1 + (scenes.uniform(0, 1, n) > 0.4).long() + (scenes.uniform(0, 1, n) > 0.85).long()
    relation = torch.where(scenes.uniform(0, 1, n) < 0.5, 0, 4)
    size, x, y = scenes.places(count, relation)
    if free_sizes:
        alone, any_size = (count == 1)[:, None], scenes.uniform(24, 56, n, 3)
        size = torch.where(alone, any_size, size * scenes.uniform(0.9, 1.08, n, 3))
        reach = ((SIZE - any_size) / 2).clamp(min=0)
        x, y = (torch.where(alone, SIZE / 2 + reach * scenes.uniform(-1, 1, n, 3), v) for v in (x, y))
    return count[:, None] > torch.arange(3, device=scenes.device), size, x, y


def any_ground(scenes, n):
    """Open in four of five pictures, else one of the named backgrounds."""
    named = scenes.integers(scenes.plain.shape[0] + scenes.bank.shape[0], n)
    return scenes.grounds(torch.where(scenes.uniform(0, 1, n) < 0.2, named, -1))


def free(scenes, n):
    """Any look anywhere, so that the judge learns shapes and not the grammar's habits."""
    there, size, x, y = places_for(scenes, n, free_sizes=True)
    look = torch.where(there, scenes.integers(len(scenes.boxes), n, 3), -1)
    return scenes.compose(any_ground(scenes, n), Places(look, size, x, y), labels=True)


def strange(scenes, n):
    """Pictures with one or more objects that are none of the world's."""
    there, size, x, y = places_for(scenes, n)
    looks = scenes.number[:, 0, 0]
    out = any_ground(scenes, n)
    classes = torch.zeros(n, SIZE, SIZE, dtype=torch.long, device=scenes.device)
    textures = torch.full_like(classes, IGNORED)
    for slot in range(3):
        a, b = (looks[scenes.integers(len(looks), n)] for _ in range(2))
        b = torch.where(a == b, looks[0], b)
        odd = there[:, slot] & ((scenes.uniform(0, 1, n) < 0.5) | (slot == 0))
        a = torch.where(there[:, slot], a, -1)
        made = layer(scenes, scenes.integers(len(KINDS), n), a, b, size[:, slot], x[:, slot], y[:, slot])
        plain = scenes.pixels[scenes.sampled(scenes.boxes_of(a, size[:, slot], x[:, slot], y[:, slot]))].float()
        pixel = torch.where(odd[:, None, None, None], made, plain)
        pixel = torch.where(there[:, slot][:, None, None, None], pixel, torch.zeros_like(pixel))
        alpha = pixel[..., 3:] / 255
        out = pixel[..., :3] + out * (1 - alpha)
        seen = alpha[..., 0] >= 0.5
        named = torch.where(odd, CLASS[NONE], scenes.class_of[a.clamp(min=0)])[:, None, None]
        classes = torch.where(seen, named, classes)
        textures = torch.where(seen, torch.where(odd, IGNORED, 0)[:, None, None], textures)
    return out, classes, textures
