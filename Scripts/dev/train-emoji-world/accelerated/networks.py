"""The model's networks in plain PyTorch, with the names and the arithmetic of diffusers and transformers.

`check.py` holds them against those libraries. Widths are multiples of eight for each head, as the
accelerator's attention wants."""

import math

import torch
import torch.nn.functional as F
from torch import nn

WIDTH, LENGTH = 128, 77  # of the text
VAE = dict(
    in_channels=3, out_channels=3, latent_channels=4, sample_size=64,
    down_block_types=("DownEncoderBlock2D",) * 3, up_block_types=("UpDecoderBlock2D",) * 3,
    block_out_channels=(48, 96, 128), layers_per_block=1, norm_num_groups=16,
)
UNET = dict(
    sample_size=16, in_channels=4, out_channels=4, layers_per_block=1, block_out_channels=(64, 96, 128),
    # No attention in the 4 x 4 blocks: they cannot say where a word is.
    down_block_types=("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
    up_block_types=("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
    cross_attention_dim=WIDTH, attention_head_dim=4, norm_num_groups=16,  # 4 heads: the field means their number
)
SCHEDULER = dict(
    num_train_timesteps=1000, beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear",
    clip_sample=False, set_alpha_to_one=False, steps_offset=1, prediction_type="epsilon",
)
TOWER = dict(hidden_size=WIDTH, intermediate_size=4 * WIDTH, num_hidden_layers=4, num_attention_heads=4,
             hidden_act="quick_gelu", projection_dim=WIDTH)
IMAGE = dict(image_size=64, patch_size=8, num_channels=3)


class GroupNorm(nn.GroupNorm):
    """In the type of what comes in: autocast's float32 would double the bytes that move."""

    def forward(self, x):
        with torch.autocast(x.device.type, enabled=False):
            return F.group_norm(x, self.num_groups, self.weight.to(x.dtype), self.bias.to(x.dtype), self.eps)


def convolution(inputs, outputs, size=3, **options):
    return nn.Conv2d(inputs, outputs, size, padding=size // 2, **options)


class Resnet(nn.Module):
    def __init__(self, inputs, outputs, groups, time=None, eps=1e-5):
        super().__init__()
        self.norm1, self.conv1 = GroupNorm(groups, inputs, eps), convolution(inputs, outputs)
        if time:
            self.time_emb_proj = nn.Linear(time, outputs)
        self.norm2, self.conv2 = GroupNorm(groups, outputs, eps), convolution(outputs, outputs)
        if inputs != outputs:
            self.conv_shortcut = convolution(inputs, outputs, 1)

    def forward(self, x, time=None):
        h = self.conv1(F.silu(self.norm1(x)))
        if time is not None:
            h = h + self.time_emb_proj(F.silu(time))[:, :, None, None].to(h.dtype)
        h = self.conv2(F.silu(self.norm2(h)))
        return (self.conv_shortcut(x) if hasattr(self, "conv_shortcut") else x) + h


class Attention(nn.Module):
    def __init__(self, width, context, heads, bias=False):
        super().__init__()
        self.heads = heads
        self.to_q = nn.Linear(width, width, bias=bias)
        self.to_k, self.to_v = nn.Linear(context, width, bias=bias), nn.Linear(context, width, bias=bias)
        self.to_out = nn.ModuleList([nn.Linear(width, width)])

    def forward(self, x, context=None):
        context = x if context is None else context
        q, k, v = (y.unflatten(-1, (self.heads, -1)).transpose(1, 2) for y in (self.to_q(x), self.to_k(context), self.to_v(context)))
        return self.to_out[0](F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))


class GatedGELU(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.proj = nn.Linear(inputs, 2 * outputs)

    def forward(self, x):
        x, gate = self.proj(x).chunk(2, -1)
        return x * F.gelu(gate)


class FeedForward(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.net = nn.ModuleList([GatedGELU(width, 4 * width), nn.Identity(), nn.Linear(4 * width, width)])

    def forward(self, x):
        return self.net[2](self.net[0](x))


class TransformerBlock(nn.Module):
    def __init__(self, width, context, heads):
        super().__init__()
        self.norm1, self.attn1 = nn.LayerNorm(width), Attention(width, width, heads)
        self.norm2, self.attn2 = nn.LayerNorm(width), Attention(width, context, heads)
        self.norm3, self.ff = nn.LayerNorm(width), FeedForward(width)

    def forward(self, x, context):
        x = x + self.attn1(self.norm1(x))
        x = x + self.attn2(self.norm2(x), context)
        return x + self.ff(self.norm3(x))


class Transformer(nn.Module):
    def __init__(self, width, context, heads, groups):
        super().__init__()
        self.norm, self.proj_in = GroupNorm(groups, width, 1e-6), convolution(width, width, 1)
        self.transformer_blocks = nn.ModuleList([TransformerBlock(width, context, heads)])
        self.proj_out = convolution(width, width, 1)

    def forward(self, x, context):
        h = self.proj_in(self.norm(x))
        tokens = self.transformer_blocks[0](h.permute(0, 2, 3, 1).flatten(1, 2), context)
        return x + self.proj_out(tokens.unflatten(1, h.shape[2:]).permute(0, 3, 1, 2))


class Resampler(nn.Module):
    """A convolution that halves the picture or follows its doubling."""

    def __init__(self, width, up=False, padding=1):
        super().__init__()
        self.up, self.padding = up, padding
        self.conv = nn.Conv2d(width, width, 3, 1 if up else 2, padding=1 if up else padding)

    def forward(self, x):
        if self.up:
            return self.conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))
        return self.conv(x if self.padding else F.pad(x, (0, 1, 0, 1)))


class Level(nn.Module):
    """One block of the way down or up: residual blocks, attention if it has any, then the change of size."""

    def __init__(self, widths, outputs, groups, time=None, attention=None, resample=None, eps=1e-5):
        super().__init__()
        self.resnets = nn.ModuleList([Resnet(w, outputs, groups, time, eps) for w in widths])
        if attention:
            self.attentions = nn.ModuleList([Transformer(outputs, *attention, groups) for _ in widths])
        if resample:
            setattr(self, "upsamplers" if resample.up else "downsamplers", nn.ModuleList([resample]))

    def layers(self, x, time, context, skips=None):
        """The state after each layer; going up, what is skipped is joined before it."""
        states = []
        for i, resnet in enumerate(self.resnets):
            x = resnet(torch.cat([x, skips.pop()], 1) if skips is not None else x, time)
            if hasattr(self, "attentions"):
                x = self.attentions[i](x, context)
            states.append(x)
        return states

    def resampled(self, x):
        for name in ("downsamplers", "upsamplers"):
            if hasattr(self, name):
                return getattr(self, name)[0](x)
        return None


class TimeEmbedding(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.linear_1, self.linear_2 = nn.Linear(inputs, outputs), nn.Linear(outputs, outputs)
        self.half = inputs // 2

    def forward(self, t):
        rates = torch.exp(torch.arange(self.half, device=t.device, dtype=torch.float32) * (-math.log(10000) / self.half))
        angles = t.float()[:, None] * rates
        return self.linear_2(F.silu(self.linear_1(torch.cat([angles.cos(), angles.sin()], 1))))


class Middle(nn.Module):
    def __init__(self, width, groups, time, attention, eps=1e-5):
        super().__init__()
        self.resnets = nn.ModuleList([Resnet(width, width, groups, time, eps) for _ in range(2)])
        self.attentions = nn.ModuleList([attention])

    def forward(self, x, *others):
        time, context = others if others else (None, ())
        x = self.resnets[0](x, time)
        x = self.attentions[0](x, context) if others else self.attentions[0](x)
        return self.resnets[1](x, time)


class UNet(nn.Module):
    """UNet2DConditionModel of the blocks that UNET names."""

    def __init__(self, config=UNET):
        super().__init__()
        widths, layers, groups = config["block_out_channels"], config["layers_per_block"], config["norm_num_groups"]
        context, heads = config["cross_attention_dim"], config["attention_head_dim"]
        time = 4 * widths[0]

        def attention(kind):
            return (context, heads) if kind.startswith("CrossAttn") else None

        self.conv_in = convolution(config["in_channels"], widths[0])
        self.time_embedding = TimeEmbedding(widths[0], time)
        self.down_blocks, skipped = nn.ModuleList(), [widths[0]]
        for i, (width, kind) in enumerate(zip(widths, config["down_block_types"])):
            last = i == len(widths) - 1
            inputs = [widths[max(i - 1, 0)]] + [width] * (layers - 1)
            self.down_blocks.append(Level(inputs, width, groups, time, attention(kind), None if last else Resampler(width)))
            skipped += [width] * (layers + (not last))
        self.mid_block = Middle(widths[-1], groups, time, Transformer(widths[-1], context, heads, groups))
        self.up_blocks, before = nn.ModuleList(), widths[-1]
        for i, (width, kind) in enumerate(zip(reversed(widths), config["up_block_types"])):
            inputs = []
            for _ in range(layers + 1):
                inputs.append(before + skipped.pop())
                before = width
            resample = None if i == len(widths) - 1 else Resampler(width, up=True)
            self.up_blocks.append(Level(inputs, width, groups, time, attention(kind), resample))
        self.conv_norm_out, self.conv_out = GroupNorm(groups, widths[0]), convolution(widths[0], config["out_channels"])

    def forward(self, x, t, context):
        time = self.time_embedding(t)
        x = self.conv_in(x)
        skips = [x]
        for block in self.down_blocks:
            states = block.layers(x, time, context)
            skips += states
            x = states[-1]
            smaller = block.resampled(x)
            if smaller is not None:
                x = smaller
                skips.append(x)
        x = self.mid_block(x, time, context)
        for block in self.up_blocks:
            x = block.layers(x, time, context, skips)[-1]
            larger = block.resampled(x)
            x = x if larger is None else larger
        return self.conv_out(F.silu(self.conv_norm_out(x)))


class PixelAttention(nn.Module):
    """The VAE's: one head over the places of the picture."""

    def __init__(self, width, groups):
        super().__init__()
        self.group_norm = GroupNorm(groups, width, 1e-6)
        inner = Attention(width, width, 1, bias=True)
        self.heads, self.to_q, self.to_k, self.to_v, self.to_out = 1, inner.to_q, inner.to_k, inner.to_v, inner.to_out

    def forward(self, x):
        tokens = self.group_norm(x).permute(0, 2, 3, 1).flatten(1, 2)
        return x + Attention.forward(self, tokens).unflatten(1, x.shape[2:]).permute(0, 3, 1, 2)


class Encoder(nn.Module):
    def __init__(self, config):
        super().__init__()
        widths, layers, groups = config["block_out_channels"], config["layers_per_block"], config["norm_num_groups"]
        self.conv_in = convolution(config["in_channels"], widths[0])
        self.down_blocks = nn.ModuleList()
        for i, width in enumerate(widths):
            inputs = [widths[max(i - 1, 0)]] + [width] * (layers - 1)
            resample = None if i == len(widths) - 1 else Resampler(width, padding=0)
            self.down_blocks.append(Level(inputs, width, groups, resample=resample, eps=1e-6))
        self.mid_block = Middle(widths[-1], groups, None, PixelAttention(widths[-1], groups), 1e-6)
        self.conv_norm_out = GroupNorm(groups, widths[-1], 1e-6)
        self.conv_out = convolution(widths[-1], 2 * config["latent_channels"])

    def forward(self, x):
        x = self.conv_in(x)
        for block in self.down_blocks:
            x = block.layers(x, None, None)[-1]
            smaller = block.resampled(x)
            x = x if smaller is None else smaller
        return self.conv_out(F.silu(self.conv_norm_out(self.mid_block(x))))


class Decoder(nn.Module):
    def __init__(self, config):
        super().__init__()
        widths, layers, groups = config["block_out_channels"][::-1], config["layers_per_block"] + 1, config["norm_num_groups"]
        self.conv_in = convolution(config["latent_channels"], widths[0])
        self.mid_block = Middle(widths[0], groups, None, PixelAttention(widths[0], groups), 1e-6)
        self.up_blocks = nn.ModuleList()
        for i, width in enumerate(widths):
            inputs = [widths[max(i - 1, 0)]] + [width] * (layers - 1)
            resample = None if i == len(widths) - 1 else Resampler(width, up=True)
            self.up_blocks.append(Level(inputs, width, groups, resample=resample, eps=1e-6))
        self.conv_norm_out, self.conv_out = GroupNorm(groups, widths[-1], 1e-6), convolution(widths[-1], config["out_channels"])

    def forward(self, z):
        x = self.mid_block(self.conv_in(z))
        for block in self.up_blocks:
            x = block.layers(x, None, None)[-1]
            larger = block.resampled(x)
            x = x if larger is None else larger
        return self.conv_out(F.silu(self.conv_norm_out(x)))


class Autoencoder(nn.Module):
    """AutoencoderKL. Latents here are not scaled; `encode` gives mean and logarithm of the variance."""

    def __init__(self, config=VAE):
        super().__init__()
        latent = config["latent_channels"]
        self.encoder, self.decoder = Encoder(config), Decoder(config)
        self.quant_conv, self.post_quant_conv = convolution(2 * latent, 2 * latent, 1), convolution(latent, latent, 1)

    def encode(self, x):
        mean, spread = self.quant_conv(self.encoder(x)).float().chunk(2, 1)
        return mean, spread.clamp(-30, 20)

    def decode(self, z):
        return self.decoder(self.post_quant_conv(z))
