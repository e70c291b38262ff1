"""What is said of a network: which recipe is recommended, why, what it would change, and what else there is."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Final, Literal, NamedTuple

from ms_initkit.basis.records import record
from ms_initkit.findings import counted
from ms_initkit.plans.html import table_html
from ms_initkit.plans.text import table

Answer = Literal["known", "family", "unknown"]
Why = Literal["compared", "alternative", "signature", "default"]

# Of what is left over, so many names are shown.
_SHOWN: Final = 6
_WHY: Final[dict[Why, str]] = {
    "compared": "compared with its reference",
    "alternative": "another author's way",
    "signature": "its family's names",
    "default": "every layer as torch makes it",
}
_HEAD: Final = ("recipe", "what speaks for it", "own rules", "", "base rules", "", "kept", "left over")


class Share(NamedTuple):
    """A part of a network's parameters."""

    tensors: int = 0
    elements: int = 0

    def __add__(self, other: Share) -> Share:  # type: ignore[override]  # parts add up, tuples would be joined
        """Returns both parts together."""
        return Share(self.tensors + other.tensors, self.elements + other.elements)


@record
class Candidate:
    """What one recipe would do to a network.

    Args:
        recipe: The recipe's name.
        description: The recipe's own.
        why: What speaks for it: it was compared with the network's class, it initialises the class in another way, the
            names of its family are there, or it is the default of the layers.
        own: What the recipe's rules claim, its family's included.
        inherited: What rules of ``torch/base`` claim.
        kept: What no rule selects and no one trains: left as it is.
        unmatched: Names of trainable parameters that no rule selects.
        unused: Ids of rules that select nothing and are not optional.
        failures: Why further rules, or the recipe as a whole, cannot serve.
    """

    recipe: str
    description: str
    why: Why
    own: Share
    inherited: Share
    kept: Share
    unmatched: tuple[str, ...]
    unused: tuple[str, ...]
    failures: tuple[str, ...]

    @property
    def fits(self) -> bool:
        """Whether nothing is left over on either side."""
        return not (self.unmatched or self.unused or self.failures)

    def to_json(self) -> dict[str, object]:
        """Returns the candidate as JSON values."""
        return {
            "recipe": self.recipe,
            "description": self.description,
            "why": self.why,
            "fits": self.fits,
            "own": self.own._asdict(),
            "inherited": self.inherited._asdict(),
            "kept": self.kept._asdict(),
            "unmatched": list(self.unmatched),
            "unused": list(self.unused),
            "failures": list(self.failures),
        }


