"""Stage read: YAML text to nodes that remember where they stand. No schema, no MindSpore.

Only the plain part of YAML is a recipe: mappings, lists and scalars. Anchors, aliases, merge keys and tags
are refused: variables and ``extends`` do their work, each value stands at one place that an error can point to,
and no few lines expand to billions. Scalars keep their text; what it means depends on what is due at its place.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final, Protocol, Unpack

import yaml

from ms_initkit.findings import About, Finding, RecipeError, Span
from ms_initkit.syntax.faults import LINE_BREAK, missing_file, not_utf8, too_deep, too_large
from ms_initkit.syntax.nodes import Document, Mapping, Node, Scalar, Sequence
from ms_initkit.syntax.numerals import explain_ambiguity
from ms_initkit.syntax.repairs import INDEXED, MOST_REPAIRS, UNQUOTED, unquoted_expression, unquoted_glob

LARGEST_FILE: Final = 1 << 20
MOST_NODES: Final = 50_000
DEEPEST: Final = 24

_CONTROL: Final = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


_IMPOSSIBLE_ESCAPE: Final = r"\\U(?!0000|000[0-9A-Fa-f]|0010)[0-9A-Fa-f]{8}"

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Mark(Protocol):
    line: int
    column: int


def read_file(path: str) -> Document:
    """Returns the nodes of the recipe at ``path``.

    Raises:
        RecipeError: If the file cannot be had as text.
    """
    try:
        content = _content(path)
    except FileNotFoundError:
        raise RecipeError([missing_file(path)]) from None
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise RecipeError([Finding.error("unreadable-recipe", f"{path!r} cannot be read: {reason}")]) from error
    return read_bytes(content, path)


def _content(path: str) -> bytes:
    """Returns the bytes of a regular file, no more than are too many; a pipe is never waited for."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file")
        return file.read(LARGEST_FILE + 1)


def read_bytes(content: bytes, path: str) -> Document:
    """Returns the nodes of a recipe given as the bytes of a file called ``path``.

    Raises:
        RecipeError: If they are not text, or too long to be a recipe.
    """
    if len(content) > LARGEST_FILE:
        raise RecipeError([too_large(path, f"it is longer than {LARGEST_FILE} bytes")])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RecipeError([not_utf8(content, error, path)]) from None
    return read_text(text, path)


def read_text(text: str, path: str) -> Document:
    """Returns the nodes of a recipe given as the text of a file called ``path``."""
    reader = _Reader(path, LINE_BREAK.split(text))
    root = reader.read(text)
    return Document(path, text, root, tuple(reader.findings))


class _TooLargeError(Exception):
    """More nodes, or deeper ones, than a recipe has."""


@dataclass
class _Open:
    """A collection whose end has not come yet."""

    start: yaml.Event
    children: list[Node] = field(default_factory=list)


