"""Memory and speed of ``ms-initkit materialize`` beside the speed of ``apply`` and of the disk.

    python benchmarks/bench_materialize.py [--part 8] [--folder DIR]

LLaMA-7B in bfloat16, or a part of it: 1/8 has an eighth of the layers and of the vocabulary. Rounds alternate:

- materialize, as its own process; its peak of resident memory is read from /proc (VmHWM) and its seconds from its
  answer;
- apply, of the same parameters in bfloat16, into memory that exists already: the first of its process, and the best of
  three more;
- the disk: as many bytes as are to be written, by as many plain writers as there are threads, each to a file of its
  own from one buffer, past the page cache if it can, and to the disk.

The ratio is bytes per second of materialize over those of apply or the disk, whichever is slower: of the best apply,
and of the first one.
"""

from __future__ import annotations

import argparse
import json
import math
import mmap
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ms_initkit.stream import threads

# Of more than this part the memory of an apply would be the bottleneck: its seconds are then scaled.
SMALLEST = 4
RECIPE = """
family: llama
rules:
  - {match: "**.{norm,attention_norm,ffn_norm}.weight", init: ones}
  - {match: "**", init: {normal: 0.02}}
"""
MATERIALIZE = """
import sys
from ms_initkit.cli.main import app
try:
    app()
finally:
    peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
    print(peak, file=sys.stderr)
"""
APPLY = """
import sys, time
import mindspore
from mindspore import Parameter, Tensor, nn
import ms_initkit as mik
from ms_initkit.networks.manifest import read_shapes

class Net(nn.Cell):
    def __init__(self, infos):
        super().__init__()
        for n, info in enumerate(infos):
            values = mindspore.ops.zeros(info.shape, mindspore.bfloat16)
            self.insert_param_to_cell(f"p{n}", Parameter(values, name=f"p{n}"))

net = Net(read_shapes(sys.argv[1]))
plan = mik.plan(net, sys.argv[2], strict=False)
print(mik.apply(net, plan, seed=6).seconds)
print(min(mik.apply(net, plan, seed=7).seconds for _ in range(3)))
"""


def manifest(part: int) -> list[dict[str, object]]:
    """Returns names, shapes and types of LLaMA-7B, or of a part."""
    hidden, inner, vocabulary, layers = 4096, 11008, 32000 // part, 32 // part
    shapes: list[tuple[str, list[int]]] = [("tok_embeddings.weight", [vocabulary, hidden])]
    for i in range(layers):
        p = f"layers.{i}."
        shapes += [(f"{p}{name}_norm.weight", [hidden]) for name in ("attention", "ffn")]
        shapes += [(f"{p}attention.{name}.weight", [hidden, hidden]) for name in ("wq", "wk", "wv", "wo")]
        shapes += [(f"{p}feed_forward.{name}.weight", [inner, hidden]) for name in ("w1", "w3")]
        shapes.append((f"{p}feed_forward.w2.weight", [hidden, inner]))
    shapes += [("norm.weight", [hidden]), ("output.weight", [vocabulary, hidden])]
    return [{"name": name, "shape": shape, "dtype": "bfloat16"} for name, shape in shapes]


def elements(parameters: list[dict[str, object]]) -> int:
    """Returns how many elements a manifest has."""
    return sum(math.prod(one["shape"]) for one in parameters)  # type: ignore[arg-type]  # lists of lengths


def bench_materialize(folder: Path) -> tuple[float, float, float]:
    """Returns bytes, seconds and peak of resident bytes."""
    out = folder / "out"
    command = [sys.executable, "-c", MATERIALIZE, "materialize", "--shapes", str(folder / "shapes.json"), "--seed", "7"]
    command += ["--recipe", str(folder / "recipe.yaml"), "--out", str(out), "--shard-size", "5GB", "--json"]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    shutil.rmtree(out)
    answer = json.loads(result.stdout)
    return answer["bytes"], answer["seconds"], float(result.stderr.split()[-1]) * 1024


def bench_apply(folder: Path) -> tuple[float, float]:
    """Returns the seconds of the first apply of a process, and of the best of three more."""
    command = [sys.executable, "-c", APPLY, str(folder / "apply.json"), str(folder / "recipe.yaml")]
    first, best = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-2:]
    return float(first), float(best)


def bench_disk(folder: Path, size: int) -> float:
    """Returns the seconds that writing ``size`` bytes takes, by as many writers as there are threads."""
    count = threads()
    began = time.perf_counter()
    with ThreadPoolExecutor(count) as writers:
        for written in writers.map(write_plainly, [folder / f"disk{n}" for n in range(count)], [size // count] * count):
            written.unlink()
    return time.perf_counter() - began


def write_plainly(path: Path, size: int) -> Path:
    """Writes ``size`` bytes to ``path`` and to the disk."""
    buffer = mmap.mmap(-1, 1 << 22)
    buffer.write(os.urandom(1 << 16) * (len(buffer) >> 16))
    flags = os.O_RDWR | os.O_CREAT
    try:
        descriptor = os.open(path, flags | os.O_DIRECT)
    except OSError:
        descriptor = os.open(path, flags)
    for start in range(0, size, len(buffer)):
        os.pwrite(descriptor, buffer, start)
    os.fsync(descriptor)
    os.close(descriptor)
    return path


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", type=int, default=8, help="1 is the whole, 14 GB on the disk and in memory")
    parser.add_argument("--folder", type=Path, help="where to write")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        folder = Path(name)
        (folder / "recipe.yaml").write_text(RECIPE)
        (folder / "shapes.json").write_text(json.dumps({"parameters": manifest(arguments.part)}))
        small = max(arguments.part, SMALLEST)
        (folder / "apply.json").write_text(json.dumps({"parameters": manifest(small)}))
        for _ in range(arguments.rounds):
            size, seconds, peak = bench_materialize(folder)
            disk, (first, best) = bench_disk(folder, int(size)), bench_apply(folder)
            scale = elements(manifest(arguments.part)) / elements(manifest(small))
            first, best = first - best + best * scale, best * scale
            rows.append(
                {
                    "bytes": size,
                    "peak_mb": peak / 1e6,
                    "materialize_s": seconds,
                    "apply_s": best,
                    "first_apply_s": first,
                    "disk_s": disk,
                    "ratio": max(best, disk) / seconds,
                    "ratio_first": max(first, disk) / seconds,
                }
            )
    if arguments.json:
        print(json.dumps(rows, indent=1))
        return
    for row in rows:
        print(
            "{bytes:,} bytes, peak {peak_mb:.0f} MB: materialize {materialize_s:.2f} s, apply {apply_s:.2f} s "
            "(first {first_apply_s:.2f}), disk {disk_s:.2f} s; ratio {ratio:.2f} (first {ratio_first:.2f})".format(
                **row
            )
        )


if __name__ == "__main__":
    main()
