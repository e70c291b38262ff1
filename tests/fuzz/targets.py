"""Everything that reads what a stranger wrote: a function of bytes each, which may refuse them in the library's words.

``ValueError`` and what derives from it is how the library refuses a text or a file; any other exception is a bug, and
so is an answer that takes seconds.
"""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

import numpy as np

from ms_initkit import formulas
from ms_initkit.cli.materialize import parse_share, parse_size
from ms_initkit.cli.networks import parse_setting
from ms_initkit.files import checkpoints
from ms_initkit.files.safetensors import Tensor, header_bytes
from ms_initkit.findings import InitKitError
from ms_initkit.language.load import load_recipe
from ms_initkit.language.text import recipe_text
from ms_initkit.layouts.load import load_layout
from ms_initkit.networks.construct import _arguments
from ms_initkit.networks.manifest import config_in, modules_of, network_of, read_shapes
from ms_initkit.networks.plain import Plain
from ms_initkit.plans.check import check
from ms_initkit.plans.plan import Plan
from ms_initkit.stages.materialize import _SAID, RECORD, _claim
from ms_initkit.stages.plan import plan_infos
from ms_initkit.syntax.expressions import Expression
from ms_initkit.syntax.globs import Glob
from ms_initkit.syntax.grammar import Value
from ms_initkit.syntax.regexes import read_regex
from tests.recipes import info

CORPUS: Final = Path(__file__).parent / "corpus"
REFUSALS: Final = (InitKitError, ValueError)
NETWORK: Final = (
    info("blocks.0.attn.weight", (8, 4), options=(("padding_idx", 3), ("act", "relu"), ("bias", True))),
    info("blocks.1.attn.weight", (8, 4)),
    info("blocks.1.attn.bias", (8,), weight_shape=(8, 4)),
    info("conv.weight", (8, 4, 3, 3), "Conv2d"),
    info("norm.gamma", (8,), "LayerNorm"),
    info("steps", (), "Cell", dtype="int32", is_trainable=False),
    info("half", (16, 0, 2), "Cell", dtype="float16"),
)
NAMES: Final = ("a", "blocks.0.attn.weight", "a" * 200, "h.12.xx", "", "\N{SNOWMAN}.weight", "a.b.c.d.e.f.g.h.weight")
_ENVIRONMENT: Final[dict[str, Value]] = {
    "sigma": 0.02,
    "n": 12,
    "shape": (64, 3),
    "fan_in": 147,
    "act": "relu",
    "flag": True,
}


_CONFIG: Final[dict[str, Plain]] = {
    "initializer_range": 0.02,
    "text_config.n": 12,
    "text_config.act": "gelu",
    "tied": True,
}
_VALUES: Final = {"blocks.0.attn.weight": (8, 4), "pre.conv.weight": (8, 4, 3, 3), "norm.gamma": (8,)}


@cache
def _folder() -> Path:
    """Returns a folder with files that recipes take values from: ``values.safetensors`` and ``one.npy``."""
    folder = Path(mkdtemp(prefix="fuzz-"))
    tensors, content = [], b""
    for name, shape in _VALUES.items():
        values = np.linspace(-1.0, 1.0, math.prod(shape), dtype="<f4").tobytes()
        tensors.append(Tensor(name, "float32", shape, len(content)))
        content += values
    (folder / "values.safetensors").write_bytes(header_bytes(tensors, {}) + content)
    np.save(folder / "one.npy", np.zeros((8, 4), np.float16))
    (folder / "sharded").mkdir()
    (folder / "sharded" / "part.safetensors").write_bytes(header_bytes(tensors, {}) + content)
    (folder / "run").mkdir()
    return folder


def _written(content: bytes, name: str) -> str:
    path = _folder() / name
    path.write_bytes(content)
    return str(path)


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")


def recipe(content: bytes) -> None:
    """Reads a recipe, and what can be read is shown, held against a network and checked."""
    read = load_recipe(_written(content, "fuzz.yaml"))
    recipe_text(read)
    _look_at(plan_infos(NETWORK, read, strict=False, config=_CONFIG))


def mapping(content: bytes) -> None:
    """Reads a recipe that is said in Python: a mapping, or pairs."""
    _look_at(plan_infos(NETWORK, load_recipe(json.loads(_text(content))), strict=False, config=_CONFIG))


