"""Builds reference networks and writes down how each of their parameters starts.

Runs in an environment of its own (`make reference`), never beside MindSpore. For every
`families/<variant>.yaml` that names an executable reference the network is constructed under
several seeds, and `<variant>.json` receives, per parameter, what a recipe can be held to: the
exact value where all seeds agree, the moments and bounds of the distribution where they do not.

    python -m tests.reference.execute                  # every variant
    python -m tests.reference.execute gpt2 vit-jax     # these only

Nothing here knows a family: adding one takes a YAML file. `README.md` beside this file describes
the fields of both files.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import fnmatch
import hashlib
import importlib
import importlib.metadata
import json
import operator
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import yaml

from tests.reference.records import DETERMINISM_SEEDS, Array, Record

Foreign: TypeAlias = Any
"""A network, tensor or callable of a package that only the reference environment has."""

HERE = Path(__file__).resolve().parent
FAMILIES = HERE / "families"

CONSTRUCTED_ELEMENTS = 200_000_000
"""Bounds the work per variant: elements constructed over all of its seeds."""

MOST_SEEDS = 200

DEFAULT_BUFFERS = ("*running_mean", "*running_var", "*num_batches_tracked")

TORCHVISION_OPERATORS = (
    "nms",
    "qnms",
    "roi_align",
    "_roi_align_backward",
    "roi_pool",
    "_roi_pool_backward",
    "ps_roi_align",
    "_ps_roi_align_backward",
    "ps_roi_pool",
    "_ps_roi_pool_backward",
    "deform_conv2d",
    "_deform_conv2d_backward",
)
"""Importing torchvision looks these up; its binary does not load beside torch's CPU build."""


# --- reading a family ---------------------------------------------------------------------------


def read_family(path: Path) -> dict[str, Any]:
    """Reads one family file; the schema is checked by `tests/reference/test_files.py`."""
    family = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(family, dict) or not isinstance(family.get("reference"), dict):
        raise TypeError(f"{path.name}: a family is a mapping with a mapping 'reference'")
    return family


def is_executed(family: Mapping[str, Any]) -> bool:
    """Whether the reference is a package that can be run, not only a published rule."""
    return "factory" in family["reference"]


