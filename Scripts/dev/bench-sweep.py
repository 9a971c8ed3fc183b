"""Pictures a second: a sweep against the loop, a batch and diffusers, in turns. See `bench`."""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ENVIRONMENT = os.environ | {
    "OMP_NUM_THREADS": "2", "MKL_NUM_THREADS": "2", "TRANSFORMERS_VERBOSITY": "error", "HF_HUB_OFFLINE": "1",
}


def run(command):
    start = time.perf_counter()
    done = subprocess.run(list(map(str, command)), env=ENVIRONMENT, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"bench: {' '.join(map(str, command))} failed\n{done.stderr}")
    return time.perf_counter() - start, done.stdout


def main(program, model, rounds, count):
    rates = {}
    with tempfile.TemporaryDirectory() as scratch:
        script = HERE / "bench-sweep.lua"

        def inside(name, *more):
            """By the clock of the program itself, without its start."""
            command = [program, "run", script, "--model", model, "--out", f"{scratch}/{name}", "--set", f"count={count}"]
            seconds = float(run(command + list(more))[1].strip().splitlines()[0])
            rates.setdefault(name, []).append(count / seconds)

        def sweep(name, workers, *more):
            """By the clock outside: processes, plan and report of what is missing included."""
            shutil.rmtree(f"{scratch}/{name}", ignore_errors=True)
            seconds, _ = run([program, "sweep", "run", script, "--model", model, "--out", f"{scratch}/{name}",
                              "--workers", workers, "--set", f"count={count}", *more])
            rates.setdefault(name, []).append(count / seconds)

        def peer(batch):
            printed = run([sys.executable, "-W", "ignore", HERE / "bench-sweep-peer.py", model, f"{scratch}/peer", count, batch])[1]
            rates.setdefault(f"diffusers, batch of {batch}", []).append(count / float(printed.strip().splitlines()[-1]))

        for _ in range(rounds):
            inside("loop", "--set", "task=loop")
            inside("batch of 16", "--set", "task=batch")
            sweep("sweep, 1 worker", 1)
            sweep("sweep, 2 workers", 2)
            sweep("sweep, 2 workers, bf16", 2, "--set", "dtype=bf16")
            peer(16)
            peer(32)

    def best(name):
        return max(rates[name])

    other = max(best(name) for name in rates if name.startswith("diffusers"))
    print(f"Pictures a second, 30 guided steps, decoded and written, 2 threads in all, {count} pictures, {rounds} rounds in "
          "turns: best (median).\n")
    print("| what | pictures a second | of the loop's | of diffusers' best batch |")
    print("|---|---|---|---|")
    for name, values in rates.items():
        print(f"| {name} | {max(values):.2f} ({statistics.median(values):.2f}) | {max(values) / best('loop'):.2f} | "
              f"{max(values) / other:.2f} |")
    print(f"\nTwo workers against one: {best('sweep, 2 workers') / best('sweep, 1 worker'):.2f}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