@record
class Suggestion:
    """Which recipe is recommended for a network.

    Args:
        network: The network's class; empty if unknown.
        answer: ``known`` if a recipe was compared with the network's class, ``family`` if the names of a family are
            there and the class is of no package of which others were compared, else ``unknown``.
        recipe: The recipe that is recommended; None where none is.
        reason: Why, in a sentence.
        whole: The network.
        candidates: The recipes that something speaks for, the recommended one first.
        changes: What the recommended recipe would change of the values that the network holds now, a line each; None
            where these are not known, or nothing is recommended. Of a family that the values contradict, what it would.
        advice: What to type, or to look at first, a line or more each.
    """

    network: str
    answer: Answer
    recipe: str | None
    reason: str
    whole: Share
    candidates: tuple[Candidate, ...]
    changes: tuple[str, ...] | None = None
    advice: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Returns the answer, its reason, what it would change, and what each candidate would do."""
        return suggestion_text(self)

    def __repr__(self) -> str:
        return f"<Suggestion for {self.network or 'a network'}: {self.recipe or 'none'}, {self.reason}>"

    def _repr_html_(self) -> str:
        """Returns what notebooks show."""
        rows = [(one.recipe, _WHY[one.why], _left_over(one), one.description) for one in self.candidates]
        said = f"<b>{escape(self.recipe or 'no recipe')}</b> for {escape(self.network or 'a network')}: "
        listed = "".join(f"<li>{escape(line)}</li>" for line in self.changes or ())
        changes = f"<p>It would change:</p><ul>{listed}</ul>" if listed else ""
        advice = f"<pre>{escape(chr(10).join(self.advice))}</pre>" if self.advice else ""
        table = table_html(("recipe", "what speaks for it", "left over", "description"), rows)
        return f"<p>{said}{escape(self.reason)}</p>{advice}{changes}{table}"

    def to_json(self) -> dict[str, object]:
        """Returns the suggestion as JSON values."""
        return {
            "network": self.network or None,
            "answer": self.answer,
            "recipe": self.recipe,
            "reason": self.reason,
            "parameters": self.whole._asdict(),
            "candidates": [one.to_json() for one in self.candidates],
            "changes": None if self.changes is None else list(self.changes),
            "advice": list(self.advice),
        }


def suggestion_text(found: Suggestion, width: int | None = None) -> str:
    """Returns the answer, its reason, what it would change, and what each candidate would do.

    Args:
        found: The suggestion.
        width: Columns that there are: where the table of candidates does not fit in, each is a paragraph.
    """
    name = found.network or "a network"
    size = f"{counted(found.whole.tensors, 'parameter')}, {counted(found.whole.elements, 'element')}"
    parts = [f"{name}: {size}", "", f"{found.answer}: {found.reason}"]
    if found.recipe is not None:
        parts.append(f"use it: --recipe {found.recipe}  # {found.candidates[0].description}")
    else:
        parts.append("no recipe is recommended: plan and apply with the one whose authors are followed, or write one")
        parts += [f"  --recipe {one.recipe}: {one.description}" for one in found.candidates]
    parts += found.advice
    if found.changes is not None:
        what = "it" if found.recipe is not None else found.candidates[0].recipe
        parts += ["", f"of the values that the network holds now {what} would change:"]
        parts += [f"  {line}" for line in found.changes]
    if len(found.candidates) > 1:
        parts += ["", *_candidates(found, width)]
    for one in found.candidates:
        if not one.fits:
            parts += ["", f"{one.recipe} would leave over:", *_leftovers(one)]
    return "\n".join(parts)


def _candidates(found: Suggestion, width: int | None) -> list[str]:
    cells = [_cells(one, found.whole) for one in found.candidates]
    lines = table([_HEAD, *cells], right=(2, 3, 4, 5, 6))
    if width is None or max(map(len, lines)) <= width:
        return lines
    return [_sentence(row) for row in cells]


def _sentence(row: tuple[str, ...]) -> str:
    """Returns a row of the table in words."""
    recipe, why, own, own_share, base, base_share, kept, left = row
    parts = [f"own rules {own} ({own_share})" if own else "", f"base rules {base} ({base_share})" if base else ""]
    parts += [f"kept {kept}" if kept else "", f"left over {left}"]
    return f"{recipe}: {why}; {', '.join(filter(None, parts))}"


def _cells(one: Candidate, whole: Share) -> tuple[str, ...]:
    return (
        one.recipe,
        _WHY[one.why],
        *_share(one.own, whole),
        *_share(one.inherited, whole),
        f"{one.kept.tensors:,}" if one.kept.tensors else "",
        _left_over(one),
    )


def _left_over(one: Candidate) -> str:
    counts = [(one.unmatched, "unmatched"), (one.unused, "unused"), (one.failures, "impossible")]
    return ", ".join(f"{len(names):,} {what}" for names, what in counts if names) or "nothing"


def _share(part: Share, whole: Share) -> tuple[str, str]:
    if not part.tensors:
        return "", ""
    return f"{part.tensors:,}", f"{100 * part.elements / whole.elements:.1f} %"


def _leftovers(one: Candidate) -> Iterator[str]:
    for name in one.unmatched[:_SHOWN]:
        yield f"  no rule selects {name}"
    if len(one.unmatched) > _SHOWN:
        yield f"  and {len(one.unmatched) - _SHOWN} parameters more"
    for name in one.unused:
        yield f"  rule {name!r} selects no parameter"
    for message in one.failures[:_SHOWN]:
        yield f"  {message}"
