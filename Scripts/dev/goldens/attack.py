#!/usr/bin/env python3
"""The gradient of the attack's whole loss with respect to its logits, by PyTorch, for Plugins/attack/tests/gradient_test.lua.

    python Scripts/dev/goldens/attack.py

Reads the built-in model and the small checkpoints of Tests/DiffusionTests/Goldens; run it again when either changes. The classes
here are also the PyTorch side of `Scripts/dev/bench attack`. Formulas: Du et al., NeurIPS 2023; Guo et al., EMNLP 2021."""

import json
import math
import shutil
from collections import Counter, defaultdict
from pathlib import Path

import safetensors.torch
import torch
import torch.nn.functional as F
from diffusers import DDIMScheduler, StableDiffusionPipeline
from transformers import AutoTokenizer, CLIPImageProcessor, CLIPModel, GPT2Config, GPT2LMHeadModel

root = Path(__file__).resolve().parents[3]
goldens = root / "Tests/DiffusionTests/Goldens"
tests = root / "Plugins/attack/tests"
WORLD = root / "Plugins/emoji-world/model"
CORPUS = ["a photo of a cat and a", "a picture of a dog", "a key and a cat", "a pistol at night"]

# Options of attack.search by their names there. `model` and `clip` are folders, the built-in model where there are none; `perturb` is
# the seed of normal numbers times 2 that are added to the logits as they start.
CASES = {
    "world-extend": dict(
        prompt="a photo of a cat and a", noun="cat", classes=["cat", "dog", "key", "house"], steps=4, seed=3, perturb=11,
        templates=["a photo of a {}", "a picture of a {}"], similarity=4, fluency=0.5, corpus=CORPUS, kappa=30),
    "world-replace": dict(
        prompt="a photo of a cat and a dog", noun="cat", classes=["cat", "dog", "key"], steps=5, seed=4, perturb=12,
        mode="replace", positions="paper", estimator="straight_through", loss="cross_entropy", grad_steps=2, similarity=2,
        noise="fresh", temperature=0.7),
    "sd1-drawn": dict(
        model="tiny-sd1", prompt="a cat and a pistol", noun="pistol", classes=["pistol", "cat", "dog"], steps=4, seed=5,
        perturb=13, mode="replace", positions="code", frozen="drawn", similarity=4, corpus=CORPUS,
        similarity_padding=False, initial=3, free=12),
    "sd2-extend": dict(
        model="tiny-sd2", clip="tiny-sd1/clip", prompt="a cat and a", noun="cat", classes=["cat", "dog", "key"], steps=4,
        seed=6, perturb=14, width=32, height=32, similarity=4, fluency=1, corpus=CORPUS, kappa=5),
    "sd2-language": dict(
        model="tiny-sd2", clip="tiny-sd1/clip", prompt="a cat and a", noun="cat", classes=["cat", "dog", "key"], steps=3,
        seed=7, perturb=15, width=32, height=32, mode="replace", positions="paper", similarity=4, fluency=1, corpus=CORPUS,
        language="tiny-gpt2"),
}
DEFAULTS = dict(
    model=None, clip=None, templates=["a photo of a {}"], mode="extend", positions="code", frozen="exact", initial=None,
    temperature=1, estimator="soft", loss="margin", kappa=30, similarity=4, similarity_padding=True, fluency=0, corpus=None,
    language=None, noise="fixed", width=None, height=None, grad_steps=1, draw_seed=1, guidance=7.5, free=None,
)


def with_article(noun):
    return ("an " if noun[0] in "aeiou" else "a ") + noun


def uniform(shape, seed):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


class Corpus:
    """Weights of ids and bigrams, counted in texts that are padded as prompts are."""

    def __init__(self, tokenize, texts, vocabulary, dtype):
        self.size, self.documents = len(texts), Counter()
        single, double = Counter(), defaultdict(Counter)
        for text in texts:
            ids, plain = tokenize(text)
            self.documents.update(set(plain))
            single.update(ids)
            for first, second in zip(ids, ids[1:]):
                double[first][second] += 1
        total = sum(single.values())
        unigram = torch.tensor([(single[i] + 1) / (total + vocabulary) for i in range(vocabulary)], dtype=torch.float64)
        rows = []
        for i in range(vocabulary):
            count, types = sum(double[i].values()), len(double[i])
            share = types / (types + count) if count else 1.0
            row = share * unigram
            for j, seen in double[i].items():
                row[j] += (1 - share) * seen / count
            rows.append(row)
        self.log_bigram = torch.stack(rows).log().to(dtype)

    def weights(self, ids):
        found = [math.log((self.size + 1) / (self.documents[i] + 1)) for i in ids]
        return [each / sum(found) for each in found]


