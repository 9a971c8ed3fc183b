"""CLIP's two towers in plain PyTorch, with transformers' names and arithmetic."""

import torch
import torch.nn.functional as F
from torch import nn

from accelerated.networks import IMAGE, LENGTH, TOWER, WIDTH


class SelfAttention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.q_proj, self.k_proj, self.v_proj, self.out_proj = (nn.Linear(width, width) for _ in range(4))

    def forward(self, x, causal):
        q, k, v = (p(x).unflatten(-1, (self.heads, -1)).transpose(1, 2) for p in (self.q_proj, self.k_proj, self.v_proj))
        return self.out_proj(F.scaled_dot_product_attention(q, k, v, is_causal=causal).transpose(1, 2).flatten(2))


class Perceptron(nn.Module):
    def __init__(self, width, inner):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, inner), nn.Linear(inner, width)

    def forward(self, x):
        x = self.fc1(x)
        return self.fc2(x * torch.sigmoid(1.702 * x))


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer_norm1, self.self_attn = nn.LayerNorm(WIDTH), SelfAttention(WIDTH, TOWER["num_attention_heads"])
        self.layer_norm2, self.mlp = nn.LayerNorm(WIDTH), Perceptron(WIDTH, TOWER["intermediate_size"])

    def forward(self, x, causal):
        x = x + self.self_attn(self.layer_norm1(x), causal)
        return x + self.mlp(self.layer_norm2(x))


class Layers(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([Layer() for _ in range(TOWER["num_hidden_layers"])])

    def forward(self, x, causal):
        for layer in self.layers:
            x = layer(x, causal)
        return x


class TextEmbeddings(nn.Module):
    def __init__(self, vocabulary):
        super().__init__()
        self.token_embedding, self.position_embedding = nn.Embedding(vocabulary, WIDTH), nn.Embedding(LENGTH, WIDTH)

    def forward(self, tokens):
        return self.token_embedding(tokens) + self.position_embedding.weight[:tokens.shape[1]]


class TextTower(nn.Module):
    """Tokens (n, LENGTH) to rows (n, LENGTH, WIDTH)."""

    def __init__(self, vocabulary):
        super().__init__()
        self.embeddings, self.encoder, self.final_layer_norm = TextEmbeddings(vocabulary), Layers(), nn.LayerNorm(WIDTH)

    def forward(self, tokens):
        return self.final_layer_norm(self.encoder(self.embeddings(tokens), True))


class ImageEmbeddings(nn.Module):
    def __init__(self):
        super().__init__()
        patch = IMAGE["patch_size"]
        self.class_embedding = nn.Parameter(torch.randn(WIDTH) * 0.02)
        self.patch_embedding = nn.Conv2d(3, WIDTH, patch, patch, bias=False)
        self.position_embedding = nn.Embedding((IMAGE["image_size"] // patch) ** 2 + 1, WIDTH)

    def forward(self, pictures):
        patches = self.patch_embedding(pictures).flatten(2).transpose(1, 2)
        first = self.class_embedding.to(patches.dtype).expand(len(patches), 1, -1)
        return torch.cat([first, patches], 1) + self.position_embedding.weight


class ImageTower(nn.Module):
    def __init__(self):
        super().__init__()
        self.embeddings, self.pre_layrnorm = ImageEmbeddings(), nn.LayerNorm(WIDTH)  # the name is theirs
        self.encoder, self.post_layernorm = Layers(), nn.LayerNorm(WIDTH)

    def forward(self, pictures):
        return self.post_layernorm(self.encoder(self.pre_layrnorm(self.embeddings(pictures)), False)[:, 0])


class CLIP(nn.Module):
    def __init__(self, vocabulary, end):
        super().__init__()
        self.end = end
        self.text_model, self.vision_model = TextTower(vocabulary), ImageTower()
        self.text_projection, self.visual_projection = (nn.Linear(WIDTH, WIDTH, bias=False) for _ in range(2))
        self.logit_scale = nn.Parameter(torch.tensor(2.3026))
        for module in self.modules():
            if isinstance(module, (nn.Linear, nn.Conv2d, nn.Embedding)):
                nn.init.normal_(module.weight, std=0.02)
                if getattr(module, "bias", None) is not None:
                    nn.init.zeros_(module.bias)

    def text(self, tokens):
        rows = self.text_model(tokens)
        last = (tokens == self.end).int().argmax(1)  # the first end-of-text
        return F.normalize(self.text_projection(rows[torch.arange(len(rows), device=rows.device), last]).float(), dim=-1)

    def image(self, pictures):
        return F.normalize(self.visual_projection(self.vision_model(pictures)).float(), dim=-1)
