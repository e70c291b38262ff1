"""Whether steps of ``then`` are about the rows that their rule is about: ``rows`` beside ``then``."""

from __future__ import annotations

from collections.abc import Sequence

from ms_initkit import draws
from ms_initkit.draws import Edit
from ms_initkit.draws.functions import Function, Functions
from ms_initkit.draws.windows import Pieces
from ms_initkit.language.rows import Rows
from ms_initkit.language.step import Step


def refuse_strangers(done: Sequence[tuple[Step, Edit | Functions]], rows: Rows, pieces: Pieces, length: int) -> None:
    """Refuses steps that take rows together, of which some are kept, and those that are about kept rows alone.

    Args:
        done: The steps, with what each does with values that have the parameter's rows.
        rows: The rows that the rule is about.
        pieces: Where they are.
        length: How many rows there are.

    Raises:
        ValueError: If there is such a step.
    """
    if pieces == ((0, length),):
        return
    for step, made in done:
        if isinstance(made, Function):
            if made.joins_rows:
                raise ValueError(
                    f"`{step.key}` takes all rows together, and `rows: {rows}` keeps some of them: "
                    "steps beside `rows` take each row by itself, as `normalize: {axis: 1}` does"
                )
            continue
        for start, stop in _rows_of(made):
            if not any(first < stop and start < last for first, last in pieces):
                which = f"row {start}" if stop == start + 1 else f"rows {start}:{stop}"
                raise ValueError(
                    f"`{step.key}` is about {which}, which `rows: {rows}` keeps: "
                    "write it in `rows`, too, or leave the step out"
                )


def _rows_of(edit: Edit) -> Pieces:
    """Returns the rows that an edit names."""
    match edit:
        case draws.SetRows(rows):
            return tuple((row, row + 1) for row in rows)
        case draws.SetElement((row, *_)):
            return ((row, row + 1),)
        case draws.SetBox((rows, *_)):
            return rows
        case _:
            return ()
