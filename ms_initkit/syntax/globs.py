r"""Dotted globs: patterns over whole names such as ``layers.0.attn.proj.weight``.

===========  =================================================================================
``*``        any characters within a segment; a segment that is ``*`` alone matches any one segment
``**``       any number of whole segments, none included
``?``        one character within a segment
``{i}``      a whole run of digits, captured as the index ``i``; standing twice, the same index
``{n:*}``    as ``*``, captured as the text ``n``; ``{n:**}`` as ``**``
``{a,b}``    ``a`` or ``b``, each of which may have dots, stars and choices of its own
===========  =================================================================================

Stars take as little as they can, from the left; that decides what is captured where several readings match.
An alternative that matches wins over those after it. A glob becomes one regular expression in which every star
is atomic, so a match takes time proportional to the lengths of glob and name. One of words with at most one
``**``, as most are that stand for a layer or a leaf, takes none: how a name begins and ends decides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from string import digits

from ms_initkit.basis.records import record
from ms_initkit.syntax.glob_grammar import GlobError, Segment, Token, expansions_of


@record
class _Frame:
    """How names begin and end, each of their segments between dots; ``is_whole`` if nothing stands between the two."""

    before: str
    after: str
    is_whole: bool

    def holds(self, dotted: str) -> bool:
        """Returns whether ``dotted``, a name with a dot on either side, begins and ends so."""
        if self.is_whole:
            return dotted == self.before
        is_long_enough = len(dotted) >= len(self.before) + len(self.after) - 1  # one dot may be of both
        return is_long_enough and dotted.startswith(self.before) and dotted.endswith(self.after)


@record
class Glob:
    """A dotted glob over whole names.

    Args:
        text: As written.

    Raises:
        GlobError: If ``text`` is not a glob.
    """

    text: str
    captures: tuple[str, ...] = field(init=False, compare=False, repr=False)
    texts: frozenset[str] = field(init=False, compare=False, repr=False)
    is_digit_blind: bool = field(init=False, compare=False, repr=False)
    names: frozenset[str] | None = field(init=False, compare=False, repr=False)
    landmarks: frozenset[str] | None = field(init=False, compare=False, repr=False)
    alike: str = field(init=False, compare=False, repr=False)
    _frames: tuple[_Frame, ...] | None = field(init=False, compare=False, repr=False)
    _source: str = field(init=False, compare=False, repr=False)
    _compiled: re.Pattern[str] | None = field(init=False, compare=False, repr=False)
    _groups: tuple[tuple[tuple[int, str], ...], ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Reads the text.

        ``texts`` are the captures of text; the others are indices. ``is_digit_blind`` is set if the glob cannot tell
        one all-digit segment from another but by capturing it: then names that differ only in their indices can be
        matched as one. ``names`` are all that it matches, None where they are not to be counted. Every name that it
        matches has one of ``landmarks`` among its segments, None where none need be there. ``alike`` are the ten
        digits, those in its place that it does not tell from the first of their kind.
        """
        expansions = expansions_of(self.text)
        captures = _common_captures(expansions, self.text)
        frames = _frames(expansions)
        patterns, groups, first = [], [], 1
        for segments in expansions if frames is None else ():
            pattern, names = _compile(segments, first)
            patterns.append(pattern)
            groups.append(tuple(enumerate(names, first)))
            first += len(names)
        for name, value in {
            "captures": captures,
            "texts": frozenset(
                token.name for segments in expansions for segment in segments for token in segment if token.name
            ),
            "is_digit_blind": all(map(_is_digit_blind, expansions)),
            "names": _names(expansions),
            "landmarks": _landmarks(expansions),
            "alike": _alike(expansions),
            "_frames": frames,
            "_source": "|".join(patterns),
            "_compiled": None,
            "_groups": tuple(groups),
        }.items():
            object.__setattr__(self, name, value)  # the class is frozen for everybody else

    @property
    def _pattern(self) -> re.Pattern[str]:
        """The regular expression, compiled when it is first needed: checking a recipe matches no name."""
        pattern = self._compiled
        if pattern is None:
            pattern = re.compile(self._source)
            object.__setattr__(self, "_compiled", pattern)
        return pattern

    def match(self, name: str) -> tuple[tuple[str, int | str], ...] | None:
        """Returns the captures of ``name``, in their order; None if it does not match as a whole."""
        if self._frames is not None:
            dotted = f".{name}."
            return () if ".." not in dotted and any(frame.holds(dotted) for frame in self._frames) else None
        match = self._pattern.fullmatch(name + ".")
        if match is None:
            return None
        if not self.captures:
            return ()
        texts = match.groups()
        for groups in self._groups:
            if texts[groups[0][0] - 1] is not None:
                found = {
                    capture: texts[number - 1].rstrip(".") if capture in self.texts else int(texts[number - 1])
                    for number, capture in groups
                }
                return tuple((capture, found[capture]) for capture in self.captures)
        raise AssertionError("one alternative has matched")

    def spans(self, name: str) -> dict[str, tuple[int, int]]:
        """Returns where in ``name``, which matches, each capture first stands."""
        if not self.captures:
            return {}
        match = self._pattern.fullmatch(name + ".")
        if match is None:
            return {}
        numbered = [(capture, number) for groups in self._groups for number, capture in groups]
        return {capture: match.span(number) for capture, number in numbered if match[number] is not None}

    def __str__(self) -> str:
        """Returns the text."""
        return self.text