def _look_at(made: Plan) -> None:
    check(made)
    str(made)
    for line in made.assignments:
        made.explain(line.name)
    assert made.diff(Plan.from_json(made.to_json())) == ""


def expression(content: bytes) -> None:
    """Reads a number and a condition, and evaluates them."""
    for is_condition in (False, True):
        with suppress(ValueError):
            found = Expression(_text(content), is_condition=is_condition).evaluate(_ENVIRONMENT)
            assert isinstance(found, bool) or math.isfinite(found)


def glob(content: bytes) -> None:
    """Reads a glob, matches names and finds captures."""
    found = Glob(_text(content))
    for name in NAMES:
        if found.match(name) is not None:
            found.spans(name)


def regex(content: bytes) -> None:
    """Reads a regular expression and matches names."""
    found = read_regex(_text(content)[:1000])
    for name in NAMES:
        found.spans(name)


def setting(content: bytes) -> None:
    """Reads what options of the command line take."""
    text = _text(content)
    for reader in (parse_setting, parse_size, parse_share):
        with suppress(ValueError):
            reader(text)
    with suppress(ValueError):
        _arguments(shlex.split(text))


def initializer(content: bytes) -> None:
    """Makes each initializer of what is read as its arguments."""
    names = sorted(formulas.names())
    chosen = names[content[0] % len(names)] if content else names[0]
    text = f'family: a\nrules: [{{match: "**", init: {{{chosen}: {_text(content[1:])}}}}}]\n'
    recipe(text.encode())


def plan(content: bytes) -> None:
    """Reads a plan; what is read prints, and can be checked."""
    found = Plan.from_json(_text(content))
    str(found)
    check(found)


def manifest(content: bytes) -> None:
    """Reads names and shapes, what is known of the network, and plans for it."""
    path = _written(content, "fuzz.json")
    network_of(path)
    modules_of(path)
    infos, config = read_shapes(path), config_in(path)
    rules = [
        {"match": {"has": "padding_idx"}, "where": "cell.padding_idx >= 0", "init": "zeros", "optional": True},
        {"match": {"name": "**", "trainable": "any"}, "init": {"constant": "sigma * ndim"}},
    ]
    sigma = {"config": ["initializer_range", "text_config.n"], "default": 0.5}
    _look_at(plan_infos(infos, {"vars": {"sigma": sigma}, "rules": rules}, strict=False, config=config))


def index(content: bytes) -> None:
    """Reads a folder of values with its index."""
    folder = _folder() / "sharded"
    (folder / "model.safetensors.index.json").write_bytes(content)
    for key in checkpoints.entries(str(folder)):
        checkpoints.read(str(folder), key)


def record(content: bytes) -> None:
    """Reads the record of an unfinished materialize, and holds it against a run."""
    folder = _folder() / "run"
    (folder / RECORD).write_bytes(content)
    _claim(folder, dict.fromkeys(_SAID, "1"))


def layout(content: bytes) -> None:
    """Reads a layout, and takes a rank's part of a network by it."""
    position = load_layout(_written(content, "fuzz-layout.yaml")).at(0)
    plan_infos(NETWORK, {"**": "ones"}, strict=False, layout=position)


def _values(suffix: str) -> Callable[[bytes], None]:
    def read(content: bytes) -> None:
        """Reads a file of values, and every value of it."""
        path = _written(content, f"fuzz{suffix}")
        for key in checkpoints.entries(path):
            checkpoints.read(path, key)

    return read


TARGETS: Final[dict[str, Callable[[bytes], None]]] = {
    "recipe": recipe,
    "mapping": mapping,
    "expression": expression,
    "glob": glob,
    "regex": regex,
    "setting": setting,
    "initializer": initializer,
    "plan": plan,
    "manifest": manifest,
    "layout": layout,
    "index": index,
    "record": record,
    "safetensors": _values(".safetensors"),
    "npy": _values(".npy"),
    "npz": _values(".npz"),
    "ckpt": _values(".ckpt"),
}


def seeds(target: str) -> list[bytes]:
    """Returns the inputs that are kept for ``target``: what it began with, and what once broke it."""
    return [path.read_bytes() for path in sorted((CORPUS / target).iterdir())]
