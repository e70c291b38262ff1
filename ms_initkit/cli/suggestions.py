"""Suggestions as text: a table of recipes, and what the first of them would leave over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ms_initkit.plans.text import table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ms_initkit.plans.suggest import Share, Suggestion

# Of what is left over, so many names are shown.
_SHOWN: Final = 6
_HEAD: Final[tuple[str, ...]] = ("recipe", "made for", "own rules", "", "base rules", "", "kept", "left over")


def suggestions_text(found: Sequence[Suggestion], network: str, limit: int) -> str:
    """Returns the first ``limit`` suggestions, a line each, and the first one's leftovers."""
    first = found[0]
    rows = [_HEAD, *(_cells(one) for one in found[:limit])]
    parts = [
        f"{network or 'a network'}: {first.whole.tensors:,} parameters, {first.whole.elements:,} elements",
        "",
        *table(rows, right=(2, 3, 4, 5, 6)),
    ]
    fitting = sum(one.fits for one in found)
    parts += [
        "",
        f"{fitting} of {len(found)} recipes fit whole" + (f", {limit} are shown" if limit < len(found) else ""),
    ]
    if first.fits:
        parts.append(f"the first: --recipe {first.recipe}  # {first.description}")
    else:
        parts += [f"{first.recipe} would leave over:", *_leftovers(first)]
    return "\n".join(parts) + "\n"


def _cells(one: Suggestion) -> tuple[str, ...]:
    counts = [(one.unmatched, "unmatched"), (one.unused, "unused"), (one.failures, "impossible")]
    left = ", ".join(f"{len(names):,} {what}" for names, what in counts if names)
    return (
        one.recipe,
        one.made_for,
        *_share(one.own, one.whole),
        *_share(one.inherited, one.whole),
        f"{one.kept.tensors:,}" if one.kept.tensors else "",
        left or "nothing",
    )


def _share(part: Share, whole: Share) -> tuple[str, str]:
    if not part.tensors:
        return "", ""
    return f"{part.tensors:,}", f"{100 * part.elements / whole.elements:.1f} %"


def _leftovers(one: Suggestion) -> list[str]:
    lines = [f"  no rule selects {name}" for name in one.unmatched[:_SHOWN]]
    lines += [f"  and {len(one.unmatched) - _SHOWN} parameters more"] * (len(one.unmatched) > _SHOWN)
    lines += [f"  rule {name!r} selects no parameter" for name in one.unused]
    return lines + [f"  {message}" for message in one.failures]