def _frames(expansions: list[tuple[Segment, ...]]) -> tuple[_Frame, ...] | None:
    """Returns how the names begin and end that ``expansions`` match; None where that does not decide."""
    found = [_frame(segments) for segments in expansions]
    return None if None in found else tuple(frame for frame in found if frame is not None)


def _frame(segments: tuple[Segment, ...]) -> _Frame | None:
    words: list[str] = []
    gap: int | None = None
    for place, segment in enumerate(segments):
        if segment[0].kind == "**":
            if gap is not None or segment[0].name:
                return None
            gap = place
        elif any(token.kind != "literal" for token in segment):
            return None
        else:
            words.append("".join(token.text for token in segment) + ".")
    before, after = (words, []) if gap is None else (words[:gap], words[gap:])
    return _Frame("." + "".join(before), "." + "".join(after), gap is None)


def _common_captures(expansions: list[tuple[Segment, ...]], text: str) -> tuple[str, ...]:
    found = [_capture_names(segments) for segments in expansions]
    for names in found:
        for name in found[0] + names:
            if name not in found[0] or name not in names:
                raise GlobError(
                    f"{{{name}}} is captured by some alternatives only",
                    text.find("{" + name),
                    len(name) + 2,
                    "capture it outside of the choice, or write several rules",
                )
    return found[0]


def _capture_names(segments: tuple[Segment, ...]) -> tuple[str, ...]:
    tokens = (token for segment in segments for token in segment)
    return tuple(dict.fromkeys(token.name or token.text for token in tokens if token.name or token.kind == "capture"))


@dataclass
class _Groups:
    """The numbers of the groups that captures have in a pattern, from ``first`` on."""

    first: int
    numbers: dict[str, int] = field(default_factory=dict)

    def add(self, name: str) -> int:
        """Returns the number of a new group."""
        return self.numbers.setdefault(name, self.first + len(self.numbers))

    def star(self, token: Token, pattern: str) -> _Star:
        """Returns a star that may be captured.

        Raises:
            GlobError: If something is captured under its name already.
        """
        if not token.name:
            return _Star(pattern, None)
        if token.name in self.numbers:
            hint = "give it another name"
            raise GlobError(f"{{{token.name}}} is captured already", token.start, len(token.text) + 2, hint)
        return _Star(pattern, self.add(token.name))


@record
class _Star:
    """What a star stands for, and its group's number if it is captured."""

    pattern: str
    group: int | None

    def taking(self, quantifier: str) -> str:
        """Returns the pattern, with ``?`` for as little as possible and ``+`` for all that is there."""
        body = self.pattern + quantifier
        return body if self.group is None else f"(?P<g{self.group}>{body})"


