"""Stage apply: draws every parameter of a network straight into its place, or says why none can be written."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from ms_initkit import stream
from ms_initkit.basis.collector import paused
from ms_initkit.findings import ApplyError
from ms_initkit.language.documents import RecipeSource
from ms_initkit.language.recipe import Recipe
from ms_initkit.networks.describe import describe_with_parameters
from ms_initkit.plans.check import check
from ms_initkit.plans.order import of_the_apply
from ms_initkit.plans.plan import Plan
from ms_initkit.plans.variables import VariableValue
from ms_initkit.stages.choose import chosen, noted
from ms_initkit.stages.pairing import paired
from ms_initkit.stages.plan import draft_of, warn
from ms_initkit.stages.reports.report import Report
from ms_initkit.stages.there import There, digest
from ms_initkit.stages.write import is_on_this_host, write
from ms_initkit.stream.keys import chosen_seed

if TYPE_CHECKING:
    from mindspore import Parameter
    from mindspore.nn import Cell

    from ms_initkit.layouts.rules import Layout, Position


def apply(
    net: Cell,
    recipe: Recipe | Plan | RecipeSource,
    *,
    seed: int | None = None,
    vars: Mapping[str, VariableValue] | None = None,
    strict: bool = True,
    layout: Layout | Position | str | Path | None = None,
    progress: Callable[[int], None] | None = None,
) -> Report:
    """Initialises every parameter of ``net``; applying twice with one seed gives the same values.

    Each value is a function of the seed, the parameter's name and the element's place alone. Nothing is written until
    the whole plan is known to be writable. An apply that is interrupted is finished by running it again.

    Args:
        net: A MindSpore network, constructed in full or deferred; deferred parameters are drawn once, here.
        recipe: A plan, a recipe, or what ``load_recipe`` makes one of: a name, a path, a mapping of globs to
            initializers, a list of such pairs, ... ``auto`` is the one that is known to be right for ``net``.
        seed: 0 to 2**64 - 1. None takes one number from NumPy's global generator, so `mindspore.set_seed` decides.
        vars: Values in place of the recipe's own variables.
        strict: Whether unmatched parameters and unused rules are errors; if not, they are warnings of the plan.
        layout: Where ``net`` is one rank's part of a model: which slices of which global parameters it has.
        progress: Called now and then with the number of elements written since the last call.

    Raises:
        RecipeError: If the recipe cannot be read.
        PlanError: If it does not fit the network.
        ApplyError: If the plan cannot be written, or was made for another network.
        ValueError: If the seed is out of range, ``MS_INITKIT_THREADS`` no number of threads, or MindSpore makes no
            bfloat16 beside this NumPy.
    """
    began = time.perf_counter()
    with paused():
        if isinstance(recipe, Plan):
            if vars is not None or layout is not None:
                raise TypeError("a plan has its variables and layout: give them to `plan`, or a recipe to `apply`")
            pairs = paired(recipe, net, with_addresses=is_on_this_host())
            plan, parameters, addresses = recipe, pairs.parameters, pairs.addresses
            findings = check(recipe)
            if findings:
                raise ApplyError(findings)
        else:
            draft, addresses = draft_of(chosen(recipe, net)), None
            infos, found = describe_with_parameters(net, draft.options)
            parameters = list(found)
            plan = draft.plan(infos, vars, strict=strict, layout=layout, config=draft.config_of(net))
            plan = noted(plan, draft.recipe, infos, net)
            warn(plan.findings)
        seed = chosen_seed(seed)
        _require_bfloat16(plan)
        stream.threads()  # what is wrong with the setting is said before anything is written
        if plan.columns.takes_any:
            _refuse_out_of_range(There(plan.assignments, parameters), plan)
        write(plan.columns, parameters, seed, progress, addresses=addresses)
        digests = _digests(plan, parameters)
    return Report(plan, seed, time.perf_counter() - began, net=net, digests=digests)


def _refuse_out_of_range(there: There, plan: Plan) -> None:
    """Raises if what is made of values that are there does not fit: that a plan alone could not know."""
    findings = [there.out_of_range(line) for line in plan.assignments if line.draw.takes]
    if any(findings):
        raise ApplyError([finding for finding in findings if finding is not None])


def _require_bfloat16(plan: Plan) -> None:
    """Returns if values of bfloat16 can be made, or none are.

    Raises:
        ValueError: If not: MindSpore makes them with the version of NumPy alone that it was built against.
    """
    from mindspore.common import np_dtype

    if not hasattr(np_dtype, "bfloat16") and any(kind.dtype == "bfloat16" for kind in plan.columns.kinds):
        raise ValueError(
            f"MindSpore {metadata.version('mindspore')} makes no bfloat16 parameters beside NumPy "
            f"{metadata.version('numpy')}, since it was built against NumPy 1: pip install 'numpy<2'"
        )


def _digests(plan: Plan, parameters: Sequence[Parameter]) -> tuple[tuple[str, str], ...]:
    """Returns digests of what cannot be drawn again: what it was made of is no longer there, or rows are kept."""
    if not plan.columns.takes_any:
        return ()
    held = dict(zip(plan.columns.names, parameters, strict=True))
    return tuple((line.name, digest(held[line.name])) for line in of_the_apply(plan.assignments))
