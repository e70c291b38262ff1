"""A draw for one member of a stack, made one for the whole stack: experts, heads, layers held in one tensor."""

from __future__ import annotations

from dataclasses import replace

from ms_initkit import draws


def per_member(draw: draws.Draw, axes: tuple[int, ...], ndim: int) -> draws.Draw:
    """Returns the draw that gives every member of a stack what ``draw`` gives a single one.

    Args:
        draw: Made for the shape of a member.
        axes: The axes that number the members, counted from the front.
        ndim: The stack's number of axes, these among them.

    Raises:
        ValueError: If the draw cannot be had member by member.
    """
    if not axes:
        return draw
    rest = [axis for axis in range(ndim) if axis not in axes]
    if draw.is_elementwise:
        return draw  # single elements know nothing of members
    match draw:
        case draws.Table(name, arguments):
            return draws.Table(name, (*arguments, ("batch_axes", axes)))
        case draws.Whole(name, arguments):
            return draws.Whole(name, (*arguments, ("batch_axes", axes)))
        case draws.Blocks(axis=axis, draws=parts):
            return replace(draw, axis=rest[axis], draws=tuple(per_member(part, axes, ndim) for part in parts))
        case draws.Repeated(axis=axis, draw=inner):
            return replace(draw, axis=rest[axis], draw=per_member(inner, axes, ndim))
        case draws.Edited(inner, edits) if all(isinstance(edit, draws.Step) for edit in edits):
            return draws.Edited(per_member(inner, axes, ndim), edits)
        case _:
            raise ValueError(f"a draw of a whole tensor cannot be made for each member along {_axes(axes)}")


def _axes(axes: tuple[int, ...]) -> str:
    return ("axis " if len(axes) == 1 else "axes ") + ", ".join(map(str, axes))
