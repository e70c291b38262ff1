"""What a rule selects: a conjunction of tests."""

from __future__ import annotations

from dataclasses import field, replace
from typing import TypeVar

from ms_initkit.basis.records import record
from ms_initkit.findings import Span
from ms_initkit.language.parameters import Parameter
from ms_initkit.language.selector_tests import MATCH, TESTS, Name, OwnerTest, ParameterTest, Test, told_apart
from ms_initkit.syntax import schemas
from ms_initkit.syntax.nodes import Mapping, Node, Scalar, Sequence
from ms_initkit.syntax.problems import Problems, failure
from ms_initkit.syntax.reading import is_unquoted_glob, read_fields, read_globs, unquoted_glob_failure
from ms_initkit.syntax.schemas import Schema

_T = TypeVar("_T", bound=Test)


@record
class Selector:
    """A conjunction of tests, all of which must hold for one owner of a parameter.

    Args:
        tests: The tests.
        span: Where it stands.
    """

    tests: tuple[Test, ...]
    span: Span
    _of_parameter: tuple[ParameterTest, ...] = field(init=False, compare=False, repr=False)
    _of_owner: tuple[OwnerTest, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Sorts the tests by what they look at."""
        of_parameter = tuple(test for test in self.tests if isinstance(test, ParameterTest))
        of_owner = tuple(test for test in self.tests if isinstance(test, OwnerTest))
        object.__setattr__(self, "_of_parameter", of_parameter)  # the class is frozen for everybody else
        object.__setattr__(self, "_of_owner", of_owner)

    def selecting_owner(self, parameter: Parameter) -> int | None:
        """Returns the number of the first owner under which ``parameter`` is selected; None if there is none."""
        for test in self._of_parameter:
            if not test.selects(parameter):
                return None
        for number, owner in enumerate(parameter.owners):
            if all(test.selects(owner) for test in self._of_owner):
                return number
        return None

    @property
    def is_digit_blind(self) -> bool:
        """Whether parameters whose names differ only in their indices are all selected, or none of them."""
        return all(test.is_digit_blind for test in self._of_owner)

    @property
    def alike(self) -> str:
        """The ten digits, in the place of each the first of those that it does not tell from it."""
        return told_apart(test.alike for test in self._of_owner)

    @property
    def landmarks(self) -> frozenset[str] | None:
        """Segments of which every name that it selects has one; None where none need be there."""
        name = self.find(Name)
        found = [] if name is None else [glob.landmarks for glob in name.globs if glob.landmarks is not None]
        return frozenset().union(*found) if name is not None and len(found) == len(name.globs) else None

    @property
    def is_laborious(self) -> bool:
        """Whether it has to be held against every kind of name, for want of a segment that they must have."""
        return self.names is None and self.landmarks is None

    @property
    def names(self) -> frozenset[str] | None:
        """All names that it can select; None where they are not to be counted."""
        name = self.find(Name)
        found = [] if name is None else [glob.names for glob in name.globs]
        return frozenset().union(*(one for one in found if one is not None)) if found and None not in found else None

    @property
    def captures(self) -> tuple[str, ...]:
        """The captures that every selected name has."""
        return tuple(dict.fromkeys(name for test in self._of_owner for name in test.captures))

    @property
    def texts(self) -> frozenset[str]:
        """Which of the captures are texts; the others are indices."""
        return frozenset().union(*(test.texts for test in self._of_owner))

    def capture(self, name: str) -> dict[str, int | str]:
        """Returns what is captured in ``name``, which is selected."""
        return next((found for test in self._of_owner if (found := test.capture(name))), {})

    def capture_spans(self, name: str) -> dict[str, tuple[int, int]]:
        """Returns where in ``name``, which is selected, each capture first stands."""
        return next((found for test in self._of_owner if (found := test.capture_spans(name))), {})

    def find(self, kind: type[_T]) -> _T | None:
        """Returns the test of that kind, or None."""
        return next((test for test in self.tests if isinstance(test, kind)), None)

    def or_else(self, test: Test) -> Selector:
        """Returns the selector with ``test``, unless it has one of that kind."""
        return self if self.find(type(test)) is not None else replace(self, tests=(*self.tests, test))

    def __str__(self) -> str:
        """Returns what it asks for, such as ``name **.weight, cell Dense``."""
        return ", ".join(text for test in self.tests if (text := str(test)))


def read_selector(node: Node, what: str) -> Selector:
    """Returns the selector of a ``match``: globs over names, or a mapping of tests."""
    if is_unquoted_glob(node):
        raise unquoted_glob_failure(node)
    if isinstance(node, Scalar | Sequence) and not _is_empty(node):
        return Selector((Name(read_globs(node, what)),), node.span)
    if not isinstance(node, Mapping) or not node.entries:
        note = "such a rule would select every parameter"
        raise failure("empty-match", f"{what} tests nothing", note, span=node.span, help='write "**" if that is meant')
    problems = Problems()
    fields = read_fields(node, MATCH, what, problems)
    tests = [fields.required(test.key, test.read) for test in TESTS if test.key in fields]
    problems.settle()
    return Selector(tuple(test.value for test in tests), node.span)


def selector_schema() -> Schema:
    """Returns the schema of a ``match``."""
    return schemas.any_of(schemas.one_or_more(schemas.WORD), schemas.mapping(MATCH) | schemas.SOME_KEY)


def _is_empty(node: Scalar | Sequence) -> bool:
    return node.is_null if isinstance(node, Scalar) else not node.items
