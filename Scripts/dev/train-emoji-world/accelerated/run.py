"""The whole run: prepares, trains each part for its share of the minutes, saves as it goes, and ends on time.

See `accelerator` beside this folder for how it is called."""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
import traceback
from contextlib import nullcontext
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

import numpy as np  # noqa: E402
import torch  # noqa: E402

from accelerated import diffusion, files, language, networks, parts, sprites  # noqa: E402
from accelerated.scenes import Scenes  # noqa: E402
from accelerated.towers import CLIP  # noqa: E402
from judge_model import Judge  # noqa: E402

UNSEEN_SEED, UNSEEN = 77, 256  # held out of all training
SHARES = dict(vae=0.16, clip=0.07, judge=0.12)  # of the seconds after preparing; the UNet has the rest
FINISH = 0.05  # kept for sheets and files
FIRST_BATCHES = dict(vae=4, clip=1, judge=4)  # the UNet's batch over theirs
LARGEST_FILE, LARGEST_MODEL = 15 * 2**20, 40_000_000
TRIPLES = ("a cat, a car and a star", "a cat and a car and a star", "a dog to the right of a tree", "a book above a lion",
           "a frog and a moon and a cake", "a key, a bear and a drum", "a phone to the left of a pig", "a blue cat and a robot",
           "a wooden star", "a metallic house")


