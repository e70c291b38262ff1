"""One parameter, as ``torch.nn.init`` does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ms_initkit.formulas import Formula
from ms_initkit.stages.apply import apply

if TYPE_CHECKING:
    from mindspore import Parameter


def init_(
    parameter: Parameter, name: str | float | Formula, /, *, seed: int | None = None, **arguments: object
) -> Parameter:
    """Initialises one parameter, trainable or not, and returns it.

    A value is a function of the seed, the parameter's name and the element's place, as in ``apply``: parameters of one
    name, such as those without one, get equal values of equal seeds.

    Args:
        parameter: Constructed in full or deferred.
        name: An initializer's name, a number, or an instance of ``ms_initkit.initializers``.
        seed: 0 to 2**64 - 1. None takes one number from NumPy's global generator, so `mindspore.set_seed` decides.
        arguments: The initializer's arguments.

    Example:
        >>> mik.init_(net.fc.weight, "orthogonal", gain=2.0, seed=1)

    Raises:
        RecipeError: If there is no such initializer, or it has no such arguments.
        PlanError: If it cannot serve the parameter.
    """
    init = {name: arguments} if arguments else name
    rule = {"id": "init_", "match": {"name": "**", "trainable": "any"}, "init": init}
    apply(parameter, {"rules": [rule]}, seed=seed)  # described as a network of one
    return parameter
