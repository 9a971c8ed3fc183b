"""An attention processor that keeps cross-attention probabilities, and DAAM's maps from them in NumPy.

The maps are computed from the definition (Tang et al., 2023), with nothing of torch in them: this is the second
opinion against which Lunette's are held.
"""

import math

import numpy as np
import torch


class RecordingProcessor:
    """Plain attention; in cross-attention it adds the conditional rows' probabilities to `sums[step]`."""

    def __init__(self, recorder, path):
        self.recorder, self.path = recorder, path

    def __call__(self, attn, hidden_states, encoder_hidden_states=None, attention_mask=None, temb=None, **_):
        context = hidden_states if encoder_hidden_states is None else encoder_hidden_states
        batch, heads = hidden_states.shape[0], attn.heads

        def split(x):
            return x.reshape(batch, x.shape[1], heads, -1).transpose(1, 2)

        query, key, value = split(attn.to_q(hidden_states)), split(attn.to_k(context)), split(attn.to_v(context))
        probabilities = torch.softmax(query @ key.transpose(-1, -2) * attn.scale, dim=-1)
        if encoder_hidden_states is not None:
            self.recorder.add(self.path, probabilities)
        out = (probabilities @ value).transpose(1, 2).reshape(batch, hidden_states.shape[1], -1)
        return attn.to_out[0](out)


class Recorder:
    """Probabilities of a run: `steps[k][path]` {samples, heads, H·W, tokens}, the conditional half only."""

    def __init__(self, unet, guided=True):
        self.guided, self.steps, self.processors = guided, [], {}
        unet.set_attn_processor(
            {name: RecordingProcessor(self, f"unet.{name.removesuffix('.processor')}") for name in unet.attn_processors}
        )
        unet.register_forward_pre_hook(lambda *_: self.steps.append({}))

    def add(self, path, probabilities):
        rows = probabilities.chunk(2)[1] if self.guided else probabilities
        self.steps[-1][path] = rows.detach().clone()

    def summed(self, steps=None):
        chosen = self.steps if steps is None else [self.steps[index] for index in steps]
        return {path: sum(step[path] for step in chosen).numpy() for path in chosen[0]}


def cubic_taps(position, size):
    """The four neighbours of a position between pixel centres, edges repeated, and Keys' weights with a = -0.75."""
    a = -0.75
    first = math.floor(position) - 1
    taps = []
    for index in range(first, first + 4):
        x = abs(position - index)
        if x <= 1:
            weight = (a + 2) * x**3 - (a + 3) * x**2 + 1
        elif x < 2:
            weight = a * x**3 - 5 * a * x**2 + 8 * a * x - 4 * a
        else:
            weight = 0.0
        taps.append((min(max(index, 0), size - 1), weight))
    return taps


def interpolation(source, target):
    """The {target, source} matrix of one axis."""
    matrix = np.zeros((target, source))
    for row in range(target):
        for index, weight in cubic_taps((row + 0.5) * source / target - 0.5, source):
            matrix[row, index] += weight
    return matrix


def upsample(maps, height, width):
    """Bicubic, {…, h, w} to {…, height, width}; for equal sizes the identity."""
    rows, columns = interpolation(maps.shape[-2], height), interpolation(maps.shape[-1], width)
    return rows @ maps @ columns.T


def daam(sums, tokens, height, width, heads=None, layers=None, factors=None):
    """Heat maps {tokens, height, width} of one sample.

    sums: path to {heads, H·W, all tokens}, summed over the time steps; tokens: rows to keep, BOS and EOT included;
    height, width: of the latents. The middle block and maps of factor 8 stay out.
    """
    kept = []
    for path, probabilities in sums.items():
        area = probabilities.shape[1]
        factor = round(math.sqrt(height * width / area))
        if ".mid_block." in path or (layers is not None and path not in layers):
            continue
        if factor == 8 or (factors is not None and factor not in factors):
            continue
        for head, of_head in enumerate(probabilities.astype(np.float64)):
            if heads is None or head in heads:
                maps = of_head[:, :tokens].T.reshape(tokens, height // factor, width // factor)
                kept.append(np.maximum(upsample(maps, height, width), 0))
    return np.mean(kept, axis=0)


def normalized(maps):
    """Each position's maps as shares of what the words (not BOS, not EOT) get there."""
    return maps / (maps[1:-1].sum(axis=0) + 1e-6)
