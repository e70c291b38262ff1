"""Whether an adapter's factors and what they leave of a matrix are of one matrix: ``low_rank`` in two rules."""

from __future__ import annotations

from ms_initkit import draws
from ms_initkit.draws import Draw
from ms_initkit.draws.functions import LowRank


def refuse_strange_factor(draw: Draw, base: Draw, name: str) -> None:
    """Refuses a factor where the base keeps the rest of something else: their sum would be neither.

    Args:
        draw: What a parameter is given that takes its values from the base.
        base: What the base is given.
        name: The base's name.

    Raises:
        ValueError: If it is such a factor.
    """
    factor, rest = _low_rank(draw), _low_rank(draws.renamed(base, {"": name}))
    if factor is None or rest is None or rest[1].part != "rest" or factor[1].part == "rest":
        return
    (matrix, own), (base_matrix, its) = factor, rest
    if _terms(own) != _terms(its):
        raise ValueError(
            f"this is a factor by {_terms(own)}, and {name!r} keeps the rest by {_terms(its)}: "
            "`low_rank` has the same scheme, rank and scale in both"
        )
    if matrix != base_matrix:
        raise ValueError(
            f"this is a factor of other values than those that {name!r} keeps the rest of, so that their sum would be "
            f"neither: make `low_rank` the first step of both, this one `like: {{name: {name}, then: false}}`"
        )


def rank_hint(draw: Draw, shape: tuple[int, ...]) -> str:
    """Returns what to do where a factor is made of another rank than a parameter of ``shape`` has; else nothing."""
    found = _low_rank(draw)
    axis = {"a": 0, "b": 1}.get("" if found is None else found[1].part)
    if found is None or axis is None or len(shape) != 2 or shape[axis] == found[1].rank:
        return ""
    return (
        f"; this is an adapter of rank {shape[axis]}, and `rank` is {found[1].rank}: give adapters of another "
        "rank, and their bases, rules of their own, with their `rank` and `scale` in `low_rank`"
    )


def _terms(made: LowRank) -> str:
    return f"{made.scheme}, rank {made.rank}, scale {made.scale:.9g}"


def _low_rank(draw: Draw) -> tuple[Draw, LowRank] | None:
    """Returns the last matrix that was taken apart on the way to ``draw``, and how; None if none was."""
    match draw:
        case draws.Made(matrix, _, LowRank() as made):
            return matrix, made
        case draws.Made(inner) | draws.Edited(inner) | draws.InRows(_, inner):
            return _low_rank(inner)
        case _:
            return None
