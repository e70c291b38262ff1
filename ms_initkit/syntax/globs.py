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
An alternative that matches wins over those after it. A glob becomes one regular expression in which every
star is atomic, so a match takes time proportional to the lengths of glob and name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise, product
from string import digits
from typing import Final, TypeAlias

from ms_initkit.basis.records import record
from ms_initkit.syntax.work import spend

_LONGEST: Final = 400
_STEPS: Final = 3  # of work that a piece of a glob takes, in each of its alternatives
_MOST_ALTERNATIVES: Final = 256
_DEEPEST: Final = 8
_PLAIN: Final = re.compile(r"[A-Za-z0-9_-]+")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TEXT: Final = re.compile(rf"(?P<name>{_NAME.pattern}):(?P<stars>\*\*?)")
# They mean something in regular expressions and nothing here, so that a mistaken pattern is noticed.
_FOREIGN: Final = frozenset("\\^$()[]|+")


class GlobError(ValueError):
    """A text is not a glob.

    Args:
        message: Why not.
        start: Where in the text, from 0.
        length: How many characters are concerned.
        hint: What to write.
    """

    def __init__(self, message: str, start: int, length: int = 1, hint: str | None = None) -> None:
        super().__init__(message)
        self.start: Final = start
        self.length: Final = length
        self.hint: Final = hint


@record
class _Token:
    """A piece of a glob: letters, ``.``, ``*``, ``**``, ``?``, or a capture's name; stars may have one, too."""

    kind: str
    text: str
    start: int
    name: str = ""


@record
class _Choice:
    alternatives: tuple[tuple[_Piece, ...], ...]


