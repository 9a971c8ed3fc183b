"""The UNet's training: a pool of fresh latents, and one step that can be recorded as a CUDA graph."""

import time

import torch

from accelerated import networks
from accelerated.clock import Average, Stage
from accelerated.scenes import signed
from losses import error_weight

EMPTY = 0.1  # share of captions dropped, for classifier-free guidance
REUSE = 4  # times that a picture is read before another takes its place
RATE, WEIGHT_DECAY = 2e-3, 0.01
AVERAGED = 4  # steps between updates of the average of the weights
MODES = ("compiled graph", "graph", "compiled", "eager")  # by expectation; what works and is fastest is taken


def alphas(device):
    s = networks.SCHEDULER
    betas = torch.linspace(s["beta_start"] ** 0.5, s["beta_end"] ** 0.5, s["num_train_timesteps"], dtype=torch.float32) ** 2
    return torch.cumprod(1 - betas, 0).to(device)


class Pool:
    """Latents and the captions they were drawn for, on the device; new ones take the oldest's place."""

    def __init__(self, run, vae, size):
        shape = (networks.UNET["in_channels"], networks.UNET["sample_size"], networks.UNET["sample_size"])
        self.run, self.vae, self.at = run, vae, 0
        self.latents = torch.zeros(size, *shape, device=run.device, dtype=torch.float16)
        self.rows = torch.zeros(size, device=run.device, dtype=torch.long)

    @torch.no_grad()
    def refresh(self, n):
        """`n` of the pool's entries, from new scenes."""
        n = min(n, len(self.rows) - self.at)
        rows = self.run.scenes.integers(len(self.run.captions), n)
        with self.run.half():
            z = self.vae.encode(signed(self.run.scenes.draw(self.run.captions, rows)))[0] * self.vae.scale
        self.latents[self.at:self.at + n], self.rows[self.at:self.at + n] = z.half(), rows
        self.at = (self.at + n) % len(self.rows)
        return n

    def fill(self, batch):
        done = 0
        while done < len(self.rows) and not self.run.stopped():
            done += self.refresh(batch)


class Trainer:
    """One step and what it changes, all of it on the device and of fixed size."""

    def __init__(self, run, unet, text, pool, tokens, empty, batch):
        self.run, self.unet, self.text, self.pool, self.tokens, self.empty, self.batch = run, unet, text, pool, tokens, empty, batch
        self.parameters = [p for p in unet.parameters() if p.requires_grad]
        self.alphas = alphas(run.device)
        self.weight = error_weight(self.alphas)
        self.rate = torch.tensor(RATE, device=run.device)
        self.error, self.count = torch.zeros((), device=run.device), 0
        self.network, self.graph = unet, None
        self.renew()

    def renew(self):
        """An optimiser without memory."""
        options = dict(lr=self.rate, capturable=True, fused=True) if self.run.cuda else dict(lr=RATE)
        self.optimiser = torch.optim.AdamW(self.parameters, betas=(0.9, 0.99), weight_decay=WEIGHT_DECAY, **options)

    def step(self):
        n, device = self.batch, self.run.device
        with torch.no_grad():
            index = torch.randint(len(self.pool.rows), (n,), device=device)
            z = self.pool.latents[index].float().contiguous(memory_format=torch.channels_last)
            # One time from each of n equal slices: less noise in the loss than free draws.
            t = ((torch.arange(n, device=device) + torch.rand(n, device=device)) * (1000 / n)).long().clamp(0, 999)
            a = self.alphas[t].view(-1, 1, 1, 1)
            noise = torch.randn_like(z)
            tokens = self.tokens[self.pool.rows[index]]
            tokens = torch.where(torch.rand(n, 1, device=device) < EMPTY, self.empty, tokens)
            with self.run.half():
                context = self.text(tokens.long())
        with self.run.half():
            predicted = self.network(a.sqrt() * z + (1 - a).sqrt() * noise, t, context)
        error = (predicted.float() - noise).square().mean((1, 2, 3))
        (error * self.weight[t]).mean().backward()
        torch.nn.utils.clip_grad_norm_(self.parameters, 1.0, foreach=True)
        self.optimiser.step()
        self.error += error.detach().mean()

    def advance(self):
        if self.graph:
            self.graph.replay()
        else:
            self.optimiser.zero_grad(set_to_none=True)
            self.step()
        self.count += 1

    def set_rate(self, rate):
        self.rate.fill_(rate)
        if not self.run.cuda:
            for group in self.optimiser.param_groups:
                group["lr"] = rate

    def prepare(self, mode):
        """Makes `advance` work in one of MODES; the first steps are taken here."""
        self.graph, self.network = None, self.unet
        if mode.startswith("compiled"):
            self.network = torch.compile(self.unet, dynamic=False)
        if mode.endswith("graph"):
            side = torch.cuda.Stream()
            side.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(side):
                for _ in range(3):
                    self.optimiser.zero_grad(set_to_none=True)
                    self.step()
            torch.cuda.current_stream().wait_stream(side)
            self.optimiser.zero_grad(set_to_none=True)
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph):
                self.step()
            self.graph = graph
        self.advance()
        if self.run.cuda:
            torch.cuda.synchronize()
        if not bool(torch.isfinite(self.error)):
            raise RuntimeError(f"{mode}: the error is not finite")

    def mean_error(self):
        """Since the last call; waits for the device."""
        value = float(self.error) / max(self.count, 1)
        self.error.zero_()
        self.count = 0
        return value


