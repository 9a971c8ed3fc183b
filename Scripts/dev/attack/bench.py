"""Runs the search in Lunette and in PyTorch in turns and prints ratios: `bench.py PROGRAM ROUNDS ITERATIONS THREADS`.

On a machine with other work, take one thread: PyTorch's wait for each other, spinning."""

import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from bench import ENVIRONMENT, best, loops, measure  # noqa: E402


def main(program, rounds, iterations, threads):
    ENVIRONMENT["OMP_NUM_THREADS"] = ENVIRONMENT["MKL_NUM_THREADS"] = str(threads)
    print(f"The search of one prompt on the built-in model, {iterations} iterations, {threads} threads, {rounds} rounds in turns: "
          "minimum (median).\n")
    print("| steps of sampling | Lunette | PyTorch | ratio of minima | wanted |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        for steps in (20, 50):
            ours = [program, "run", HERE / "bench.lua", "--out", f"{scratch}/ours", "--set", f"steps={steps}",
                    "--set", f"iterations={iterations}"]
            theirs = [sys.executable, "-W", "ignore", HERE / "peer.py", iterations, steps]
            seconds = {"ours": [], "theirs": []}
            for _ in range(rounds):
                for name, command in (("ours", ours), ("theirs", theirs)):
                    seconds[name].append(loops(measure(list(map(str, command)))[2])["seconds"])
            ratio = min(seconds["ours"]) / min(seconds["theirs"])
            wanted = "≤ 0.70, ≤ 60 s for 100" if steps == 20 else "≤ 0.70"
            print(f"| {steps} | {best(seconds['ours'], 's', 1)} | {best(seconds['theirs'], 's', 1)} | {ratio:.2f} | {wanted} |")


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
