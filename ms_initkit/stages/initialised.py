"""Factories of networks, and what they make initialised: one line beside other packages' own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from ms_initkit.language.documents import RecipeSource
from ms_initkit.language.recipe import Recipe
from ms_initkit.networks.construct import construct
from ms_initkit.plans.variables import VariableValue
from ms_initkit.stages.apply import apply

if TYPE_CHECKING:
    from mindspore.nn import Cell


_Arguments = ParamSpec("_Arguments")
_Network = TypeVar("_Network", bound="Cell")


def initialised(
    factory: Callable[_Arguments, _Network],
    recipe: Recipe | RecipeSource,
    *,
    seed: int,
    vars: Mapping[str, VariableValue] | None = None,
    strict: bool = True,
) -> Callable[_Arguments, _Network]:
    """Returns ``factory``, whose networks come out initialised: their constructors draw nothing, ``recipe`` says all.

    What the factory loads from a checkpoint is drawn over, too: for what a checkpoint lacks there is ``Plan.only``.

    Args:
        factory: A class, or a function that makes a network, with any arguments.
        recipe: As ``apply`` takes it; ``auto`` is the one that is known to be right for what is made.
        seed: 0 to 2**64 - 1.
        vars: Values in place of the recipe's own variables.
        strict: Whether unmatched parameters and unused rules are errors.

    Example:
        >>> create_model = mik.initialised(mindcv.create_model, "auto", seed=42)
        >>> net = create_model("resnet50", num_classes=10)
    """

    @wraps(factory)
    def make(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Network:
        net = construct(factory, *args, **kwargs)
        apply(net, recipe, seed=seed, vars=vars, strict=strict)
        return net

    return make
