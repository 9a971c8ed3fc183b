"""Runs Lunette and PyTorch in turns on a full-size model and prints ratios: `bench.py PROGRAM MODEL ROUNDS`."""

import json
import statistics
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from bench import THREADS, measure  # noqa: E402


def best(values):
    return f"{min(values):.2f} s ({statistics.median(values):.2f})"


def main(program, model, rounds):
    peer = [sys.executable, "-W", "ignore", HERE / "peer.py", model]
    seconds, memory, start = {}, {}, []

    def run(name, command, skip=1):
        _, peak, output = measure([str(part) for part in command])
        times = json.loads(output.strip().splitlines()[-1])
        seconds.setdefault(name, []).extend(times[skip:] or times)
        memory[name] = max(memory.get(name, 0), peak)

    with tempfile.TemporaryDirectory() as scratch:
        def ours(*settings):
            sets = [part for setting in settings for part in ("--set", setting)]
            return [program, "run", HERE / "bench.lua", "--model", model, "--out", f"{scratch}/out", *sets]

        for _ in range(rounds):
            for part in ("unet", "vae"):
                run(part, ours(f"task={part}", "calls=3"))
                for layout in ("channels_last", "contiguous"):
                    run(f"{part} {layout}", [*peer, layout, part, 3])
            start.append(measure(ours("task=unet", "calls=1"))[0])
        run("image", ours("task=image", "calls=2"))
        run("traced", ours("task=image", "calls=2", "trace=true"))

    def compare(what, part, layout, wanted):
        ratio = min(seconds[part]) / min(seconds[f"{part} {layout}"])
        print(f"| {what}, {layout} | {best(seconds[part])} | {best(seconds[f'{part} {layout}'])} | {ratio:.2f} | {wanted} |")

    print(f"{THREADS} threads, {rounds} rounds in turns: minimum (median).\n")
    print("| what | Lunette | PyTorch | ratio of minima | wanted |")
    print("|---|---|---|---|---|")
    compare("one UNet call, 2 × 64 × 64 latents", "unet", "channels_last", "≤ 0.85")
    compare("the same", "unet", "contiguous", "–")
    compare("VAE decoding, 512 × 512 pixels", "vae", "channels_last", "≤ 0.80")
    compare("the same", "vae", "contiguous", "–")
    calls = min(start) / min(seconds["unet"])
    print(f"| process start to first UNet output | {best(start)} | – | {calls:.2f} UNet calls | ≤ 1.50 |")
    print(f"| peak memory, one image | {memory['image']:.0f} MB | – | – | ≤ 5500 MB |")
    print(f"| peak memory, one image, all word maps | {memory['traced']:.0f} MB | – | "
          f"{memory['traced'] / memory['image']:.2f} of that | ≤ 1.10 |")
    print(f"| peak memory, UNet calls alone | {memory['unet']:.0f} MB | {memory['unet channels_last']:.0f} MB | "
          f"{memory['unet'] / memory['unet channels_last']:.2f} | – |")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