def digest(reference: Mapping[str, Any]) -> str:
    """A fingerprint of the `reference` section, which tells a stale JSON file from a fresh one."""
    text = json.dumps(reference, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def evaluate(expression: object, seed: int) -> Foreign:
    """The object an expression of a family file stands for.

    A mapping with the key `call` (`module:callable`) is called, one with `method` calls that
    method of the object `of`, one with `value` (`module:attribute`) is looked up, and
    `{seed: true}` is the seed. Every other mapping, list and scalar stands for itself.
    """
    if isinstance(expression, Mapping):
        if "call" in expression:
            function = look_up(expression["call"])
        elif "method" in expression:
            function = getattr(evaluate(expression["of"], seed), expression["method"])
        elif "value" in expression:
            return look_up(expression["value"])
        elif set(expression) == {"seed"}:
            return seed
        else:
            return {key: evaluate(value, seed) for key, value in expression.items()}
        arguments = [evaluate(value, seed) for value in expression.get("args", ())]
        keywords = {k: evaluate(v, seed) for k, v in expression.get("kwargs", {}).items()}
        return function(*arguments, **keywords)
    if isinstance(expression, list):
        return [evaluate(value, seed) for value in expression]
    return expression


def look_up(dotted: str) -> Foreign:
    """The object at `package.module:attribute.attribute`."""
    module, _, attributes = dotted.partition(":")
    found: Foreign = importlib.import_module(module)
    for attribute in attributes.split("."):
        found = getattr(found, attribute)
    return found


def construct(reference: Mapping[str, Any], seed: int) -> Foreign:
    """Builds the network under a seed and runs the reference's own `post` steps on it.

    A step is a call with the network as its first argument (or as the keyword `as`), or a
    method of the network or, with dots, of a part of it.
    """
    seed_everything(seed)
    factory = reference["factory"]
    network = evaluate({"call": factory, **reference} if isinstance(factory, str) else factory, seed)
    post = reference.get("post", [])
    steps: Sequence[Mapping[str, Any]] = [{"call": post}] if isinstance(post, str) else post
    for step in steps:
        positional = [evaluate(value, seed) for value in step.get("args", ())]
        keywords = {k: evaluate(v, seed) for k, v in step.get("kwargs", {}).items()}
        if "method" in step:
            operator.attrgetter(step["method"])(network)(*positional, **keywords)
        elif "as" in step:
            look_up(step["call"])(*positional, **keywords, **{step["as"]: network})
        else:
            look_up(step["call"])(network, *positional, **keywords)
    return network


def seed_everything(seed: int) -> None:
    """Seeds every global generator that a reference may draw from."""
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - the references draw from the global generator
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(seed)


def prepare() -> None:
    """Makes torch and torchvision importable and repeatable on a machine without a GPU."""
    try:
        torch = importlib.import_module("torch")
    except ImportError:
        return
    torch.set_num_threads(1)
    library = torch.library.Library("torchvision", "DEF")
    for name in TORCHVISION_OPERATORS:
        library.define(f"{name}(Tensor x) -> Tensor")
    _KEPT.append(library)


_KEPT: list[object] = []
"""Holds the operator library: torch forgets its definitions when it is collected."""


# --- looking at a network -----------------------------------------------------------------------


def named_tensors(network: Foreign, buffers: Sequence[str]) -> Iterator[tuple[str, object]]:
    """Yields each parameter, and each buffer that a glob selects, under every name it has.

    Understands torch modules, Keras models and layers, and mappings or sequences of these or of
    arrays (the trees that Flax returns). A Keras layer can also be a torch module, so it is asked first.
    """
    if hasattr(network, "weights") and hasattr(network, "built"):
        for weight in network.weights:
            yield weight.path.replace("/", "."), weight
    elif hasattr(network, "named_parameters"):
        yield from network.named_parameters(remove_duplicate=False)
        for name, buffer in network.named_buffers(remove_duplicate=False):
            if any(fnmatch.fnmatchcase(name, glob) for glob in buffers):
                yield name, buffer
    elif isinstance(network, Mapping):
        for key, part in network.items():
            for name, tensor in named_tensors(part, buffers):
                yield f"{key}.{name}".rstrip("."), tensor
    elif isinstance(network, (list, tuple)):
        yield from named_tensors(dict(enumerate(network)), buffers)
    else:
        yield "", network


def as_array(tensor: Foreign) -> Array:
    """The values in float32 (or float64, if the reference keeps that), without gradient."""
    value = tensor.value if hasattr(tensor, "path") else tensor
    if hasattr(value, "detach"):
        value = value.detach().cpu()
        if not str(value.dtype).endswith("float64"):
            value = value.float()
        value = value.numpy()
    array = np.asarray(value)
    return array if array.dtype == np.float64 else array.astype(np.float32, copy=False)


# --- measuring ----------------------------------------------------------------------------------


def measure(reference: Mapping[str, Any]) -> dict[str, Record]:
    """Constructs the network under as many seeds as its parameters need."""
    buffers = [*DEFAULT_BUFFERS, *reference.get("buffers", ())]
    for step in reference.get("before", ()):
        evaluate(step, 0)
    records: dict[str, Record] = {}
    limit = DETERMINISM_SEEDS
    seed = 0
    while seed < limit:
        network = construct(reference, seed)
        if seed == 0:
            records = first_look(network, buffers)
            for glob in reference.get("uninitialised", ()):
                for name in matching(records, glob):
                    records[name].is_written = False
            total = sum(record.first.size for record in records.values())
            most = min(max(CONSTRUCTED_ELEMENTS // max(total, 1), DETERMINISM_SEEDS), MOST_SEEDS)
            limit = int(reference.get("seeds", most))
        for name, tensor in named_tensors(network, buffers):
            record = records.get(name)
            if record is not None and not record.is_sharp:
                # A copy: the next network may be built in the memory of this one.
                record.see(as_array(tensor).copy())
        seed += 1
        if seed >= DETERMINISM_SEEDS and all(record.is_sharp for record in records.values()):
            break
    for name, record in records.items():
        if record.is_written and record.seeds < DETERMINISM_SEEDS:
            raise ValueError(f"{name!r} is not there under every seed: give its owner a name")
    return records


def matching(names: Iterable[str], glob: str) -> list[str]:
    """The names that a glob selects; a glob that selects none is a mistake in the family file."""
    selected = fnmatch.filter(names, glob)
    if not selected:
        raise ValueError(f"no parameter of the reference is called {glob!r}")
    return selected


def first_look(network: Foreign, buffers: Sequence[str]) -> dict[str, Record]:
    """One empty record per parameter of the network; a tied one stands under its first name."""
    records: dict[str, Record] = {}
    owners: dict[int, str] = {}
    like: dict[tuple[tuple[int, ...], bytes], list[str]] = {}
    kept = list(named_tensors(network, buffers))
    for name, tensor in kept:
        if id(tensor) in owners:
            records[owners[id(tensor)]].tied.append(name)
            continue
        owners[id(tensor)] = name
        values = as_array(tensor).copy()
        record = Record(values, np.ones(values.shape, dtype=np.bool_))
        records[name] = record
        twins = like.setdefault((values.shape, values.reshape(-1)[:64].tobytes()), [])
        if values.size > 1 and values.min() != values.max():
            record.equal_to = next((twin for twin in twins if np.array_equal(records[twin].first, values)), None)
        twins.append(name)
    return records


# --- writing ------------------------------------------------------------------------------------


def execute(variant: str) -> str:
    """Measures one variant and returns the text of its JSON file."""
    reference = read_family(FAMILIES / f"{variant}.yaml")["reference"]
    prepare()
    look_up_package(reference)
    records = measure(reference)
    if not records:
        raise ValueError(f"{variant}: the reference network has no parameters")
    head = {"variant": variant, "reference": digest(reference), "packages": packages(reference)}
    lines = [f"{json.dumps(key)}: {json.dumps(value)}," for key, value in head.items()]
    body = [
        f"{json.dumps(name)}: {json.dumps(records[name].summary(), separators=(',', ':'))}" for name in sorted(records)
    ]
    return "{\n" + "\n".join(lines) + '\n"parameters": {\n' + ",\n".join(body) + "\n}\n}\n"


def look_up_package(reference: Mapping[str, Any]) -> None:
    """Refuses to measure another version than the family file says."""
    installed = importlib.metadata.version(reference["package"])
    if installed.partition("+")[0] != str(reference["version"]):
        raise ValueError(f"{reference['package']} {installed} is installed, the family says {reference['version']}")


def packages(reference: Mapping[str, Any]) -> dict[str, str]:
    """The versions that the numbers depend on."""
    names = sorted({reference["package"], "numpy", "torch", *reference.get("needs", ())})
    return {name: importlib.metadata.version(name).partition("+")[0] for name in names}


def run_in_child(variant: str) -> tuple[str, float, str]:
    """Runs one variant in a process of its own; returns its name, seconds and error text."""
    reference = read_family(FAMILIES / f"{variant}.yaml")["reference"]
    environment = {
        **os.environ,
        "HF_HUB_OFFLINE": "1",
        "CUDA_VISIBLE_DEVICES": "",
        **{key: str(value) for key, value in reference.get("environment", {}).items()},
    }
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "tests.reference.execute", "--child", variant],
        cwd=HERE.parents[1],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return variant, time.monotonic() - start, done.stderr if done.returncode else ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; returns 0 if every variant was written."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("variants", nargs="*", help="names of family files; all if none is given")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.child:
        (variant,) = options.variants
        (HERE / f"{variant}.json").write_text(execute(variant), encoding="utf-8")
        return 0

    every = sorted(path.stem for path in FAMILIES.glob("*.yaml"))
    unknown = sorted(set(options.variants) - set(every))
    if unknown:
        parser.error(f"no family file for {', '.join(unknown)}; there are {', '.join(every)}")
    chosen = [
        variant for variant in options.variants or every if is_executed(read_family(FAMILIES / f"{variant}.yaml"))
    ]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for variant, seconds, error in pool.map(run_in_child, chosen):
            failed += bool(error)
            reason = error.strip().splitlines()[-1] if error else "written"
            sys.stdout.write(f"{variant:<28} {seconds:6.1f} s  {reason}\n")
            sys.stdout.flush()
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
