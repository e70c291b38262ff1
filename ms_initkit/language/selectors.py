"""What a rule selects."""

from __future__ import annotations

import re
import warnings
from functools import partial
from typing import TYPE_CHECKING, Final, Literal

from ms_initkit.draws.dtypes import DTYPES
from ms_initkit.language.keys import ANY, MATCH
from ms_initkit.language.recipe import Selector
from ms_initkit.syntax.problems import Problems, failure
from ms_initkit.syntax.reading import (
    described,
    is_unquoted_glob,
    read_class_name,
    read_count,
    read_each,
    read_fields,
    read_flag,
    read_globs,
    read_one_or_more,
    read_text,
    read_word,
    unquoted_glob_failure,
)
from ms_initkit.syntax.source import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from ms_initkit.syntax.source import Node

_LONGEST_REGEX: Final = 500


def read_selector(node: Node, what: str) -> Selector:
    """Returns the selector of a ``match``: globs over names, or a mapping of tests."""
    if is_unquoted_glob(node):
        raise unquoted_glob_failure(node)
    if isinstance(node, Scalar | Sequence) and not _is_empty(node):
        names = read_globs(node, what)
        return Selector(names, None, None, None, None, None, None, True, node.span)
    if not isinstance(node, Mapping) or not node.entries:
        note = "such a rule would select every parameter"
        raise failure("empty-match", f"{what} tests nothing", note, span=node.span, help='write "**" if that is meant')
    return _read_tests(node, what)


def captures_of(selector: Selector) -> tuple[str, ...]:
    """Returns the captures that every name has which ``selector`` selects, with the groups of its pattern."""
    globs = selector.names or ()
    first = globs[0].captures if globs else ()
    common = [name for name in first if all(name in glob.captures for glob in globs)]
    groups = () if selector.regex is None else tuple(re.compile(selector.regex).groupindex)
    return tuple(dict.fromkeys((*common, *groups)))


def _is_empty(node: Scalar | Sequence) -> bool:
    return node.is_null if isinstance(node, Scalar) else not node.items


def _read_tests(node: Mapping, what: str) -> Selector:
    problems = Problems()
    fields = read_fields(node, MATCH, what, problems)
    selector = Selector(
        names=fields.read("name", read_globs, None),
        regex=fields.read("regex", _read_regex, None),
        cells=fields.read("cell", partial(read_one_or_more, reader=read_class_name), None),
        leaves=fields.read("param", read_globs, None),
        ndims=fields.read("ndim", partial(read_one_or_more, reader=read_count), None),
        shape=fields.read("shape", partial(read_each, reader=_read_length), None),
        dtypes=fields.read("dtype", partial(read_one_or_more, reader=_read_dtype), None),
        trainable=fields.read("trainable", _read_trainable, True),
        span=node.span,
    )
    problems.settle()
    return selector


def _read_length(node: Node, what: str) -> int | None:
    return None if isinstance(node, Scalar) and node.text == ANY else read_count(node, what)


def _read_dtype(node: Node, what: str) -> str:
    return read_word(node, what, DTYPES)


def _read_trainable(node: Node, what: str) -> Literal[True, False, "any"]:
    return "any" if isinstance(node, Scalar) and node.text == ANY else read_flag(node, what)


def _read_regex(node: Node, what: str) -> str:
    pattern = read_text(node, what)
    if len(pattern) > _LONGEST_REGEX:
        raise failure("bad-regex", f"{what} is longer than {_LONGEST_REGEX} characters", span=node.span)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # Python warns of what it will read differently one day
            re.compile(pattern)
    except re.error as error:
        span = node.part(error.pos or 0) if isinstance(node, Scalar) else node.span
        raise failure("bad-regex", f"{described(node)} is not a regular expression: {error.msg}", span=span) from error
    except (Warning, OverflowError, RecursionError) as error:
        raise failure("bad-regex", f"{described(node)} is not a regular expression: {error}", span=node.span) from error
    return pattern
