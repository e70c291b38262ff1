"""Typed values off nodes: a reader takes a node and what it is for, and returns its value or raises."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from itertools import islice
from typing import Final, TypeVar

from ms_initkit.basis.records import record
from ms_initkit.findings import Finding, RecipeError, Span, suggestion
from ms_initkit.syntax.glob_grammar import GlobError
from ms_initkit.syntax.globs import Glob
from ms_initkit.syntax.nodes import Mapping, Node, Scalar, Sequence
from ms_initkit.syntax.numerals import explain_ambiguity, read_number
from ms_initkit.syntax.problems import AlreadySaidError, Attempt, Problems, failure
from ms_initkit.syntax.repairs import unquoted_glob
from ms_initkit.syntax.schemas import Table
from ms_initkit.syntax.work import TooMuchWorkError, pattern_too_large

_T = TypeVar("_T")
_D = TypeVar("_D")
_W = TypeVar("_W", bound=str)

_LONGEST_SHOWN: Final = 40
_MOST_LISTED: Final = 20
# What other readers of YAML take for flags.
_OLD_FLAGS: Final = {
    **dict.fromkeys(("yes", "on", "y", "true"), "true"),
    **dict.fromkeys(("no", "off", "n", "false"), "false"),
}


@record
class Fields:
    """The known keys of a mapping with their nodes; what is wrong with them goes to ``problems``."""

    nodes: dict[str, Node]
    problems: Problems

    def __contains__(self, key: str) -> bool:
        return key in self.nodes

    def read(self, key: str, reader: Callable[[Node, str], _T], default: _D) -> Attempt[_T | _D]:
        """Returns the value of ``key``, or ``default`` where it is left out."""
        return self.required(key, reader) if key in self.nodes else Attempt((default,))

    def optional(self, key: str, reader: Callable[[Node, str], _T], default: _D) -> _T | _D:
        """Returns the value of ``key``, or ``default`` where it is left out or cannot be read."""
        return self.required(key, reader).or_else(default)

    def required(self, key: str, reader: Callable[[Node, str], _T]) -> Attempt[_T]:
        """Returns the value of ``key``, or nothing where it is left out: that is a problem already."""
        return self.problems.attempt(reader, self.nodes[key], f"`{key}`") if key in self.nodes else Attempt()


def read_fields(node: Node, table: Table, what: str, problems: Problems) -> Fields:
    """Returns the known keys of a mapping; unknown and missing keys go to ``problems``.

    Raises:
        RecipeError: If it is no mapping.
    """
    names = tuple(key.name for key in table)
    if not isinstance(node, Mapping):
        note = f"its keys are {listed(names)}"
        raise failure("wrong-type", f"{what} is a mapping, not {described(node)}", note, span=node.span)
    for key, _ in node.entries:
        if key.text not in names:
            hint = suggestion(key.text, names) or f"its keys are {listed(names)}"
            problems.add("unknown-key", f"{what} has no key {key.text!r}", span=key.span, help=hint)
    found = {key.text: value for key, value in node.entries if key.text in names}
    for due in table:
        if due.is_required and due.name not in found:
            note = f"`{due.name}`: {due.description[0].lower()}{due.description[1:].rstrip('.')}"
            problems.add("missing-key", f"{what} has no `{due.name}`", note, span=node.span)
    return Fields(found, problems)


def described(node: Node) -> str:
    """Returns what ``node`` is, for the end of a sentence."""
    match node:
        case Scalar() if node.is_null:
            return "nothing"
        case Scalar(text) if len(text) > _LONGEST_SHOWN:
            return f"'{text[: _LONGEST_SHOWN - 3]}...'"
        case Scalar(text):
            return f"'{text}'"  # no repr: it would double backslashes
        case Sequence():
            return "a list"
        case Mapping():
            return "a mapping"


def listed(words: tuple[str, ...], joint: str = "and") -> str:
    """Returns ``a, b and c``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {joint} {words[-1]}"


def few(words: Collection[str]) -> str:
    """Returns the first of ``words`` as ``listed`` has them, and how many more there are."""
    first = tuple(islice(words, _MOST_LISTED))
    return listed(first if len(words) == len(first) else (*first, f"{len(words) - len(first)} more"))


def read_text(node: Node, what: str) -> str:
    """Returns a text; a number or a word such as ``no`` is taken as it is written."""
    if isinstance(node, Scalar):
        if is_text(node):
            return node.text
        hint = f"write '{node.text}' in quotes" if node.text in ("true", "false") else None
        raise failure("wrong-type", f"{what} is text, not {described(node)}", span=node.span, help=hint)
    if is_unquoted_glob(node):
        raise unquoted_glob_failure(node)
    raise failure("wrong-type", f"{what} is text, not {described(node)}", span=node.span)


def is_text(node: Scalar) -> bool:
    """Returns whether ``node`` says something, and is no flag."""
    is_flag = not node.is_quoted and node.text in ("true", "false")
    return bool(node.text.strip()) and not node.is_null and not is_flag


def read_flag(node: Node, what: str) -> bool:
    """Returns True for ``true`` and False for ``false``; every other spelling is refused."""
    if isinstance(node, Scalar) and not node.is_quoted and node.text in ("true", "false"):
        return node.text == "true"
    raise failure("wrong-type", f"{what} is true or false, not {described(node)}", span=node.span, help=flag_hint(node))


