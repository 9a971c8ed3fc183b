"""Runs both programs in turns and prints ratios: see `bench`."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
THREADS = 2
ENVIRONMENT = os.environ | {
    "OMP_NUM_THREADS": str(THREADS), "MKL_NUM_THREADS": str(THREADS), "TRANSFORMERS_VERBOSITY": "error",
    "HF_HUB_OFFLINE": "1",
}


def measure(command):
    """Seconds from start to end, peak resident memory in MB, and what the program printed."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=out, stderr=errors, env=ENVIRONMENT)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0), errors.seek(0)
        if process.returncode != 0:
            sys.exit(f"bench: {' '.join(map(str, command))} failed\n{errors.read()}")
        return seconds, usage.ru_maxrss / 1024, out.read()


def loops(output):
    """The last line that a loop benchmark prints: seconds of every repetition, by kind."""
    return json.loads(output.strip().splitlines()[-1])


def best(values, unit, digits):
    return f"{min(values):.{digits}f} {unit} ({statistics.median(values):.{digits}f})"


def main(program, model, rounds):
    with tempfile.TemporaryDirectory() as scratch:
        ours = [program, "run", HERE / "bench.lua", "--model", model, "--out", f"{scratch}/ours"]
        theirs = [sys.executable, "-W", "ignore", HERE / "bench-peer.py", model, f"{scratch}/theirs"]
        whole, memory, loop = {"ours": [], "theirs": []}, {"ours": [], "theirs": []}, {}
        start, gradient, peaks = [], {}, {}
        for _ in range(rounds):
            for name, command in (("ours", ours + ["--set", "task=whole"]), ("theirs", theirs + ["whole"])):
                seconds, peak, _ = measure(command)
                whole[name].append(seconds)
                memory[name].append(peak)
            for name, command in (("ours", ours + ["--set", "task=loop"]), ("theirs", theirs + ["loop"])):
                for kind, values in loops(measure(command)[2]).items():
                    loop.setdefault(f"{name} {kind}", []).extend(values)
            for name, command in (
                ("ours", ours + ["--set", "task=gradient"]), ("checkpoint", ours + ["--set", "task=checkpoint"]),
                ("theirs", theirs + ["gradient"]),
            ):
                _, peak, printed = measure(command)
                gradient.setdefault(name, []).extend(loops(printed)["gradient"])
                peaks.setdefault(name, []).append(peak)
            start.extend(measure([program, "eval", "1+1"])[0] for _ in range(4))

    def row(what, left, right, ratio, wanted):
        print(f"| {what} | {left} | {right} | {ratio:.2f} | {wanted} |")

    def ratio(left, right):
        return min(left) / min(right)

    print(f"Model {Path(model).resolve().parent.name}, {THREADS} threads, {rounds} rounds in turns: minimum (median).\n")
    print("| what | Lunette | diffusers | ratio of minima | wanted |")
    print("|---|---|---|---|---|")
    row("whole process, one image, all word maps: time", best(whole["ours"], "s", 2), best(whole["theirs"], "s", 2),
        ratio(whole["ours"], whole["theirs"]), "≤ 0.10")
    row("the same: peak memory", best(memory["ours"], "MB", 0), best(memory["theirs"], "MB", 0),
        ratio(memory["ours"], memory["theirs"]), "≤ 0.20")
    row("sampling loop", best(loop["ours plain"], "s", 3), best(loop["theirs plain"], "s", 3),
        ratio(loop["ours plain"], loop["theirs plain"]), "≤ 0.50")
    row("sampling loop, attention kept", best(loop["ours traced"], "s", 3), best(loop["theirs traced"], "s", 3),
        ratio(loop["ours traced"], loop["theirs traced"]), "–")
    row("Lunette's loop with trace against without", best(loop["ours traced"], "s", 3), "–",
        ratio(loop["ours traced"], loop["ours plain"]), "≤ 1.15")
    for name, what in (("ours", ""), ("checkpoint", ", with checkpoints")):
        row(f"UNet there and back to the embedding{what}", best(gradient[name], "s", 3), best(gradient["theirs"], "s", 3),
            ratio(gradient[name], gradient["theirs"]), "≤ 0.70; 0.90 at full size")
        row("its process: peak memory", best(peaks[name], "MB", 0), best(peaks["theirs"], "MB", 0),
            ratio(peaks[name], peaks["theirs"]), "–")
    print(f"| `lunette eval '1+1'` | {best([1000 * s for s in start], 'ms', 1)} | – | – | < 50 ms |")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
