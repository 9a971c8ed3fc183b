"""Runs Lunette, PyTorch and OpenVINO in turns on a full-size model and prints ratios: `bench.py PROGRAM MODEL ROUNDS`.

OpenVINO takes part where Python has it.
"""

import importlib.util
import json
import statistics
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from bench import THREADS, measure  # noqa: E402

PARTS = {"unet": "one UNet call, 2 × 64 × 64 latents", "vae": "VAE decoding, 512 × 512 pixels"}
PEERS = {
    "channels_last": "PyTorch f32, channels last", "contiguous": "PyTorch f32, contiguous", "bfloat16": "PyTorch bf16",
    "openvino": "OpenVINO f32", "openvino_bfloat16": "OpenVINO bf16",
}
OURS = {"f32": (), "bf16": ("dtype=bf16",), "low memory": ("low_memory=true",)}
WANTED = {
    ("unet", "f32", "channels_last"): "≤ 0.85", ("unet", "f32", "openvino"): "≤ 0.95",
    ("vae", "f32", "channels_last"): "≤ 0.80",
}


def best(values):
    return f"{min(values):.2f} s ({statistics.median(values):.2f})"


def machine():
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown processor")


class Bench:
    def __init__(self, program, model, out):
        self.program, self.model, self.out = program, model, out
        self.seconds, self.memory = {}, {}

    def run(self, name, command, skip=1):
        """All but the first `skip` times, which hold what happens once."""
        _, peak, output = measure([str(part) for part in command])
        times = json.loads(output.strip().splitlines()[-1])
        self.seconds.setdefault(name, []).extend(times[skip:])
        self.memory[name] = max(self.memory.get(name, 0), peak)

    def ours(self, name, kind, *settings, skip=1):
        sets = [part for setting in (*settings, *OURS[kind]) for part in ("--set", setting)]
        command = [self.program, "run", HERE / "bench.lua", "--model", self.model, "--out", self.out, *sets]
        self.run((name, kind), command, skip)

    def peer(self, part, kind):
        command = [sys.executable, "-W", "ignore", HERE / "peer.py", self.model, kind, part, 3]
        self.run((part, kind), command)

    def compare(self, part, kind, peer):
        ours, theirs = self.seconds[part, kind], self.seconds.get((part, peer))
        if theirs:
            ratio, wanted = min(ours) / min(theirs), WANTED.get((part, kind, peer), "–")
            print(f"| {PARTS[part]}, {kind} | {best(ours)} | {PEERS[peer]}: {best(theirs)} | {ratio:.2f} | {wanted} |")


def gather(bench, rounds, peers):
    for _ in range(rounds):
        for part in PARTS:
            for kind in peers:
                bench.peer(part, kind)
            for kind in OURS if part == "unet" else ["f32"]:
                bench.ours(part, kind, f"task={part}", "calls=3")
        # After the others: a virtual machine has the pages at hand then, which it may have to fetch from its host.
        for kind in OURS:
            bench.ours("start", kind, "task=start", skip=0)
    for kind in OURS:
        bench.ours("image", kind, "task=image", "calls=2", skip=0)
    bench.ours("traced", "f32", "task=image", "calls=2", "trace=true", skip=0)


def report(bench, rounds, peers):
    print(f"{machine()}, {THREADS} threads, {rounds} rounds in turns: minimum (median).\n")
    print("| what | Lunette | against | ratio of minima | wanted |")
    print("|---|---|---|---|---|")
    for peer in peers:
        bench.compare("unet", "bf16" if "bfloat16" in peer else "f32", peer)
    bench.compare("unet", "low memory", "channels_last")
    for peer in peers:
        bench.compare("vae", "f32", peer)
    for kind in OURS:
        start, call = min(bench.seconds["start", kind]), min(bench.seconds["unet", kind])
        wanted = "≤ 1.50" if kind == "f32" else "–"
        print(f"| process start to first UNet output, {kind} | {start:.2f} s | one call: {call:.2f} s | {start / call:.2f} "
              f"| {wanted} |")
    print("\n| peak memory | f32 | bf16 | low memory | PyTorch f32 | PyTorch bf16 | OpenVINO f32 |")
    print("|---|---|---|---|---|---|---|")

    def row(what, name, kinds):
        cells = [f"{bench.memory[name, kind]:.0f} MB" if (name, kind) in bench.memory else "–" for kind in kinds]
        print(f"| {what} | " + " | ".join(cells) + " |")

    row("UNet calls alone", "unet", [*OURS, "channels_last", "bfloat16", "openvino"])
    row("one image", "image", [*OURS, "", "", ""])
    row("one image, all word maps", "traced", [*OURS, "", "", ""])
    print("\nWanted: ≤ 5500 MB for an image in f32, ≤ 3500 MB in the modes that save memory, maps ≤ 10% more: "
          f"{bench.memory['traced', 'f32'] / bench.memory['image', 'f32'] - 1:+.1%}.")


def main(program, model, rounds):
    peers = [kind for kind in PEERS if "openvino" not in kind or importlib.util.find_spec("openvino")]
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(program, model, f"{scratch}/out")
        gather(bench, rounds, peers)
    report(bench, rounds, peers)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
