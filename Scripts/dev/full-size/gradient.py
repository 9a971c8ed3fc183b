"""Runs both programs in turns and prints ratios: `gradient.py PROGRAM MODEL ROUNDS PIXELS [true] [false]`."""

import json
import statistics
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from bench import THREADS, measure  # noqa: E402

CALLS = 2  # the first also packs the weights


def best(values):
    return f"{min(values):.2f} s ({statistics.median(values):.2f})"


def main(program, model, rounds, pixels, kinds):
    seconds, memory = {}, {}

    def run(name, command):
        _, peak, output = measure([str(part) for part in command])
        seconds.setdefault(name, []).extend(json.loads(output.strip().splitlines()[-1])[1:])
        memory[name] = max(memory.get(name, 0), peak)

    with tempfile.TemporaryDirectory() as scratch:
        for _ in range(rounds):
            for kind in kinds:
                run(("Lunette", kind), [
                    program, "run", HERE / "gradient.lua", "--model", model, "--out", f"{scratch}/out",
                    "--set", f"calls={CALLS}", "--set", f"pixels={pixels}", "--set", f"checkpoint={kind}",
                ])
                for layout in ("channels_last", "contiguous"):
                    run((layout, kind), [
                        sys.executable, "-W", "ignore", HERE / "gradient-peer.py", model, layout, kind, CALLS, pixels,
                    ])

    print(f"UNet there and back to the embedding, {pixels} × {pixels} pixels, batch of one, weights frozen, "
          f"{THREADS} threads, {rounds} rounds in turns: minimum (median).\n")
    print("| checkpoints | Lunette | PyTorch, channels last | PyTorch, contiguous | ratio to the better | "
          "peak memory: Lunette, PyTorch | wanted |")
    print("|---|---|---|---|---|---|---|")
    for kind in kinds:
        names = [(who, kind) for who in ("Lunette", "channels_last", "contiguous")]
        ratio = min(seconds[names[0]]) / min(min(seconds[name]) for name in names[1:])
        times = " | ".join(best(seconds[name]) for name in names)
        peaks = f"{memory[names[0]]:.0f} MB, {min(memory[name] for name in names[1:]):.0f} MB"
        print(f"| {'yes' if kind == 'true' else 'no'} | {times} | {ratio:.2f} | {peaks} | ≤ 0.90 |")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5:])
