"""What is asked of every shape: what is said of it alone, and held against a network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ms_initkit.findings import Finding, InitKitError, findings_to_json
from ms_initkit.language.load import draft_recipe
from ms_initkit.networks.params import Owner, ParamInfo
from ms_initkit.stages.plan import plan_infos

_LEAVES: Final = ("attn.weight", "attn.bias", "mlp.fc1.weight", "mlp.fc2.weight", "norm.gamma")


def network(size: int) -> tuple[ParamInfo, ...]:
    """Returns ``size`` parameters of layers that are numbered through."""
    found = []
    for number in range(size):
        layer, leaf = divmod(number, len(_LEAVES))
        name = f"layers.{layer}.{_LEAVES[leaf]}"
        shape = (8,) if leaf in (1, 4) else (8, 8)
        cell = ("LayerNorm", "Cell") if leaf == 4 else ("Dense", "Cell")
        siblings = (("weight", (8, 8)),) if leaf != 4 else ()
        found.append(ParamInfo((Owner(name, name.rpartition(".")[2], cell, 1, False, siblings),), shape))
    return tuple(found)


def said_of(findings: Sequence[Finding]) -> str:
    """Returns all that is shown of findings; they are also made JSON."""
    findings_to_json(findings)
    return str(InitKitError(findings)) if findings else "nothing is wrong"


def answer(path: str, infos: tuple[ParamInfo, ...]) -> str:
    """Returns what is said of the recipe ``path``, alone or held against ``infos``; as long as that is shown."""
    if not infos:
        return said_of(draft_recipe(path)[1])
    try:
        return str(plan_infos(infos, path))
    except InitKitError as error:
        return said_of(error.findings)