def flag_hint(node: Node) -> str | None:
    """Returns how to write a flag that is written as other readers of YAML have it, or None."""
    if not isinstance(node, Scalar) or node.text.lower() not in _OLD_FLAGS:
        return None
    return f"write {_OLD_FLAGS[node.text.lower()]}" + (", without quotes" if node.is_quoted else "")


def read_integer(node: Node, what: str) -> int:
    """Returns an integer."""
    if isinstance(node, Scalar):
        refuse_ambiguous(node)
        number = read_number(node.text)
        if isinstance(number, int) and abs(number) < 2**31:
            return number
    raise failure("wrong-type", f"{what} is a whole number, not {described(node)}", span=node.span)


def read_count(node: Node, what: str) -> int:
    """Returns an integer that is not negative."""
    number = read_integer(node, what)
    if number < 0:
        raise failure("wrong-type", f"{what} is a whole number from 0, not {number}", span=node.span)
    return number


def refuse_ambiguous(node: Scalar) -> None:
    """Raises if ``node`` is a number that different readers take differently."""
    ambiguity = explain_ambiguity(node.text)
    if ambiguity is None:
        return
    if not node.is_quoted:
        raise AlreadySaidError
    why, instead = ambiguity
    message = f"{node.text!r} is read differently by different readers"
    raise failure("ambiguous-number", message, why, span=node.span, help=f"write {instead}")


def read_word(node: Node, what: str, words: tuple[_W, ...]) -> _W:
    """Returns one of ``words``."""
    if not isinstance(node, Scalar) or node.is_null:
        raise failure("wrong-type", f"{what} is {listed(words, 'or')}, not {described(node)}", span=node.span)
    for word in words:
        if word == node.text:
            return word
    note = f"it is {listed(words, 'or')}"
    hint = suggestion(node.text, words)
    raise failure("unknown-word", f"{what} cannot be {described(node)}", note, span=node.span, help=hint)


def read_each(
    node: Node, what: str, reader: Callable[[Node, str], _T], *, may_be_empty: bool = False
) -> tuple[_T, ...]:
    """Returns the items of a list, which is not empty unless it ``may_be_empty``."""
    if not isinstance(node, Sequence):
        hint = "write it in brackets: [...]"
        raise failure("wrong-type", f"{what} is a list, not {described(node)}", span=node.span, help=hint)
    if not node.items and not may_be_empty:
        raise failure("wrong-type", f"{what} is an empty list", span=node.span)
    problems = Problems()
    items = [problems.attempt(reader, item, f"an item of {what}") for item in node.items]
    problems.settle()
    return tuple(item.value for item in items)


def read_one_or_more(node: Node, what: str, reader: Callable[[Node, str], _T]) -> tuple[_T, ...]:
    """Returns the items of a list, or a single value as a list of one."""
    return read_each(node, what, reader) if isinstance(node, Sequence) else (reader(node, what),)


def read_texts(node: Node, what: str) -> tuple[str, ...]:
    """Returns a text or a list of texts."""
    return read_one_or_more(node, what, read_text)


def read_globs(node: Node, what: str) -> tuple[Glob, ...]:
    """Returns a glob or a list of globs."""
    return read_one_or_more(node, what, read_glob)


def read_glob(node: Node, what: str) -> Glob:
    """Returns a glob."""
    if is_unquoted_glob(node):
        raise unquoted_glob_failure(node)
    if not isinstance(node, Scalar) or node.is_null:
        raise failure("wrong-type", f"{what} is a glob over names, not {described(node)}", span=node.span)
    try:
        return Glob(node.text)
    except TooMuchWorkError as error:
        raise too_much(error, node) from error
    except GlobError as error:
        span = node.part(error.start, error.length)
        raise failure("bad-glob", f"{described(node)} is not a glob: {error}", span=span, help=error.hint) from error


def too_much(error: TooMuchWorkError, node: Node, said: Callable[[Span], Finding] = pattern_too_large) -> RecipeError:
    """Returns the exception for what leaves no work for the rest, of which nothing more is ``said``."""
    return RecipeError([said(node.span)]) if error.is_first else AlreadySaidError()


def is_unquoted_glob(node: Node) -> bool:
    """Returns whether ``node`` is ``{i}`` or ``{a,b}`` without quotes: keys without values to YAML."""
    return (
        isinstance(node, Mapping)
        and bool(node.entries)
        and node.span.text().startswith("{")
        and ":" not in node.span.text()
        and all(isinstance(value, Scalar) and value.is_null and not value.text for _, value in node.entries)
    )


def unquoted_glob_failure(node: Node) -> RecipeError:
    """Returns the exception for a glob that YAML took for a mapping."""
    return RecipeError([unquoted_glob(node.span.text(), node.span)])


def read_name(node: Node, what: str, pattern: str, note: str) -> str:
    """Returns a text of the form ``pattern``; ``note`` says in words which that is."""
    text = read_text(node, what)
    if re.fullmatch(pattern, text) is None:
        raise failure("wrong-type", f"{what} cannot be {described(node)}", note, span=node.span)
    return text


def read_identifier(node: Node, what: str) -> str:
    """Returns a name of letters, digits and underscores."""
    note = "it has letters, digits and underscores, no digit first"
    return read_name(node, what, r"[A-Za-z_][A-Za-z0-9_]*", note)


def read_class_name(node: Node, what: str) -> str:
    """Returns a class's name, in which ``*`` stands for any text."""
    note = "a class name has letters, digits and underscores; * stands for any of them"
    return read_name(node, what, r"[A-Za-z_*][A-Za-z0-9_*]*", note)