def _compile(segments: tuple[Segment, ...], first: int) -> tuple[str, tuple[str, ...]]:
    """Returns a pattern over names with a dot after each segment, and its groups' names from ``first`` on."""
    groups = _Groups(first)
    runs: list[str] = [""]
    stars: list[_Star] = []
    for segment in segments:
        if segment[0].kind == "**":
            stars.append(groups.star(segment[0], r"(?:[^.]+\.)*"))
            runs.append("")
        else:
            runs[-1] += _segment_pattern(segment, groups)
    # Earliest is enough for every run but the last: what a later star has to skip, it can.
    return _atomic(runs, stars, r"\Z"), tuple(groups.numbers)


def _segment_pattern(segment: Segment, groups: _Groups) -> str:
    if [token.kind for token in segment] == ["*"]:
        return groups.star(segment[0], "[^.]+").taking("+") + r"\."
    runs: list[str] = [""]
    stars: list[_Star] = []
    for token in segment:
        if token.kind == "*":
            stars.append(groups.star(token, "[^.]*"))
            runs.append("")
        else:
            runs[-1] += _token_pattern(token, groups)
    # The look-ahead refuses the empty segment, which a star and an empty name would else make.
    return r"(?=[^.])" + _atomic(runs, stars, r"\.")


def _atomic(runs: list[str], stars: list[_Star], end: str) -> str:
    """Returns ``runs`` with ``stars`` between them, each committed to the first place where its run matches."""
    if not stars:
        return runs[0] + end
    # A star right before another one takes nothing.
    middle = "".join(
        f"(?>{star.taking('?')}{run})" if run else ("" if star.group is None else f"(?P<g{star.group}>)")
        for run, star in zip(runs[1:-1], stars[:-1], strict=True)
    )
    last = f"(?>{stars[-1].taking('?')}{runs[-1]}{end})" if runs[-1] else f"{stars[-1].taking('+')}{end}"
    return runs[0] + middle + last


def _token_pattern(token: Token, groups: _Groups) -> str:
    if token.kind == "?":
        return "[^.]"
    if token.kind == "literal":
        return re.escape(token.text)
    if token.text in groups.numbers:
        return f"(?<![0-9])(?P=g{groups.numbers[token.text]})(?![0-9])"
    return f"(?<![0-9])(?P<g{groups.add(token.text)}>[0-9]{{1,18}}+)(?![0-9])"  # 18 digits fit an int64


def _names(expansions: list[tuple[Segment, ...]]) -> frozenset[str] | None:
    if any(token.kind != "literal" for segments in expansions for segment in segments for token in segment):
        return None
    return frozenset(
        ".".join("".join(token.text for token in segment) for segment in segments) for segments in expansions
    )


def _landmarks(expansions: list[tuple[Segment, ...]]) -> frozenset[str] | None:
    found: set[str] = set()
    for segments in expansions:
        plain = [
            "".join(token.text for token in segment)
            for segment in segments
            if all(token.kind == "literal" for token in segment)
        ]
        if not plain:
            return None
        # An index stands in fewer names than a word does.
        found.add(max(plain, key=lambda text: (text.isdecimal(), len(text))))
    return frozenset(found)


def _alike(expansions: list[tuple[Segment, ...]]) -> str:
    told: set[str] = set()
    for segments in expansions:
        tokens = [token for segment in segments for token in segment]
        captures = [token.text for token in tokens if token.kind == "capture"]
        if len(captures) != len(set(captures)):
            return digits
        told.update(char for token in tokens if token.kind == "literal" for char in token.text)
    other = next((digit for digit in digits if digit not in told), "")
    return "".join(digit if digit in told else other for digit in digits)


def _is_digit_blind(segments: tuple[Segment, ...]) -> bool:
    captures = [token.text for segment in segments for token in segment if token.kind == "capture"]
    if len(captures) != len(set(captures)):
        return False
    return all(
        (len(segment) == 1 and segment[0].kind in ("*", "**", "capture")) or not _may_be_digits(segment)
        for segment in segments
    )


def _may_be_digits(segment: Segment) -> bool:
    return all(token.kind != "literal" or token.text.isdecimal() for token in segment)