def make(run, text, vae, batch, pool_size, start=None):
    """A trainer with a UNet that is new, or that has the weights `start`."""
    unet = networks.UNet()
    if start:
        unet.load_state_dict(start)
    unet.to(run.device, memory_format=torch.channels_last)
    return Trainer(run, unet, text, Pool(run, vae, pool_size), run.captions.tokens, run.empty, batch)


def readied(run, trainer, modes):
    """Prepares the first of `modes` that works; where memory ends, with half the batch."""
    while True:
        for mode in modes:
            try:
                trainer.prepare(mode)
                return mode
            except Exception as error:  # whatever goes wrong in a compiler or a graph: the next way is simpler
                run.log("unet", mode=mode.replace(" ", "_"), trouble=str(error).splitlines()[0][:160].replace(" ", "_") if str(error) else type(error).__name__)
                trainer.optimiser.zero_grad(set_to_none=True)
                trainer.renew()
                if run.cuda:
                    torch.cuda.empty_cache()
        if trainer.batch // 2 < 8:
            raise RuntimeError("the UNet cannot be trained on this machine at all")
        trainer.batch //= 2
        modes = [m for m in modes if m == "eager"] or ["eager"]


@torch.no_grad()
def validate(run, trainer, text, vae, n):
    """Mean squared error in epsilon on unseen scenes, with noise that is the same each time. In float32."""
    generator = torch.Generator().manual_seed(0)
    rows = torch.arange(min(n, len(run.unseen)), device=run.device)
    if not hasattr(run, "validation"):
        run.validation = vae.encode(signed(run.scenes.draw(run.unseen, rows)))[0] * vae.scale
    z = run.validation
    t = (torch.arange(len(z)) * 1000 // len(z))[torch.randperm(len(z), generator=generator)]
    noise = torch.randn(z.shape, generator=generator).to(run.device)
    t, errors = t.to(run.device), []
    for part in torch.arange(len(z), device=run.device).split(64):
        a = trainer.alphas[t[part]].view(-1, 1, 1, 1)
        found = trainer.unet(a.sqrt() * z[part] + (1 - a).sqrt() * noise[part], t[part], text(run.unseen.tokens[rows[part]].long()))
        errors.append((found.float() - noise[part]).square().mean((1, 2, 3)))
    return float(torch.cat(errors).mean())


def train(run, trainer, modes, seconds, save, average=None):
    """Steps until the seconds are over, saving every two minutes. A step that is not finite is taken back."""
    mode = readied(run, trainer, modes)
    stage, average = Stage("unet", seconds, run), average or Average(trainer.parameters, 300)
    run.log("unet", mode=mode.replace(" ", "_"), batch=trainer.batch, parameters=sum(p.numel() for p in trainer.parameters))
    good, peak, reported, saved = [p.detach().clone() for p in trainer.parameters], RATE, time.time(), time.time()
    lost, owed, before, first = 0, 0.0, 0, time.time()

    def report():
        error = trainer.mean_error()
        rate = (stage.samples - before) / max(time.time() - reported, 1e-6)
        run.log("unet", step=stage.steps, samples=stage.samples, progress=stage.progress, mse=error, per_second=rate)
        return error

    while not stage.over():
        owed += trainer.batch / REUSE
        if owed >= trainer.batch:
            owed -= trainer.pool.refresh(trainer.batch)
        trainer.set_rate(stage.rate(peak, steady=0.45))
        try:
            trainer.advance()
        except RuntimeError as error:
            lost += 1
            if lost > 3 or trainer.batch // 2 < 8:
                raise
            run.log("unet", trouble=str(error).splitlines()[0][:160].replace(" ", "_"))
            trainer.batch //= 2
            readied(run, trainer, ["eager"])
        stage.steps += 1
        stage.samples += trainer.batch
        if stage.steps % AVERAGED == 0 or not run.cuda:
            average.update()
        if time.time() - reported < (8 if run.cuda else 5):
            continue
        error = report()
        if error == error and error < 4:
            torch._foreach_copy_(good, [p.detach() for p in trainer.parameters])
        else:
            run.log("unet", trouble="diverged", rate=peak / 2)
            with torch.no_grad():
                torch._foreach_copy_(list(trainer.parameters), good)
                torch._foreach_copy_(average.mean, good)
            trainer.renew()
            readied(run, trainer, ["graph", "eager"] if trainer.graph else ["eager"])
            peak /= 2
        reported, before = time.time(), stage.samples
        if time.time() - saved > 120:
            save(average, stage)
            saved = time.time()
    if trainer.count:
        report()
    run.results["unet"] = dict(samples=stage.samples, steps=stage.steps, batch=trainer.batch, mode=mode,
                               per_second=round(stage.samples / (time.time() - first), 1))
    return average, stage


@torch.no_grad()
def sample(run, trainer, text, vae, tokens, seeds, steps=30, guidance=7.5):
    """Pictures of rows of tokens, DDIM, as Lunette and diffusers draw them: uint8 (n, SIZE, SIZE, 3)."""
    out, offset, stride = [], networks.SCHEDULER["steps_offset"], 1000 // steps
    for part, some in zip(tokens.split(64), torch.tensor(seeds).split(64)):
        n = len(part)
        x = torch.stack([torch.randn(4, 16, 16, generator=torch.Generator().manual_seed(int(s))) for s in some]).to(run.device)
        context = text(torch.cat([run.empty.expand(n, -1), part]).long())
        for t in reversed(range(steps)):
            t = t * stride + offset
            none, said = trainer.unet(x.repeat(2, 1, 1, 1), torch.full((2 * n,), t, device=run.device), context).float().chunk(2)
            noise = none + guidance * (said - none)
            a, b = trainer.alphas[t], trainer.alphas[max(t - stride, 0)]
            x = b.sqrt() * (x - (1 - a).sqrt() * noise) / a.sqrt() + (1 - b).sqrt() * noise
        y = vae.decode(x / vae.scale).float().clamp(-1, 1)
        out.append(((y + 1) * 127.5).round().byte().permute(0, 2, 3, 1).cpu())
    return torch.cat(out).numpy()
