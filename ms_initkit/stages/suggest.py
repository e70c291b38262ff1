"""What is recommended for a network, and what that would change of the values that it holds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ms_initkit.networks.describe import describe
from ms_initkit.plans.suggestion import Suggestion
from ms_initkit.stages.changes import changes
from ms_initkit.stages.choose import suggest_for
from ms_initkit.stages.copies import CODE
from ms_initkit.stages.plan import plan

if TYPE_CHECKING:
    from mindspore.nn import Cell


# The values of networks of more elements are not looked at.
LARGEST: Final = 500_000_000


def suggest(net: Cell) -> Suggestion:
    """Returns which shipped recipe initialises ``net`` as its authors did, how that is known, and what it would change.

    Nothing is written. ``print(mik.suggest(net))`` says it in words; ``mik.apply(net, "auto")`` takes what is
    recommended, and stops where nothing is.

    Args:
        net: The network. What would change is told of values that it holds; of a network of more than 500 million
            elements, or one whose parameters are deferred, it is not.

    Example:
        >>> mik.suggest(net)
        <Suggestion for MyGPT: hf/gpt2, the parameters have the names of hf/gpt2's family; its class was not compared>
    """
    found = suggest_for(net)
    # A family that the network's values contradict is not recommended: what it would change is told all the same.
    recipe = found.recipe or (found.candidates[0].recipe if found.answer == "family" and found.advice else None)
    if recipe is None or not found.candidates[0].fits or found.whole.elements > LARGEST:
        return found
    if any(info.is_deferred for info in describe(net)):
        return found
    made = plan(net, recipe)
    copies = tuple(f"{one.message}; {one.help}" for one in made.findings if one.code == CODE)
    return replace(found, changes=changes(net, made), advice=(*found.advice, *copies))