class Run:
    """What all stages share: the device, the clock, captions and scenes, the log, and where results go."""

    def __init__(self, a):
        self.a, self.begin = a, time.time()
        self.deadline = self.begin + 60 * a.minutes
        self.cuda = torch.cuda.is_available() and not a.cpu
        self.device = "cuda" if self.cuda else "cpu"
        self.output, self.results, self.asked = a.output, {}, []
        self.output.mkdir(parents=True, exist_ok=True)
        self.log_file = open(self.output / "log.txt", "a", buffering=1)
        for s in (signal.SIGTERM, signal.SIGINT):
            signal.signal(s, lambda *_: self.asked.append(1))

    def log(self, stage, **values):
        line = f"{time.time() - self.begin:6.1f} {stage} " + " ".join(
            f"{k}={v:.4g}" if isinstance(v, float) else f"{k}={v}" for k, v in values.items())
        print(line, flush=True)
        self.log_file.write(line + "\n")

    def half(self):
        return torch.autocast("cuda", dtype=torch.bfloat16) if self.cuda else nullcontext()

    def stopped(self):
        return bool(self.asked) or time.time() >= self.deadline

    def left(self):
        return max(0.0, self.deadline - time.time())

    # ------------------------------------------------ before training

    def on_device(self, captions):
        return language.Captions(*(torch.as_tensor(getattr(captions, k), device=self.device) for k in language.Captions.__dataclass_fields__))

    def prepare(self):
        """Everything that is done on the processor, once: before the device is touched, since processes fork."""
        folder, processes = files.PLUGIN / "model/tokenizer", max(1, min(16, os.cpu_count() or 1))
        # On a small machine captions are cheaper to repeat than to write.
        n = self.a.captions or (400_000 if self.cuda else 4096)
        atlas = sprites.build(processes)
        captions, = language.write(folder, "accelerated", self.a.seed, n, processes)
        pairs = language.write(folder, "accelerated", self.a.seed + 1, max(512, n // 4), processes, pairs=True)
        unseen, = language.write(folder, "accelerated", UNSEEN_SEED, UNSEEN, 1)
        self.tokenizer = language.Tokenizer(folder)
        self.vocabulary = len(self.tokenizer.vocabulary)
        if self.cuda:
            torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
            torch.backends.cudnn.benchmark = True
        torch.manual_seed(self.a.seed)
        self.scenes = Scenes(atlas, self.device, self.a.seed, 256 if self.cuda else 16)
        self.captions, self.unseen = self.on_device(captions), self.on_device(unseen)
        first, second = (self.on_device(c) for c in pairs)
        self.neighbours = second
        # Rows of pairs' first captions stand at the front of all captions.
        for name in language.Captions.__dataclass_fields__:
            getattr(self.captions, name)[:len(getattr(first, name))] = getattr(first, name)[:len(self.captions)]
        self.neighbours = language.Captions(*(getattr(second, k)[:len(self.captions)] for k in language.Captions.__dataclass_fields__))
        self.empty = torch.tensor(self.tokenizer.ids(""), dtype=torch.int16, device=self.device)
        self.log("prepare", device=torch.cuda.get_device_name().replace(" ", "_") if self.cuda else "cpu", torch=torch.__version__,
                 captions=len(self.captions), looks=len(atlas.boxes), megabytes=(atlas.pixels.nbytes + atlas.worn.nbytes) / 1e6)

    # ------------------------------------------------ results

    def save_part(self, name, module):
        if module is not None:
            files.write(self.output / f"{name}.safetensors", module.state_dict())

    def save_facts(self):
        files.write_json(self.output / "run.json", dict(
            grammar="accelerated", seed=self.a.seed, minutes=self.a.minutes, vocabulary=self.vocabulary, unet=networks.UNET,
            vae=networks.VAE, scale=getattr(self, "scale", None), torch=torch.__version__,
            device=torch.cuda.get_device_name() if self.cuda else "cpu", results=self.results))

    def sheet(self, trainer, text, vae, small=False):
        from common import sheet
        from sample import SHEET

        prompts = [*SHEET, *TRIPLES]
        prompts = prompts[:20:2] if small else prompts
        tokens = torch.tensor([self.tokenizer.ids(p) for p in prompts], device=self.device, dtype=torch.int16)
        pictures = diffusion.sample(self, trainer, text, vae, tokens, list(range(1, len(prompts) + 1)), steps=10 if small else 30)
        sheet(pictures, 10, self.output / "samples.png")


def attempt(run, name, work, instead):
    """`work`'s result; where it fails, what `instead` has. No stage may end the run."""
    try:
        return work()
    except Exception as error:
        run.log(name, failed=f"{type(error).__name__}:_{str(error).splitlines()[0][:200].replace(' ', '_') if str(error) else ''}")
        traceback.print_exc(file=run.log_file)
        traceback.print_exc()
        run.results[f"{name}_failed"] = str(error)[:500]
        if run.cuda:
            torch.cuda.empty_cache()
        return instead()


def loaded(run, folder, name, module):
    module.load_state_dict(files.read(folder / f"{name}.safetensors"))
    return module.to(run.device).requires_grad_(False).eval()


def shipped_vae(run):
    """The repository's, for a run whose own failed: of the shape it has there, which its config tells."""
    networks.VAE = {**networks.VAE, "block_out_channels": tuple(json.loads((files.PLUGIN / "model/vae/config.json").read_text())["block_out_channels"])}
    vae = networks.Autoencoder(networks.VAE)
    vae.load_state_dict(files.read(files.PLUGIN / "model/vae/diffusion_pytorch_model.safetensors"))
    return parts.finished_vae(run, vae.to(run.device))


def shipped_clip(run):
    clip = CLIP(run.vocabulary, run.vocabulary - 1)
    clip.load_state_dict(files.read(files.PLUGIN / "model/clip/model.safetensors"))
    return clip.to(run.device).requires_grad_(False).eval()


def start_probe(run):
    """The child that tries ways of training; None where there is nothing to try."""
    if not run.cuda:
        return None
    command = [sys.executable, "-m", "accelerated.probe", str(run.a.batch), str(run.vocabulary)]
    return subprocess.Popen(command, cwd=HERE.parent, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def modes_found(run, probe):
    """Ways that worked in the child, fastest first; then all simpler ones, since the child may not have come to them."""
    if probe is None:
        return ["eager"]
    if probe.poll() is None:
        probe.kill()  # our own child: it has had its time
    lines = [json.loads(line) for line in probe.communicate()[0].splitlines() if line.startswith("{") and line.endswith("}")]
    for line in lines:
        run.log("probe", **{k: str(v).replace(" ", "_") for k, v in line.items()})
    worked = sorted((line for line in lines if "per_second" in line), key=lambda line: -line["per_second"])
    run.results["probe"] = lines
    return [line["mode"] for line in worked] + [m for m in ("graph", "eager") if all(m != w["mode"] for w in worked)]


def first_parts(run, seconds):
    """VAE, CLIP and judge: trained, or from an earlier run."""
    a = run.a
    batches = {k: max(8, a.batch // v) for k, v in FIRST_BATCHES.items()}
    if a.resume:
        vae = parts.finished_vae(run, loaded(run, a.resume, "vae", networks.Autoencoder()))
        clip = loaded(run, a.resume, "clip", CLIP(run.vocabulary, run.vocabulary - 1))
        judge = attempt(run, "judge", lambda: loaded(run, a.resume, "judge", Judge()), lambda: None)
    else:
        vae = attempt(run, "vae", lambda: parts.train_vae(run, SHARES["vae"] * seconds, batches["vae"]), lambda: shipped_vae(run))
        clip = attempt(run, "clip", lambda: parts.train_clip(run, SHARES["clip"] * seconds, batches["clip"]), lambda: shipped_clip(run))
        judge = attempt(run, "judge", lambda: parts.train_judge(run, SHARES["judge"] * seconds, batches["judge"], vae), lambda: None)
    run.scale = vae.scale
    for name, module in (("vae", vae), ("clip", clip), ("judge", judge)):
        run.save_part(name, module)
    return vae, clip


def train_unet(run, vae, clip, probe):
    a, text = run.a, clip.text_model
    pool = a.pool or (131_072 if run.cuda else 8 * a.batch)
    start = files.read(a.resume / "unet-raw.safetensors") if a.resume else None
    trainer = diffusion.make(run, text, vae, a.batch, pool, start)
    trainer.pool.fill(min(a.batch, 1024))

    def save(average, stage):
        """The average is the model; the weights themselves are for going on."""
        run.save_part("unet-raw", trainer.unet)
        average.swap()
        error = attempt(run, "validation", lambda: diffusion.validate(run, trainer, text, vae, UNSEEN if run.cuda else 32), lambda: float("nan"))
        run.results.setdefault("validation", []).append(dict(samples=stage.samples, mse=round(error, 5)))
        run.log("unet", samples=stage.samples, validation=error)
        run.save_part("unet", trainer.unet)
        run.save_facts()
        attempt(run, "sheet", lambda: run.sheet(trainer, text, vae, small=not run.cuda), lambda: None)
        average.swap()

    average = None
    if a.resume:
        average = diffusion.Average(trainer.parameters, 300)
        mean = files.read(next(p for p in (a.resume / "unet.safetensors", a.resume / "unet-raw.safetensors") if p.exists()))
        with torch.no_grad():
            for (name, _), m in zip(trainer.unet.named_parameters(), average.mean):
                m.copy_(mean[name])
        average.updates = 1000
    modes = modes_found(run, probe)
    seconds = run.left() - FINISH * 60 * a.minutes
    average, stage = diffusion.train(run, trainer, modes, seconds, save, average)
    save(average, stage)


def upload():
    """Bytes of the working tree that would travel: tracked files and new ones that are not ignored."""
    try:
        listed = subprocess.run(["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=files.ROOT, capture_output=True, check=True).stdout
        return sum((files.ROOT / p).stat().st_size for p in os.fsdecode(listed).split("\0") if p and (files.ROOT / p).is_file())
    except (OSError, subprocess.CalledProcessError):
        return None


def finish(run):
    sizes = {p.name: p.stat().st_size for p in sorted(run.output.iterdir()) if p.is_file()}
    for name, size in sizes.items():
        run.log("file", name=name, bytes=size, **({} if size <= LARGEST_FILE else dict(trouble="larger_than_15_MiB")))
    if run.a.model:
        size = files.assemble(run.output, run.a.model)
        run.log("model", folder=run.a.model, bytes=size, **({} if size <= LARGEST_MODEL else dict(trouble="larger_than_40_MB")))
    travels = upload()
    if travels is not None:
        back = sum(sizes.get(f"{n}.safetensors", 0) for n in ("unet", "unet-raw", "vae", "clip"))
        run.log("upload", working_tree_MiB=travels / 2**20, with_files_to_resume_MiB=(travels + back) / 2**20)


def arguments():
    a = argparse.ArgumentParser(prog="accelerator", description="Trains emoji-world on an accelerator, by the clock.")
    a.add_argument("--minutes", type=float, default=8, help="in all, from start to the last file (default 8)")
    a.add_argument("--batch", type=int, default=1024, help="of the UNet (default 1024)")
    a.add_argument("--seed", type=int, default=11)
    a.add_argument("--output", type=Path, default=Path(os.environ.get("OUT") or files.ROOT / ".work/emoji-world/accelerator/files"),
                   help="where files go (default $OUT, else .work/emoji-world/accelerator/files)")
    a.add_argument("--model", type=Path, help="also a model's folder, in diffusers layout")
    a.add_argument("--resume", type=Path, help="the output of an earlier run, whose UNet goes on")
    a.add_argument("--captions", type=int, help="how many to draw from")
    a.add_argument("--pool", type=int, help="latents kept on the device")
    a.add_argument("--cpu", action="store_true", help="leave the accelerator alone")
    a.add_argument("--assemble", nargs=2, type=Path, metavar=("FILES", "FOLDER"), help="only make a model's folder of a run's files")
    return a.parse_args()


def main():
    a = arguments()
    if a.assemble:
        return print(f"{a.assemble[1]}: {files.assemble(*a.assemble)} bytes")
    run = Run(a)
    run.prepare()
    probe = start_probe(run)
    vae, clip = first_parts(run, run.left() - FINISH * 60 * a.minutes)
    run.save_facts()
    train_unet(run, vae, clip, probe)
    run.save_facts()
    finish(run)


if __name__ == "__main__":
    assert np.dtype(np.uint16).itemsize == 2 and sys.byteorder == "little"
    main()
