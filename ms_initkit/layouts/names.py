"""The kinds of namings: each reads itself and turns a local name into the global one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeAlias

from ms_initkit.basis.records import record
from ms_initkit.findings import suggestion
from ms_initkit.language.scope import Scope, known_names, read_expression
from ms_initkit.language.selectors import Selector
from ms_initkit.layouts.cuts import whole_number
from ms_initkit.syntax.expressions import Expression
from ms_initkit.syntax.grammar import ExpressionError, Value
from ms_initkit.syntax.nodes import Mapping as MappingNode
from ms_initkit.syntax.nodes import Node, Scalar
from ms_initkit.syntax.problems import Problems, failure
from ms_initkit.syntax.reading import described, listed, read_text


@record
class Template:
    """A whole global name: texts and, in braces, expressions."""

    parts: tuple[str | Expression, ...]

    @classmethod
    def of(cls, text: str) -> Template:
        """Returns the template of a global name, such as ``layers.{i + 8 * pp_rank}.weight``.

        Raises:
            ValueError: If a brace is not closed, or what stands in one is no expression.
        """
        pieces = re.split(r"\{([^{}]*)\}", text)
        if any(char in piece for piece in pieces[::2] for char in "{}*?"):
            raise ValueError(f"{text!r} is no whole name: texts and, in braces, expressions; no stars or choices")
        parts = [Expression(piece) if n % 2 else piece for n, piece in enumerate(pieces)]
        return cls(tuple(part for part in parts if part != ""))

    @classmethod
    def read(cls, node: Node, what: str, scope: Scope) -> Template:
        """Returns the template of ``node``, every name of which ``scope`` knows."""
        text = read_text(node, what)
        try:
            made = cls.of(text)
        except ExpressionError as error:
            raise failure("bad-expression", f"{error} in {described(node)}", span=node.span, help=error.hint) from error
        except ValueError as error:
            hint = "to change indices only, write {i: i + 8}"
            raise failure("bad-template", str(error), span=node.span, help=hint) from error
        problems = Problems()
        for name in sorted(name for part in made.expressions for name in part.names):
            if name not in scope and scope.is_complete:
                hint = suggestion(name, scope) or known_names(scope)
                at = re.search(rf"\b{re.escape(name)}\b", text)
                span = node.part(at.start(), len(name)) if at and isinstance(node, Scalar) else node.span
                problems.add("unknown-variable", f"no variable is called {name!r}", span=span, help=hint)
        problems.settle()
        return made

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """All that it counts on."""
        return tuple(part for part in self.parts if isinstance(part, Expression))

    def renamed(self, name: str, match: Selector, environment: Mapping[str, Value]) -> str:
        """Returns the global name, whatever the local one is.

        Raises:
            ValueError: If an index is none.
        """
        del name, match
        return "".join(
            part if isinstance(part, str) else str(_index(part.evaluate(environment), part.text)) for part in self.parts
        )


@record
class Indices:
    """The local name with other indices in the places of its captures."""

    values: tuple[tuple[str, Expression], ...]

    @classmethod
    def read(cls, node: MappingNode, what: str, scope: Scope) -> Indices:
        """Returns the indices of ``node``: captures of this rule with their expressions."""
        problems = Problems()
        values = []
        for key, value in node.entries:
            if key.text not in scope.others and scope.is_complete:
                note = f"`match` captures {listed(scope.others) if scope.others else 'nothing'}"
                hint = suggestion(key.text, scope.others)
                message = f"{key.text!r} is no capture of this rule"
                problems.add("unknown-variable", message, note, span=key.span, help=hint)
            values.append((key.text, problems.attempt(read_expression, value, f"the index {key.text!r}", scope)))
        if not values:
            problems.add("wrong-type", f"{what} changes nothing", span=node.span)
        problems.settle()
        return cls(tuple((name, value.value) for name, value in values))

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """All that they count on."""
        return tuple(value for _, value in self.values)

    def renamed(self, name: str, match: Selector, environment: Mapping[str, Value]) -> str:
        """Returns the global form of ``name``, which ``match`` selects.

        Raises:
            ValueError: If an index is not captured, or is none.
        """
        spans = match.capture_spans(name)
        wanted = {capture: _index(value.evaluate(environment), capture) for capture, value in self.values}
        for capture in wanted:
            if capture not in spans:
                raise ValueError(f"{{{capture}}} is captured nowhere in {name!r}")
        for capture, (start, stop) in sorted(spans.items(), key=lambda item: -item[1][0]):
            if capture in wanted:
                name = f"{name[:start]}{wanted[capture]}{name[stop:]}"
        return name


Naming: TypeAlias = Template | Indices


def read_naming(node: Node, what: str, scope: Scope) -> Naming:
    """Returns the naming of ``node``: a mapping changes indices, a text is a whole name."""
    return Indices.read(node, what, scope) if isinstance(node, MappingNode) else Template.read(node, what, scope)


def _index(value: float, what: str) -> int:
    index = whole_number(value, what)
    if index < 0:
        raise ValueError(f"the index {what} would be {index}")
    return index