@dataclass
class _Reader:
    """Builds nodes from YAML's events, without recursion, and collects what is wrong."""

    path: str
    lines: list[str]
    findings: list[Finding] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)
    has_alias: bool = False

    def read(self, text: str) -> Node | None:
        """Returns the root; what lacks quotes is reported, and read as it was meant."""
        control = _CONTROL.search(text)
        if control is not None:
            message = f"the character U+{ord(control[0]):04X} may not stand in YAML"
            self.add("bad-yaml", message, span=self._at(text, control))
            return None
        repaired = list(self.lines)
        repairs: list[Finding] = []
        for _ in range(MOST_REPAIRS):
            kept = list(self.findings)
            try:
                root = self._build("\n".join(repaired))
            except yaml.MarkedYAMLError as error:
                self.findings = kept
                if "nesting depth" in (error.problem or ""):  # libyaml's own limit, from PyYAML 6.0.4 on
                    self.findings += [
                        *repairs,
                        too_large(self.path, too_deep(_mark(error.problem_mark).line + 1, DEEPEST)),
                    ]
                    return None
                repair = self._repair(repaired, error)
                if repair is None:
                    self.findings += [*repairs, self._bad_yaml("\n".join(repaired), error)]
                    return None
                repairs.append(repair)
            except _TooLargeError as error:
                self.findings = [*kept, *repairs, too_large(self.path, str(error))]
                return None
            except (OverflowError, ValueError):  # PyYAML makes a character of whatever number is escaped
                self.findings = [*kept, *repairs, self._impossible_escape(text)]
                return None
            else:
                self.findings += repairs
                return root
        self.findings += repairs  # so many that the rest can wait until they are corrected
        return None

    def add(self, code: str, message: str, *notes: str, **about: Unpack[About]) -> None:
        """Adds an error."""
        self.findings.append(Finding.error(code, message, *notes, **about))

    def _impossible_escape(self, text: str) -> Finding:
        match = re.search(_IMPOSSIBLE_ESCAPE, text)
        span = self._at(text, match) if match is not None else Span(self.path, 1, 1, 2, self.lines[0])
        hint = "the last character is \\U0010FFFF"
        return Finding.error("bad-yaml", "this escape stands for no character", span=span, help=hint)

    def _build(self, text: str) -> Node | None:
        self.anchors = set()
        documents: list[Node] = []
        stack: list[_Open] = []
        for count, event in enumerate(yaml.parse(text, Loader=_LOADER), 1):
            if count > MOST_NODES:
                raise _TooLargeError(f"it has more than {MOST_NODES} values")
            self._refuse_decoration(event)
            node: Node | None = None
            match event:
                case yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                    stack.append(_Open(event))
                    if len(stack) > DEEPEST:
                        raise _TooLargeError(too_deep(_mark(event.start_mark).line + 1, DEEPEST))
                case yaml.SequenceEndEvent():
                    opened = stack.pop()
                    node = Sequence(
                        tuple(self._rejoined(opened.children, has_values=False)), self._span(opened.start, event)
                    )
                case yaml.MappingEndEvent():
                    node = self._mapping(stack.pop(), event)
                case yaml.ScalarEvent():
                    node = self._scalar(event)
                case yaml.AliasEvent():
                    node = self._alias(event)
                case yaml.DocumentStartEvent() if documents:
                    self.add(
                        "many-documents",
                        "a second document begins here",
                        "a file holds one recipe",
                        span=self._span(event, event),
                        help="delete `---`, or move what follows to a file of its own",
                    )
                    break
            if node is not None:
                (stack[-1].children if stack else documents).append(node)
        return self._root(documents)

    def _root(self, documents: list[Node]) -> Node | None:
        root = documents[0] if documents else None
        if root is None or (isinstance(root, Scalar) and root.is_null):
            first = Span(self.path, 1, 1, 2, self.lines[0])
            hint = "`ms-initkit list` shows the shipped ones"
            self.add("empty-recipe", "there is no recipe here", span=first, help=hint)
            return None
        # What an alias stands for is not followed, so what is made of it would be blamed for nothing.
        return None if self.has_alias else root

    def _span(self, start: yaml.Event, end: yaml.Event) -> Span:
        """Returns the stretch from the start of ``start`` to the end of ``end``, on the first line."""
        first, last = _mark(start.start_mark), _mark(end.end_mark)
        text = self.lines[first.line] if first.line < len(self.lines) else ""
        if first.line == last.line:
            stop = max(last.column, first.column + 1)
        else:
            stop = max(len(text.rstrip()), first.column + 1)
        return Span(self.path, first.line + 1, first.column + 1, stop + 1, text)

    def _at(self, text: str, match: re.Match[str]) -> Span:
        before = LINE_BREAK.split(text[: match.start()])
        line, column = len(before), len(before[-1]) + 1
        return Span(self.path, line, column, column + 1, self.lines[line - 1])

    def _scalar(self, event: yaml.ScalarEvent) -> Scalar:
        span = self._span(event, event)
        is_quoted = event.style not in (None, "")  # the C parser says "" where the other says None
        text: str = event.value
        is_bare = not is_quoted and event.anchor is None and event.tag is None and text != ""
        if is_bare and _mark(event.start_mark).line == _mark(event.end_mark).line:
            text = span.text()  # what was masked to please YAML is read as it was written
        ambiguity = None if is_quoted else explain_ambiguity(text)
        if ambiguity is not None:
            why, instead = ambiguity
            message = f"{text!r} is read differently by different readers"
            hint = f"write {instead}, or '{text}' in quotes where text is meant"
            self.add("ambiguous-number", message, why, span=span, help=hint)
        return Scalar(text, is_quoted, span)

    def _mapping(self, opened: _Open, end: yaml.Event) -> Mapping:
        entries: dict[str, tuple[Scalar, Node]] = {}
        for key, node in _pairs(self._rejoined(opened.children, has_values=True)):
            if not isinstance(key, Scalar):
                self.add("wrong-type", "a key is a word, not a list or a mapping", span=key.span, help=_QUOTE_GLOBS)
            elif key.text == "<<":
                message = "merge keys are not part of a recipe"
                self.add("yaml-alias", message, _WHY_NO_ALIAS, span=key.span, help=_NO_ALIAS)
            elif key.text in entries:
                first = entries[key.text][0].span
                message = f"{key.text!r} is given twice"
                note = f"the first stands at line {first.line}; YAML would silently keep only the last"
                self.add("duplicate-key", message, note, span=key.span, help="delete one of the two")
            else:
                entries[key.text] = (key, node)
        return Mapping(tuple(entries.values()), self._span(opened.start, end))

    def _rejoined(self, nodes: list[Node], *, has_values: bool) -> list[Node]:
        """Returns ``nodes`` with each expression in one piece that a comma between its brackets has cut.

        Args:
            nodes: Items of a list, or keys and values in turn.
            has_values: Whether they are keys and values: then each piece has become a key without a value.
        """
        found: list[Node] = []
        left = list(reversed(nodes))
        while left:
            node = left.pop()
            whole = node
            while isinstance(whole, Scalar) and left and _is_cut(whole, left[-1]):
                if has_values and not (len(left) > 1 and _is_absent(left[-2])):
                    break
                whole = _joined(whole, left.pop())
                if has_values:
                    left.pop()
            if whole is not node:
                self.findings.append(unquoted_expression(whole.span))
            found.append(whole)
        return found

    def _alias(self, event: yaml.AliasEvent) -> Scalar:
        span = self._span(event, event)
        written = span.text()
        if event.anchor in self.anchors:
            self.has_alias = True
            self.add("yaml-alias", f"{written!r} is an alias", _WHY_NO_ALIAS, span=span, help=_NO_ALIAS)
        else:
            self.findings.append(unquoted_glob(written, span))
        return Scalar(written, True, span)

    def _refuse_decoration(self, event: yaml.Event) -> None:
        if not isinstance(event, yaml.NodeEvent) or isinstance(event, yaml.AliasEvent):
            return
        mark = _mark(event.start_mark)
        if event.anchor is not None:
            self.anchors.add(event.anchor)
            span = self._word(mark, f"&{event.anchor}")
            self.add("yaml-alias", f"'&{event.anchor}' is an anchor", _WHY_NO_ALIAS, span=span, help=_NO_ALIAS)
        tag: str | None = getattr(event, "tag", None)
        if tag is not None:
            written = tag.replace("tag:yaml.org,2002:", "!!")
            note = "what a value means is known from its place"
            message = f"the tag {written!r} is not part of a recipe"
            self.add("yaml-tag", message, note, span=self._word(mark, written), help="delete the tag")

    def _word(self, mark: _Mark, word: str) -> Span:
        """Returns the span of ``word``, which stands on the line of ``mark`` at or after it."""
        line = self.lines[mark.line]
        column = max(line.find(word, mark.column), mark.column)
        return Span(self.path, mark.line + 1, column + 1, column + len(word) + 1, line)

    def _repair(self, lines: list[str], error: yaml.MarkedYAMLError) -> Finding | None:
        """Masks what lacks quotes on the line of the error, so that YAML can go on; None if nothing does."""
        for mark in (error.problem_mark, error.context_mark):
            if mark is None or mark.line >= len(lines):
                continue
            for pattern in (*UNQUOTED, INDEXED):
                match = re.search(pattern, lines[mark.line])
                if match is None:
                    continue
                start, end = match.span("glob")
                lines[mark.line] = lines[mark.line][:start] + "x" * (end - start) + lines[mark.line][end:]
                span = Span(self.path, mark.line + 1, start + 1, end + 1, self.lines[mark.line])
                return unquoted_expression(span) if pattern is INDEXED else unquoted_glob(span.text(), span)
        return None

    def _bad_yaml(self, text: str, error: yaml.MarkedYAMLError) -> Finding:
        # The two parsers of PyYAML word their problems differently; the pure one is on every machine.
        try:
            for _ in yaml.parse(text, Loader=yaml.SafeLoader):
                pass
        except yaml.MarkedYAMLError as pure:
            error = pure
        except (OverflowError, ValueError):
            return self._impossible_escape(text)
        mark = error.problem_mark or error.context_mark
        if error.context_mark is not None and "end of stream" in (error.problem or ""):
            mark = error.context_mark  # where it was opened says more than where the file ends
        line = min(mark.line, len(self.lines) - 1) if mark is not None else 0
        column = mark.column if mark is not None and mark.line == line else 0
        span = Span(self.path, line + 1, column + 1, column + 2, self.lines[line])
        indentation = re.match(r"\s*", self.lines[line])
        if indentation is not None and "\t" in indentation[0]:
            column = indentation[0].index("\t")
            span = Span(self.path, line + 1, column + 1, len(indentation[0]) + 1, self.lines[line])
            message, why = "this line is indented by a tab", "YAML counts spaces only"
            return Finding.error("tab-indentation", message, why, span=span, help="indent by spaces")
        reasons = ", ".join(text for text in (error.context, error.problem) if text)
        is_flow = "flow" in (error.context or "")
        hint = "within brackets and braces, text that has some itself is written in quotes" if is_flow else None
        return Finding.error("bad-yaml", "this is not YAML", *([reasons] if reasons else []), span=span, help=hint)


_WHY_NO_ALIAS: Final = "a value stands at one place, to which an error can point"
_NO_ALIAS: Final = "name the value under `vars`, or share rules by `extends`"
_QUOTE_GLOBS: Final = "a glob with braces is written in quotes"


def _mark(mark: _Mark | None) -> _Mark:
    """Returns a mark that is there: events of a parser always have theirs, which their types leave open."""
    assert mark is not None
    return mark


def _is_cut(node: Scalar, following: Node) -> bool:
    """Returns whether ``node`` opens a bracket that ``following``, on its line, may close."""
    return (
        not node.is_quoted
        and node.text.count("(") > node.text.count(")")
        and isinstance(following, Scalar)
        and not following.is_quoted
        and following.span.line == node.span.line
        and node.span.text_of_line[node.span.end_column - 1 :].lstrip().startswith(",")
    )


def _joined(first: Scalar, last: Node) -> Scalar:
    span = replace(first.span, end_column=last.span.end_column)
    return Scalar(span.text(), False, span)


def _is_absent(node: Node) -> bool:
    return isinstance(node, Scalar) and not node.is_quoted and not node.text


def _pairs(children: list[Node]) -> Iterator[tuple[Node, Node]]:
    return zip(children[::2], children[1::2], strict=True)
