"""What one of N shards costs beside 1/N of the whole, and what the plan of one of 4,096 ranks costs.

    python benchmarks/bench_shards.py [--threads N]

Costs are of one thread unless told otherwise: how many threads a small shard is worth is another question. Every ratio
is of times of one run, the best of several rounds in which whole and shards take turns; the cost of a shard is the mean
over shards spread over the axis.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np

from ms_initkit import stream
from ms_initkit.layouts.ownership import check_ownership
from ms_initkit.layouts.python import layout, place, rename, split
from ms_initkit.networks.params import Owner, ParamInfo
from ms_initkit.plans.lines import Assignment
from ms_initkit.stages.draw import fill_line
from ms_initkit.stages.plan import plan_infos

SHAPE = (8192, 8192)
PARTS = (2, 8, 64, 1024)
ROUNDS = 7


def info(name: str, *shape: int, dtype: str = "float32") -> ParamInfo:
    """Returns a parameter."""
    return ParamInfo((Owner(name, name.rpartition(".")[2]),), shape, dtype)


def recipe(folder: Path, init: str) -> Path:
    """Writes a recipe that gives everything ``init``."""
    path = folder / "bench.yaml"
    path.write_text(f"family: bench\nrules: [{{match: '**', init: {init}}}]\n")
    return path


def seconds(out: np.ndarray, line: Assignment, repeats: int) -> float:  # type: ignore[type-arg]
    """Returns what drawing ``line`` takes."""
    began = time.perf_counter()
    for _ in range(repeats):
        fill_line(out, line, 7)
    return (time.perf_counter() - began) / repeats


def bench_shards(init: str, dtype: str) -> list[dict[str, object]]:
    """Returns, for each axis and number of parts, the cost of a shard over 1/N of the whole."""
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as place_of_recipe:
        path = recipe(Path(place_of_recipe), init)
        whole = plan_infos([info("w", *SHAPE, dtype=dtype)], path)["w"]
        words = np.dtype(np.uint16 if dtype == "bfloat16" else dtype)
        everything = np.zeros(SHAPE, words)
        seconds(everything, whole, 1)
        for axis in (0, 1):
            for parts in PARTS:
                shape = tuple(n // parts if at == axis else n for at, n in enumerate(SHAPE))
                made = layout({"tp": parts}, [place("w", split(axis, "tp"))])
                chosen = sorted({0, parts // 3, parts // 2, parts - 1})
                lines = [plan_infos([info("w", *shape, dtype=dtype)], path, layout=made.at(n))["w"] for n in chosen]
                out = np.zeros(shape, words)
                best_whole, best_part = float("inf"), [float("inf")] * len(lines)
                repeats = max(1, min(50, parts // 8))
                for _ in range(ROUNDS):
                    best_whole = min(best_whole, seconds(everything, whole, 1))
                    best_part = [min(b, seconds(out, line, repeats)) for b, line in zip(best_part, lines, strict=True)]
                part = sum(best_part) / len(best_part)
                rows.append(
                    {
                        "init": init,
                        "dtype": dtype,
                        "axis": axis,
                        "parts": parts,
                        "run": shape[1],
                        "whole_s": best_whole,
                        "shard_s": part,
                        "ratio": part * parts / best_whole,
                    }
                )
    return rows


def llama_70b(tp: int = 1, pp: int = 1, dp: int = 1, stage: int = 0) -> tuple[ParamInfo, ...]:
    """Returns the parameters of one rank of LLaMA-70B, optimizer shards included."""
    hidden, inner, vocabulary, kv = 8192, 28672, 128256, 1024
    found = [info("tok_embeddings.weight", vocabulary // tp // dp, hidden)] if stage == 0 else []
    for i in range(80 // pp):
        p = f"layers.{i}."
        found += [info(p + name, hidden // dp) for name in ("attention_norm.weight", "ffn_norm.weight")]
        for name, rows in (("wq", hidden), ("wk", kv), ("wv", kv)):
            found.append(info(f"{p}attention.{name}.weight", rows // tp // dp, hidden))
        found += [info(f"{p}feed_forward.{name}.weight", inner // tp // dp, hidden) for name in ("w1", "w3")]
        found.append(info(p + "attention.wo.weight", hidden // dp, hidden // tp))
        found.append(info(p + "feed_forward.w2.weight", hidden // dp, inner // tp))
    if stage == pp - 1:
        found += [info("norm.weight", hidden // dp), info("output.weight", vocabulary // tp // dp, hidden)]
    return tuple(one._replace(dtype="bfloat16") for one in found)


def bench_ranks() -> dict[str, object]:
    """Returns what plan, check and draw of ranks of 4,096 cost: 8-way tensor, 16-way pipeline, 32-way data."""
    model = llama_70b()
    optimizer = split(0, "dp")
    made = layout(
        {"pp": 16, "dp": 32, "tp": 8},
        [
            place("**.{wq,wk,wv,w1,w3}.weight", split(0, "tp"), optimizer),
            place("**.{wo,w2}.weight", split(1, "tp"), optimizer),
            place("tok_embeddings.weight", split(0, "tp"), optimizer, when="pp_rank == 0"),
            place("output.weight", split(0, "tp"), optimizer, when="pp_rank == pp_size - 1"),
            place("**.{attention_norm,ffn_norm}.weight", optimizer),
            place("norm.weight", optimizer, when="pp_rank == pp_size - 1"),
        ],
        names=[rename("layers.{i}.**", {"i": "i + pp_rank * 80 / pp_size"})],
        model=model,
    )
    stages = [llama_70b(8, 16, 32, stage) for stage in range(16)]
    with tempfile.TemporaryDirectory() as folder:
        path = recipe(Path(folder), "{normal: 0.02}")
        costs = []
        for rank in (0, 1234, 4095):
            position = made.at(rank)
            began = time.perf_counter()
            plan = plan_infos(stages[position.coordinates[0]], path, layout=position)
            costs.append(time.perf_counter() - began)
    began = time.perf_counter()
    findings = check_ownership(made, lambda position: stages[position.coordinates[0]])
    owned = time.perf_counter() - began
    began = time.perf_counter()
    for line in plan.assignments:
        fill_line(np.zeros(line.local_shape, np.uint16), line, 7)
    return {
        "ranks": made.world_size,
        "parameters": sum(one.size for one in model),
        "plan_of_a_rank_s": max(costs),
        "ownership_of_all_s": owned,
        "ownership_findings": len(findings),
        "draw_of_a_rank_s": time.perf_counter() - began,
        "elements_of_a_rank": sum(line.size for line in plan.assignments),
    }


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    stream.set_threads(arguments.threads)
    ranks = bench_ranks()
    rows = [
        row
        for init, dtype in (
            ("{normal: 0.02}", "float32"),
            ("{uniform: 0.1}", "float32"),
            ("{normal: 0.02}", "bfloat16"),
        )
        for row in bench_shards(init, dtype)
    ]
    if arguments.json:
        print(json.dumps({"threads": stream.threads(), "ranks": ranks, "shards": rows}, indent=1))
        return
    print(f"{SHAPE[0]} x {SHAPE[1]}, {stream.threads()} thread(s); ratio = N x cost of a shard / cost of the whole")
    for row in rows:
        print(
            "{init:15} {dtype:9} axis {axis} N {parts:5} runs of {run:5}  {shard_s:.6f} s  ratio {ratio:.2f}".format(
                **row
            )
        )
    for name, value in ranks.items():
        print(f"{name:20} {value:,.3f}" if isinstance(value, float) else f"{name:20} {value:,}")


if __name__ == "__main__":
    main()