_Piece: TypeAlias = _Token | _Choice
_Segment: TypeAlias = tuple[_Token, ...]


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
        spend(_STEPS * len(self.text) // 4)
        expanded = _expand(_Parser(self.text).parse())
        spend(_STEPS * sum(map(len, expanded)))
        expansions = [_segments(expansion, self.text) for expansion in expanded]
        captures = _common_captures(expansions, self.text)
        patterns, groups, first = [], [], 1
        for segments in expansions:
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
        match = self._pattern.fullmatch(name + ".")
        if match is None:
            return {}
        numbered = [(capture, number) for groups in self._groups for number, capture in groups]
        return {capture: match.span(number) for capture, number in numbered if match[number] is not None}

    def __str__(self) -> str:
        """Returns the text."""
        return self.text


class _Parser:
    """Text to pieces, choices nested; recursion is bounded by the depth of braces allowed."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        if not text:
            raise GlobError("a glob has at least one segment", 0, hint='write "**" for every name')
        if len(text) > _LONGEST:
            raise GlobError(f"a glob is at most {_LONGEST} characters long", _LONGEST)

    def parse(self) -> tuple[_Piece, ...]:
        pieces = self._pieces(0)
        if self.at < len(self.text):
            raise GlobError("this brace closes nothing", self.at)
        return pieces

    def _pieces(self, depth: int) -> tuple[_Piece, ...]:
        pieces: list[_Piece] = []
        while self.at < len(self.text):
            char = self.text[self.at]
            if char == "}" or (char == "," and depth):
                break
            pieces.append(self._braces(depth + 1) if char == "{" else self._token(char))
        return tuple(pieces)

    def _braces(self, depth: int) -> _Piece:
        start = self.at
        if depth > _DEEPEST:
            raise GlobError(f"braces are nested deeper than {_DEEPEST}", start)
        self.at += 1
        alternatives = [self._pieces(depth)]
        while self.at < len(self.text) and self.text[self.at] == ",":
            self.at += 1
            alternatives.append(self._pieces(depth))
        if self.at >= len(self.text):
            raise GlobError("this brace is never closed", start)
        self.at += 1
        if len(alternatives) > 1:
            return _Choice(tuple(alternatives))
        inside = self.text[start + 1 : self.at - 1]
        text = _TEXT.fullmatch(inside)
        if text is not None:
            return _Token(text["stars"], inside, start, text["name"])
        if _NAME.fullmatch(inside) is None:
            raise GlobError(
                f"{{{inside}}} is neither a capture nor a choice", start, self.at - start,
                "a capture is a name, as {i} or {rest:**}; a choice has a comma, as {a,b}",
            )  # fmt: skip
        return _Token("capture", inside, start)

    def _token(self, char: str) -> _Token:
        start = self.at
        if char in _FOREIGN:
            raise GlobError(
                f"{char!r} means nothing in a glob",
                start,
                hint="regular expressions go under `regex:`, choices are {a,b}",
            )
        if char.isspace() or not char.isprintable():
            raise GlobError("a name has no spaces", start)
        if char == ",":
            raise GlobError(
                "this comma separates nothing", start, hint="choices stand in braces, several globs in a list"
            )
        if char == "*":
            while self.at < len(self.text) and self.text[self.at] == "*":
                self.at += 1
            stars = self.text[start : self.at]
            if len(stars) > 2:
                raise GlobError(f"{stars!r} means no more than '**'", start, len(stars), "write **")
            return _Token(stars, stars, start)
        if char in ".?":
            self.at += 1
            return _Token(char, char, start)
        run = _PLAIN.match(self.text, start)
        self.at = start + 1 if run is None else run.end()
        return _Token("literal", self.text[start : self.at], start)


def _expand(pieces: tuple[_Piece, ...]) -> list[tuple[_Token, ...]]:
    """Returns the globs without choices that ``pieces`` stands for, in the order in which they are tried."""
    options: list[list[tuple[_Token, ...]]] = []
    total = 1
    for piece in pieces:
        if isinstance(piece, _Token):
            options.append([(piece,)])
            continue
        expanded = [expansion for alternative in piece.alternatives for expansion in _expand(alternative)]
        total *= len(expanded)
        if total > _MOST_ALTERNATIVES:
            raise GlobError(
                f"its choices make more than {_MOST_ALTERNATIVES} globs",
                0,
                hint="write several globs in a list",
            )
        options.append(expanded)
    return [tuple(token for part in parts for token in part) for parts in product(*options)]


def _segments(tokens: tuple[_Token, ...], text: str) -> tuple[_Segment, ...]:
    """Returns the segments of a glob without choices.

    Raises:
        GlobError: If one is empty, or can match nothing.
    """
    segments: list[list[_Token]] = [[]]
    for token in tokens:
        if token.kind != ".":
            segments[-1].append(token)
            continue
        if not segments[-1]:
            raise GlobError("the segment before this dot is empty", token.start)
        segments.append([])
    if not segments[-1]:
        raise GlobError("the last segment is empty", max(0, len(text) - 1))
    for segment in segments:
        _check_segment(segment)
    return tuple(map(tuple, segments))


def _check_segment(segment: list[_Token]) -> None:
    for token in segment:
        if token.kind == "**" and len(segment) > 1:
            raise GlobError("'**' stands for whole segments", token.start, 2, "write * within a segment")
    for left, right in pairwise(segment):
        kinds = {left.kind, right.kind}
        if kinds == {"capture"} or (
            kinds == {"capture", "literal"} and (left.text[-1].isdecimal() or right.text[0].isdecimal())
        ):
            raise GlobError("a capture takes a whole run of digits, so none can stand beside it", right.start)


def _common_captures(expansions: list[tuple[_Segment, ...]], text: str) -> tuple[str, ...]:
    found = [_capture_names(segments) for segments in expansions]
    for names in found:
        for name in found[0] + names:
            if name not in found[0] or name not in names:
                raise GlobError(
                    f"{{{name}}} is captured by some alternatives only", text.find("{" + name), len(name) + 2,
                    "capture it outside of the choice, or write several rules",
                )  # fmt: skip
    return found[0]


def _capture_names(segments: tuple[_Segment, ...]) -> tuple[str, ...]:
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

    def star(self, token: _Token, pattern: str) -> _Star:
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


def _compile(segments: tuple[_Segment, ...], first: int) -> tuple[str, tuple[str, ...]]:
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


def _segment_pattern(segment: _Segment, groups: _Groups) -> str:
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


def _token_pattern(token: _Token, groups: _Groups) -> str:
    if token.kind == "?":
        return "[^.]"
    if token.kind == "literal":
        return re.escape(token.text)
    if token.text in groups.numbers:
        return f"(?<![0-9])(?P=g{groups.numbers[token.text]})(?![0-9])"
    return f"(?<![0-9])(?P<g{groups.add(token.text)}>[0-9]{{1,18}}+)(?![0-9])"  # 18 digits fit an int64


def _names(expansions: list[tuple[_Segment, ...]]) -> frozenset[str] | None:
    if any(token.kind != "literal" for segments in expansions for segment in segments for token in segment):
        return None
    return frozenset(
        ".".join("".join(token.text for token in segment) for segment in segments) for segments in expansions
    )


def _landmarks(expansions: list[tuple[_Segment, ...]]) -> frozenset[str] | None:
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


def _alike(expansions: list[tuple[_Segment, ...]]) -> str:
    told: set[str] = set()
    for segments in expansions:
        tokens = [token for segment in segments for token in segment]
        captures = [token.text for token in tokens if token.kind == "capture"]
        if len(captures) != len(set(captures)):
            return digits
        told.update(char for token in tokens if token.kind == "literal" for char in token.text)
    other = next((digit for digit in digits if digit not in told), "")
    return "".join(digit if digit in told else other for digit in digits)


def _is_digit_blind(segments: tuple[_Segment, ...]) -> bool:
    captures = [token.text for segment in segments for token in segment if token.kind == "capture"]
    if len(captures) != len(set(captures)):
        return False
    return all(
        (len(segment) == 1 and segment[0].kind in ("*", "**", "capture")) or not _may_be_digits(segment)
        for segment in segments
    )


def _may_be_digits(segment: _Segment) -> bool:
    return all(token.kind != "literal" or token.text.isdecimal() for token in segment)