class Attack:
    """One prompt's loss; `loss(logits, iteration)` as Plugins/attack has it."""

    def __init__(self, options, dtype=torch.float64):
        self.o = o = {**DEFAULTS, **options}
        self.dtype = dtype
        folder = goldens / o["model"] if o["model"] else WORLD
        self.pipeline = StableDiffusionPipeline.from_pretrained(
            folder, safety_checker=None, requires_safety_checker=False, torch_dtype=torch.float32, low_cpu_mem_usage=False
        ).to(dtype)
        self.pipeline.scheduler = DDIMScheduler.from_config(self.pipeline.scheduler.config)
        for module in (self.pipeline.text_encoder, self.pipeline.unet, self.pipeline.vae):
            module.requires_grad_(False)
        self.open_clip(goldens / o["clip"] if o["clip"] else folder / "clip")
        self.open_prompt()
        self.open_language()

    def tokenize(self, text):
        tokenizer = self.pipeline.tokenizer
        padded = tokenizer(text, padding="max_length", max_length=77, truncation=True).input_ids
        return padded, tokenizer(text, truncation=True).input_ids

    def open_clip(self, folder):
        o = self.o
        self.clip = CLIPModel.from_pretrained(folder, torch_dtype=self.dtype).requires_grad_(False).eval()
        processor = CLIPImageProcessor.from_pretrained(folder)
        self.mean, self.deviation = (torch.tensor(each).to(self.dtype)[:, None, None]
                                     for each in (processor.image_mean, processor.image_std))
        where = folder if (folder / "vocab.json").exists() or (folder / "tokenizer.json").exists() else folder.parent
        tokenizer = AutoTokenizer.from_pretrained(where if where == folder else where / "tokenizer")
        rows = []
        for name in o["classes"]:
            texts = [t.replace("a {}", with_article(name)).replace("{}", name) for t in o["templates"]]
            batch = tokenizer(texts, padding="max_length", max_length=77, truncation=True, return_tensors="pt")
            hidden = self.clip.text_model(input_ids=batch.input_ids).pooler_output
            vectors = F.normalize(self.clip.text_projection(hidden), dim=-1)
            rows.append(F.normalize(vectors.mean(0), dim=0))
        self.features = torch.stack(rows)

    def open_prompt(self):
        o, encoder = self.o, self.pipeline.text_encoder
        encoder = getattr(encoder, "text_model", encoder)
        self.table = encoder.embeddings.token_embedding
        self.vocabulary = len(self.pipeline.tokenizer)
        self.ids, plain = self.tokenize(o["prompt"])
        self.end = len(plain) - 1
        self.free = self.free_positions(plain)
        initial = o["initial"] or 15 - math.log(49407 / (self.vocabulary - 1))
        with torch.no_grad():
            self.empty = self.pipeline.text_encoder(torch.tensor([self.tokenize("")[0]])).last_hidden_state
        self.clean = F.one_hot(torch.tensor(self.ids), self.vocabulary).to(self.dtype)
        self.start = self.clean * initial
        if o["corpus"]:
            self.corpus = Corpus(self.tokenize, o["corpus"], self.vocabulary, self.dtype)
            weights = self.corpus.weights(self.ids)
        else:
            weights = [1 / len(self.ids)] * len(self.ids)
        if not o["similarity_padding"]:
            weights = [0 if i >= self.end else weight for i, weight in enumerate(weights)]
        self.weights = torch.tensor([weight / sum(weights) for weight in weights], dtype=self.dtype)

    def free_positions(self, plain):
        o = self.o
        noun = {i for i, each in enumerate(self.ids) if self.pipeline.tokenizer.decode([each]).strip() == o["noun"]}
        if not noun:  # a noun of several tokens
            pieces = self.tokenize(o["noun"])[1][1:-1]
            for i in range(len(self.ids)):
                if self.ids[i:i + len(pieces)] == pieces:
                    noun |= set(range(i, i + len(pieces)))
        rules = {
            "extend code": lambda i: self.ids[i] not in plain[:-1],
            "extend paper": lambda i: i > self.end,
            "replace code": lambda i: i > 0 and i not in noun,
            "replace paper": lambda i: 0 < i < self.end and i not in noun,
        }
        free = [i for i in range(len(self.ids)) if rules[f"{o['mode']} {o['positions']}"](i)]
        return free[:o["free"]] if o["free"] else free

    def open_language(self):
        self.language = None
        if self.o["language"]:
            self.language = GPT2LMHeadModel.from_pretrained(tests / self.o["language"], torch_dtype=self.dtype).eval()
            self.language.requires_grad_(False)
        self.clean_rows = self.read(self.clean, self.encode(self.clean)).detach()

    def read(self, p, embedding):
        if self.language is None:
            return embedding
        rows = p @ self.language.transformer.wte.weight[:self.vocabulary]
        return self.language.transformer(inputs_embeds=rows[None]).last_hidden_state[0]

    def encode(self, p):
        rows = (p @ self.table.weight[:self.vocabulary])[None]
        handle = self.table.register_forward_hook(lambda *_: rows)
        hidden = self.pipeline.text_encoder(torch.tensor([self.ids])).last_hidden_state
        handle.remove()
        return hidden[0]

    def drawn(self, logits, seed):
        """`logits` {free, vocabulary}."""
        o = self.o
        rows = self.start if o["frozen"] == "drawn" else self.clean
        index = torch.tensor(self.free)
        if o["frozen"] == "drawn":
            everything = rows.index_copy(0, index, logits)
            return self.softmax(everything, seed)
        return rows.index_copy(0, index, self.softmax(logits, seed))

    def softmax(self, logits, seed):
        o = self.o
        noise = -torch.log(-torch.log(uniform(logits.shape, seed).clamp(min=1e-30).to(self.dtype)))
        soft = ((logits + noise) / o["temperature"]).softmax(-1)
        if o["estimator"] == "soft":
            return soft
        hard = F.one_hot(soft.argmax(-1), self.vocabulary).to(self.dtype)
        return hard + soft - soft.detach()

    def picture(self, embedding, seed):
        o, unet, scheduler = self.o, self.pipeline.unet, self.pipeline.scheduler
        factor = self.pipeline.vae_scale_factor
        height, width = ((o[each] // factor if o[each] else unet.config.sample_size) for each in ("height", "width"))
        latents = torch.randn((1, 4, height, width), generator=torch.Generator().manual_seed(seed)).to(self.dtype)
        scheduler.set_timesteps(o["steps"])
        latents = latents * scheduler.init_noise_sigma
        for index, timestep in enumerate(scheduler.timesteps):
            with torch.set_grad_enabled(index >= o["steps"] - o["grad_steps"]):
                pair = unet(torch.cat([latents] * 2), timestep, torch.cat([self.empty, embedding[None]])).sample
                without, with_text = pair.chunk(2)
                noise = without + o["guidance"] * (with_text - without)
                latents = scheduler.step(noise, timestep, latents).prev_sample
        decoded = self.pipeline.vae.decode(latents / self.pipeline.vae.config.scaling_factor).sample
        return (decoded[0] / 2 + 0.5).clamp(0, 1)

    def zero_shot(self, picture):
        pixels = ((picture - self.mean) / self.deviation)[None]
        hidden = self.clip.vision_model(pixel_values=pixels).pooler_output
        seen = F.normalize(self.clip.visual_projection(hidden), dim=-1)[0]
        return 100 * self.features @ seen

    def recall(self, clean, found):
        a, b = (F.normalize(each[1:-1], dim=-1) for each in (clean, found))
        return ((a @ b.T).max(-1).values * self.weights[1:-1]).sum()

    def surprise(self, p):
        if self.language is None:
            return -(p[:-1] @ self.corpus.log_bigram * p[1:]).sum() / (len(p) - 1)
        table = self.language.transformer.wte.weight[:self.vocabulary]
        logits = self.read(p, None)[:-1] @ table.T
        return -(logits.log_softmax(-1) * p[1:]).sum() / (len(p) - 1)

    def loss(self, logits, iteration):
        o = self.o
        p = self.drawn(logits, o["draw_seed"] * 1000000 + iteration)
        embedding = self.encode(p)
        seen = self.zero_shot(self.picture(embedding, o["seed"] + (iteration if o["noise"] == "fresh" else 0)))
        y = o["classes"].index(o["noun"])
        if o["loss"] == "margin":
            others = torch.cat([seen[:y], seen[y + 1:]])
            total = (seen[y] - others.max() + o["kappa"]).clamp(min=0)
        else:
            total = seen.log_softmax(-1)[y]
        if o["similarity"]:
            total = total - o["similarity"] * self.recall(self.clean_rows, self.read(p, embedding))
        if o["fluency"]:
            total = total + o["fluency"] * self.surprise(p)
        return total


def write_language(folder, vocabulary):
    torch.manual_seed(41)
    config = GPT2Config(vocab_size=vocabulary, n_positions=77, n_embd=16, n_layer=2, n_head=2, initializer_range=0.3)
    shutil.rmtree(folder, ignore_errors=True)
    GPT2LMHeadModel(config).save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)


def main():
    torch.set_num_threads(1)
    write_language(tests / "tiny-gpt2", 574)
    tensors = {}
    for name, options in CASES.items():
        attack = Attack(options)
        start = attack.start[attack.free]
        noise = torch.randn(start.shape, generator=torch.Generator().manual_seed(options["perturb"])).double()
        logits = (start + 2 * noise).requires_grad_()
        loss = attack.loss(logits, 1)
        loss.backward()
        print(f"{name}: loss {loss.item():.6f}, gradient {logits.grad.norm().item():.4g} of {tuple(logits.shape)}")
        tensors[f"{name}.loss"] = loss.detach().float().reshape(1)
        tensors[f"{name}.free"] = torch.tensor(attack.free).float() + 1
        # Half precision keeps three digits of each number: enough for a cosine.
        tensors[f"{name}.gradient"] = (logits.grad / logits.grad.abs().max()).half()
        tensors[f"{name}.scale"] = logits.grad.abs().max().float().reshape(1)
    (tests / "gradient.safetensors").write_bytes(safetensors.torch.save(tensors))
    (tests / "gradient.json").write_text(json.dumps(CASES, indent=1) + "\n")


if __name__ == "__main__":
    main()
