"""What else is read, and made to take long or much: recipes of several files, manifests, indexes, plans, layouts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

from ms_initkit.files import checkpoints
from ms_initkit.findings import InitKitError
from ms_initkit.language.load import draft_recipe
from ms_initkit.layouts.load import load_layout
from ms_initkit.networks.manifest import read_shapes
from ms_initkit.plans.check import check
from ms_initkit.plans.plan import Plan
from ms_initkit.stages.plan import plan_infos
from tests.bombs.answers import network, said_of

_MILLION: Final = 1_000_000
Ask: TypeAlias = Callable[[Path], str]


class Other(NamedTuple):
    """Files that are written into a folder, and what is asked of them."""

    write: Callable[[Path], None]
    ask: Ask


def _left_out(folder: Path) -> None:
    rules = "".join(f"  - {{id: r{n}, match: a, init: 0}}\n" for n in range(8000))
    (folder / "base.yaml").write_text(f"family: b\nrules:\n{rules}")
    (folder / "bomb.yaml").write_text("family: c\nextends: ./base.yaml\nwithout: [" + "x, " * 45_000 + "]")


def _chain(folder: Path) -> None:
    rules = "".join(f"  - {{match: a{n}, init: 0}}\n" for n in range(800))
    for n in range(12):
        parent = f"extends: ./{n + 1}.yaml\n" if n < 11 else ""
        (folder / f"{n}.yaml").write_text(f"family: {'f' * 1000}{n}\n{parent}rules:\n{rules}")
    (folder / "bomb.yaml").write_text("family: c\nextends: ./0.yaml\n")


def _manifest(entries: Iterable[dict[str, object]]) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        (folder / "shapes.json").write_text(json.dumps({"parameters": list(entries)}))

    return write


def _index(folder: Path) -> None:
    names = {f"layers.{n}.weight": "part.safetensors" for n in range(_MILLION)}
    (folder / "part.safetensors").write_bytes((2).to_bytes(8, "little") + b"{}")
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": names}))


def _header(folder: Path) -> None:
    one = {"dtype": "F32", "shape": [1]}
    header = json.dumps({f"a{n}": {**one, "data_offsets": [4 * n, 4 * n + 4]} for n in range(_MILLION)}).encode()
    with (folder / "values.safetensors").open("wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        file.truncate(8 + len(header) + 4 * _MILLION)


def _plan(folder: Path) -> None:
    steps = [{"multiply": 1}] * 9000
    plan = plan_infos(network(1), {"rules": [{"match": "**", "init": "ones", "then": steps}]})
    written = json.loads(plan.to_json())
    written["assignments"] = [{**written["assignments"][0], "name": f"a{n}", "stream": f"a{n}"} for n in range(30)]
    (folder / "plan.json").write_text(json.dumps(written))


def _layout(rule: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        mesh = "mesh: {pp: 2, dp: 2, tp: 2}"
        (folder / "layout.yaml").write_text(f"layout: l\n{mesh}\nrules:\n" + f"  - {{match: '**', {rule}}}\n" * 3000)

    return write


def _ask_recipe(folder: Path) -> str:
    return said_of(draft_recipe(str(folder / "bomb.yaml"))[1])


def _ask_manifest(folder: Path) -> str:
    return str(len(read_shapes(folder / "shapes.json")))


def _ask_plan_of_manifest(folder: Path) -> str:
    return str(plan_infos(read_shapes(folder / "shapes.json"), {"**": "xavier_normal"}))


def _ask_values(name: str) -> Ask:
    return lambda folder: str(len(checkpoints.entries(str(folder / name))))


def _ask_plan(folder: Path) -> str:
    plan = Plan.from_json((folder / "plan.json").read_text())
    return said_of(check(plan)) + str(plan)


def _ask_layout(folder: Path) -> str:
    try:
        position = load_layout(folder / "layout.yaml").at(0)
        return str(plan_infos(network(1000), {"**": "ones"}, strict=False, layout=position))
    except InitKitError as error:
        return said_of(error.findings)


OTHERS: Final[dict[str, Other]] = {
    "45,000 inherited rules left out, of 8,000": Other(_left_out, _ask_recipe),
    "12 recipes that extend each other": Other(_chain, _ask_recipe),
    "a manifest of a million names": Other(
        _manifest({"name": f"layers.{n}.weight", "shape": [4], "dtype": "float32"} for n in range(_MILLION)),
        _ask_manifest,
    ),
    "a manifest of 50,000 huge shapes": Other(
        _manifest({"name": f"a{n}.weight", "shape": [2**20, 2**20], "dtype": "float32"} for n in range(50_000)),
        _ask_plan_of_manifest,
    ),
    "a manifest of one name and 100,000 aliases": Other(
        _manifest(
            [
                {
                    "name": "w",
                    "shape": [4, 4],
                    "dtype": "float32",
                    "aliases": [{"name": f"a{n}.w"} for n in range(100_000)],
                }
            ]
        ),
        _ask_plan_of_manifest,
    ),
    "an index of a million names": Other(_index, _ask_values("model.safetensors.index.json")),
    "a header of a million tensors": Other(_header, _ask_values("values.safetensors")),
    "a plan of 30 lines, each of 9,000 steps": Other(_plan, _ask_plan),
    "a layout of 3,000 cuts": Other(_layout("split: {axis: 0, over: tp}"), _ask_layout),
    "a layout of cuts into a thousand million": Other(
        _layout("split: {axis: 0, over: tp, blocks: 1000000000}"), _ask_layout
    ),
}
