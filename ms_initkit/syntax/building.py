"""Nodes of YAML's events, and what is wrong with what they say.

Only the plain part of YAML is a recipe: mappings, lists and scalars. Anchors, aliases, merge keys and tags
are refused: variables and ``extends`` do their work, each value stands at one place that an error can point to,
and no few lines expand to billions. Scalars keep their text; what it means depends on what is due at its place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final, Unpack

import yaml

from ms_initkit.findings import About, Finding, Span
from ms_initkit.syntax.faults import too_deep
from ms_initkit.syntax.lines import Lines, Mark
from ms_initkit.syntax.nodes import Mapping, Node, Scalar, Sequence
from ms_initkit.syntax.numerals import explain_ambiguity
from ms_initkit.syntax.repairs import unquoted_expression, unquoted_glob

MOST_NODES: Final = 50_000
DEEPEST: Final = 24

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_WHY_NO_ALIAS: Final = "a value stands at one place, to which an error can point"
_NO_ALIAS: Final = "name the value under `vars`, or share rules by `extends`"
_QUOTE_GLOBS: Final = "a glob with braces is written in quotes"


class TooLargeError(Exception):
    """More nodes, or deeper ones, than a recipe has."""


@dataclass
class _Open:
    """A collection whose end has not come yet."""

    start: yaml.Event
    children: list[Node] = field(default_factory=list)


@dataclass
class Builder:
    """Builds nodes of the events of one text, without recursion, and collects what is wrong.

    Args:
        lines: As they are written: the text that is parsed may have something masked.
    """

    lines: Lines
    findings: list[Finding] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)
    has_alias: bool = False

    def build(self, text: str) -> Node | None:
        """Returns the root; None if there is none, or an alias stands for a part of it.

        Raises:
            TooLargeError: If no recipe is as large.
            yaml.MarkedYAMLError: If it is not YAML.
            ValueError: If an escape stands for no character; an ``OverflowError`` likewise.
        """
        documents: list[Node] = []
        stack: list[_Open] = []
        for count, event in enumerate(yaml.parse(text, Loader=_LOADER), 1):
            if count > MOST_NODES:
                raise TooLargeError(f"it has more than {MOST_NODES} values")
            self._refuse_decoration(event)
            node: Node | None = None
            match event:
                case yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                    stack.append(_Open(event))
                    if len(stack) > DEEPEST:
                        raise TooLargeError(too_deep(given(event.start_mark).line + 1, DEEPEST))
                case yaml.SequenceEndEvent():
                    node = self._sequence(stack.pop(), event)
                case yaml.MappingEndEvent():
                    node = self._mapping(stack.pop(), event)
                case yaml.ScalarEvent():
                    node = self._scalar(event)
                case yaml.AliasEvent():
                    node = self._alias(event)
                case yaml.DocumentStartEvent() if documents:
                    self._add(
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
            hint = "`ms-initkit list` shows the shipped ones"
            self._add("empty-recipe", "there is no recipe here", span=self.lines.first, help=hint)
            return None
        # What an alias stands for is not followed, so what is made of it would be blamed for nothing.
        return None if self.has_alias else root

    def _scalar(self, event: yaml.ScalarEvent) -> Scalar:
        span = self._span(event, event)
        is_quoted = event.style not in (None, "")  # the C parser says "" where the other says None
        text: str = event.value
        is_bare = not is_quoted and event.anchor is None and event.tag is None and text != ""
        if is_bare and given(event.start_mark).line == given(event.end_mark).line:
            text = span.text()  # what was masked to please YAML is read as it was written
        ambiguity = None if is_quoted else explain_ambiguity(text)
        if ambiguity is not None:
            why, instead = ambiguity
            message = f"{text!r} is read differently by different readers"
            hint = f"write {instead}, or '{text}' in quotes where text is meant"
            self._add("ambiguous-number", message, why, span=span, help=hint)
        return Scalar(text, is_quoted, span)

    def _sequence(self, opened: _Open, end: yaml.Event) -> Sequence:
        items = self._rejoined(opened.children, has_values=False)
        return Sequence(tuple(items), self._span(opened.start, end))

    def _mapping(self, opened: _Open, end: yaml.Event) -> Mapping:
        entries: dict[str, tuple[Scalar, Node]] = {}
        for key, node in _pairs(self._rejoined(opened.children, has_values=True)):
            if not isinstance(key, Scalar):
                self._add("wrong-type", "a key is a word, not a list or a mapping", span=key.span, help=_QUOTE_GLOBS)
            elif key.text == "<<":
                message = "merge keys are not part of a recipe"
                self._add("yaml-alias", message, _WHY_NO_ALIAS, span=key.span, help=_NO_ALIAS)
            elif key.text in entries:
                first = entries[key.text][0].span
                message = f"{key.text!r} is given twice"
                note = f"the first stands at line {first.line}; YAML would silently keep only the last"
                self._add("duplicate-key", message, note, span=key.span, help="delete one of the two")
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
            self._add("yaml-alias", f"{written!r} is an alias", _WHY_NO_ALIAS, span=span, help=_NO_ALIAS)
        else:
            self.findings.append(unquoted_glob(written, span))
        return Scalar(written, True, span)

    def _refuse_decoration(self, event: yaml.Event) -> None:
        if not isinstance(event, yaml.NodeEvent) or isinstance(event, yaml.AliasEvent):
            return
        mark = given(event.start_mark)
        if event.anchor is not None:
            self.anchors.add(event.anchor)
            span = self.lines.word(mark, f"&{event.anchor}")
            self._add("yaml-alias", f"'&{event.anchor}' is an anchor", _WHY_NO_ALIAS, span=span, help=_NO_ALIAS)
        tag: str | None = getattr(event, "tag", None)
        if tag is not None:
            written = tag.replace("tag:yaml.org,2002:", "!!")
            note = "what a value means is known from its place"
            message = f"the tag {written!r} is not part of a recipe"
            self._add("yaml-tag", message, note, span=self.lines.word(mark, written), help="delete the tag")

    def _span(self, start: yaml.Event, end: yaml.Event) -> Span:
        return self.lines.between(given(start.start_mark), given(end.end_mark))

    def _add(self, code: str, message: str, *notes: str, **about: Unpack[About]) -> None:
        self.findings.append(Finding.error(code, message, *notes, **about))


def given(mark: Mark | None) -> Mark:
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
