"""The grammar of dotted globs: a text to the globs without choices that it stands for, each in segments of tokens."""

from __future__ import annotations

import re
from itertools import pairwise, product
from typing import Final, TypeAlias

from ms_initkit.basis.records import record
from ms_initkit.syntax.work import spend

_LONGEST: Final = 400
# Steps of work that a glob takes, each of its alternatives, and each item of those.
_STEPS: Final = 30
_STEPS_OF_EACH: Final = 15
_STEPS_OF_A_CAPTURE: Final = 15
_STEPS_OF_A_PIECE: Final = 5
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
class Token:
    """An item of a glob: letters, ``.``, ``*``, ``**``, ``?``, or a capture's name; stars may have one, too."""

    kind: str
    text: str
    start: int
    name: str = ""


@record
class _Choice:
    alternatives: tuple[tuple[_Item, ...], ...]


_Item: TypeAlias = Token | _Choice
Segment: TypeAlias = tuple[Token, ...]


def expansions_of(text: str) -> list[tuple[Segment, ...]]:
    """Returns the globs without choices that ``text`` stands for, in the order in which they are tried.

    Raises:
        GlobError: If it is no glob.
    """
    spend(_STEPS + len(text))
    expanded = _expand(_Parser(text).parse())
    spend(sum(_STEPS_OF_EACH + sum(map(_steps, tokens)) for tokens in expanded))
    return [_segments(expansion, text) for expansion in expanded]


def _steps(token: Token) -> int:
    return _STEPS_OF_A_CAPTURE if token.kind == "capture" else _STEPS_OF_A_PIECE


class _Parser:
    """Text to items, choices nested; recursion is bounded by the depth of braces allowed."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        if not text:
            raise GlobError("a glob has at least one segment", 0, hint='write "**" for every name')
        if len(text) > _LONGEST:
            raise GlobError(f"a glob is at most {_LONGEST} characters long", _LONGEST)

    def parse(self) -> tuple[_Item, ...]:
        items = self._items(0)
        if self.at < len(self.text):
            raise GlobError("this brace closes nothing", self.at)
        return items

    def _items(self, depth: int) -> tuple[_Item, ...]:
        items: list[_Item] = []
        while self.at < len(self.text):
            char = self.text[self.at]
            if char == "}" or (char == "," and depth):
                break
            items.append(self._braces(depth + 1) if char == "{" else self._token(char))
        return tuple(items)

    def _braces(self, depth: int) -> _Item:
        start = self.at
        if depth > _DEEPEST:
            raise GlobError(f"braces are nested deeper than {_DEEPEST}", start)
        self.at += 1
        alternatives = [self._items(depth)]
        while self.at < len(self.text) and self.text[self.at] == ",":
            self.at += 1
            alternatives.append(self._items(depth))
        if self.at >= len(self.text):
            raise GlobError("this brace is never closed", start)
        self.at += 1
        if len(alternatives) > 1:
            return _Choice(tuple(alternatives))
        inside = self.text[start + 1 : self.at - 1]
        text = _TEXT.fullmatch(inside)
        if text is not None:
            return Token(text["stars"], inside, start, text["name"])
        if _NAME.fullmatch(inside) is None:
            raise GlobError(
                f"{{{inside}}} is neither a capture nor a choice",
                start,
                self.at - start,
                "a capture is a name, as {i} or {rest:**}; a choice has a comma, as {a,b}",
            )
        return Token("capture", inside, start)

    def _token(self, char: str) -> Token:
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
            return Token(stars, stars, start)
        if char in ".?":
            self.at += 1
            return Token(char, char, start)
        run = _PLAIN.match(self.text, start)
        self.at = start + 1 if run is None else run.end()
        return Token("literal", self.text[start : self.at], start)


def _expand(items: tuple[_Item, ...]) -> list[tuple[Token, ...]]:
    """Returns the globs without choices that ``items`` stands for, in the order in which they are tried."""
    options: list[list[tuple[Token, ...]]] = []
    total = 1
    for item in items:
        if isinstance(item, Token):
            options.append([(item,)])
            continue
        expanded = [expansion for alternative in item.alternatives for expansion in _expand(alternative)]
        total *= len(expanded)
        if total > _MOST_ALTERNATIVES:
            raise GlobError(
                f"its choices make more than {_MOST_ALTERNATIVES} globs", 0, hint="write several globs in a list"
            )
        options.append(expanded)
    return [tuple(token for part in parts for token in part) for parts in product(*options)]


def _segments(tokens: tuple[Token, ...], text: str) -> tuple[Segment, ...]:
    """Returns the segments of a glob without choices.

    Raises:
        GlobError: If one is empty, or can match nothing.
    """
    segments: list[list[Token]] = [[]]
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


def _check_segment(segment: list[Token]) -> None:
    for token in segment:
        if token.kind == "**" and len(segment) > 1:
            raise GlobError("'**' stands for whole segments", token.start, 2, "write * within a segment")
    for left, right in pairwise(segment):
        kinds = {left.kind, right.kind}
        if kinds == {"capture"} or (
            kinds == {"capture", "literal"} and (left.text[-1].isdecimal() or right.text[0].isdecimal())
        ):
            raise GlobError("a capture takes a whole run of digits, so none can stand beside it", right.start)
