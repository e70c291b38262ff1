"""What a selector may ask of a parameter: each test is one class that reads, selects, prints and has its schema."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from functools import lru_cache
from string import digits
from typing import ClassVar, Final, Literal, Self, TypeVar, dataclass_transform, final

from ms_initkit.basis.records import record
from ms_initkit.draws.dtypes import DTYPES
from ms_initkit.language.parameters import Owner, Parameter
from ms_initkit.syntax import schemas
from ms_initkit.syntax.globs import Glob
from ms_initkit.syntax.nodes import Node, Scalar
from ms_initkit.syntax.problems import failure
from ms_initkit.syntax.reading import (
    described,
    read_class_name,
    read_count,
    read_each,
    read_flag,
    read_globs,
    read_identifier,
    read_one_or_more,
    read_text,
    read_word,
    too_much,
)
from ms_initkit.syntax.regexes import Regex as Machine
from ms_initkit.syntax.regexes import RegexError, read_regex
from ms_initkit.syntax.schemas import Key, Schema, Table
from ms_initkit.syntax.work import TooMuchWorkError

ANY: Final = "any"
_LONGEST_REGEX: Final = 500


class Test(ABC):
    """What every test has: its key, its schema, its reader; its text is what a plan shows of it."""

    key: ClassVar[str]
    schema: ClassVar[Schema]
    description: ClassVar[str]

    @classmethod
    @abstractmethod
    def read(cls, node: Node, what: str) -> Self:
        """Returns the test that ``node`` asks for."""


class ParameterTest(Test):
    """A test of the parameter, whoever owns it."""

    @abstractmethod
    def selects(self, parameter: Parameter) -> bool:
        """Returns whether ``parameter`` passes."""


class OwnerTest(Test):
    """A test of one owner's claim: all tests must hold for the same owner."""

    @abstractmethod
    def selects(self, owner: Owner) -> bool:
        """Returns whether ``owner`` passes."""

    @property
    def captures(self) -> tuple[str, ...]:
        """What it captures in every name that passes."""
        return ()

    @property
    def texts(self) -> frozenset[str]:
        """Which of its captures are texts; the others are indices."""
        return frozenset()

    @property
    def is_digit_blind(self) -> bool:
        """Whether names that differ only in their indices all pass, or none of them."""
        return True

    @property
    def alike(self) -> str:
        """The ten digits, in the place of each the first of those that it does not tell from it."""
        return "0" * 10

    def capture(self, name: str) -> dict[str, int | str]:
        """Returns what it captures in ``name``, which passes."""
        del name
        return {}

    def capture_spans(self, name: str) -> dict[str, tuple[int, int]]:
        """Returns where in ``name``, which passes, each capture first stands."""
        del name
        return {}


_T = TypeVar("_T", bound=Test)
_tests: Final[list[type[Test]]] = []


@dataclass_transform(frozen_default=True)
def asked_by(key: str, schema: Schema, description: str) -> Callable[[type[_T]], type[_T]]:
    """Makes a class a test, a record, asked for by ``key``; what is asked is printed in the order of the file."""

    def decorate(kind: type[_T]) -> type[_T]:
        kind.key, kind.schema, kind.description = key, schema, description
        made = record(kind)
        _tests.append(made)
        return made

    return decorate


@final
@asked_by("name", schemas.one_or_more(schemas.WORD), "Globs over the whole dotted name.")
class Name(OwnerTest):
    """Globs over whole dotted names."""

    globs: tuple[Glob, ...]

    @classmethod
    def read(cls, node: Node, what: str) -> Self:
        return cls(read_globs(node, what))

    def selects(self, owner: Owner) -> bool:
        return any(glob.match(owner.name) is not None for glob in self.globs)

    @property
    def captures(self) -> tuple[str, ...]:
        return tuple(name for name in self.globs[0].captures if all(name in glob.captures for glob in self.globs))

    @property
    def texts(self) -> frozenset[str]:
        return frozenset().union(*(glob.texts for glob in self.globs))

    @property
    def is_digit_blind(self) -> bool:
        return all(glob.is_digit_blind for glob in self.globs)

    @property
    def alike(self) -> str:
        return told_apart(glob.alike for glob in self.globs)

    def capture(self, name: str) -> dict[str, int | str]:
        for glob in self.globs:
            found = glob.match(name)
            if found is not None:
                return dict(found)
        return {}

    def capture_spans(self, name: str) -> dict[str, tuple[int, int]]:
        return next((glob.spans(name) for glob in self.globs if glob.match(name) is not None), {})

    def __str__(self) -> str:
        return "name " + " or ".join(glob.text for glob in self.globs)


@final
@asked_by("regex", schemas.TEXT, "A regular expression that the whole name matches.")
class Regex(OwnerTest):
    """A pattern that the whole name must match; its named groups are captures."""

    machine: Machine

    @classmethod
    def read(cls, node: Node, what: str) -> Self:
        return cls(_read_regex(node, what))

    def selects(self, owner: Owner) -> bool:
        return self.machine.matches(owner.name)

    @property
    def captures(self) -> tuple[str, ...]:
        return tuple(self.machine.groups)

    @property
    def is_digit_blind(self) -> bool:
        return False

    @property
    def alike(self) -> str:
        return self.machine.alike

    def capture(self, name: str) -> dict[str, int | str]:
        texts = {group: name[slice(*span)] for group, span in self.capture_spans(name).items() if span != (-1, -1)}
        return {group: int(text) if text.isdecimal() else text for group, text in texts.items() if text}

    def capture_spans(self, name: str) -> dict[str, tuple[int, int]]:
        return self.machine.spans(name) or {}

    def __str__(self) -> str:
        return f"regex {self.machine.pattern}"


@final
@asked_by(
    "cell",
    schemas.one_or_more(schemas.WORD),
    "Class names, looked for among the owner's class and its bases; * stands for any text.",
)
class CellClass(OwnerTest):
    """Class names, each looked for in the owner's MRO."""

    classes: tuple[str, ...]

    @classmethod
    def read(cls, node: Node, what: str) -> Self:
        return cls(read_one_or_more(node, what, read_class_name))

    def selects(self, owner: Owner) -> bool:
        return any(_is_cell(pattern, owner.cell) for pattern in self.classes)

    def __str__(self) -> str:
        return "cell " + " or ".join(self.classes)


@final
@asked_by("param", schemas.one_or_more(schemas.WORD), "Globs over the attribute's name, such as weight or gamma.")
class Leaf(OwnerTest):
    """Globs over the attribute's name in its owner."""

    globs: tuple[Glob, ...]

    @classmethod
    def read(cls, node: Node, what: str) -> Self:
        return cls(read_globs(node, what))

    def selects(self, owner: Owner) -> bool:
        return any(glob.match(owner.leaf) is not None for glob in self.globs)

    def __str__(self) -> str:
        return "param " + " or ".join(glob.text for glob in self.globs)


@final
@asked_by(
    "has",
    schemas.one_or_more(schemas.WORD),
    "Options of the owner's cell that are set to a number, a flag or text, such as padding_idx.",
)
class Has(OwnerTest):
    """Options that the owning cell keeps, whatever their values; None is none."""

    names: tuple[str, ...]

    @classmethod
    def read(cls, node: Node, what: str) -> Self:
        return cls(read_one_or_more(node, what, read_identifier))

    def selects(self, owner: Owner) -> bool:
        return {name for name, _ in owner.options}.issuperset(self.names)

    def __str__(self) -> str:
        return "has " + " and ".join(self.names)


@final
@asked_by("known", schemas.FLAG, "Whether the owner's cell is known; of an index of safetensors it is not.")
class Known(OwnerTest):
    """Whether the owning cell is known: an index of safetensors tells names, shapes and types only."""

    wanted: bool

    @classmethod
    def read(cls, node: Node, what: str) -> Self:
        return cls(read_flag(node, what))

    def selects(self, owner: Owner) -> bool:
        return bool(owner.cell) == self.wanted

    def __str__(self) -> str:
        return f"known {str(self.wanted).lower()}"


@final
@asked_by("ndim", schemas.one_or_more(schemas.COUNT), "Numbers of axes.")
class AxisCount(ParameterTest):
    """Numbers of axes."""

    counts: tuple[int, ...]

    @classmethod
    def read(cls, node: Node, what: str) -> Self:
        return cls(read_one_or_more(node, what, read_count))

    def selects(self, parameter: Parameter) -> bool:
        return len(parameter.shape) in self.counts

    def __str__(self) -> str:
        return "ndim " + " or ".join(map(str, self.counts))


@final
@asked_by(
    "shape", schemas.list_of(schemas.any_of(schemas.COUNT, {"const": ANY})), "Length of each axis; `any` for any."
)
class Shape(ParameterTest):
    """Extents along each axis, None for any."""

    extents: tuple[int | None, ...]

    @classmethod
    def read(cls, node: Node, what: str) -> Self:
        return cls(read_each(node, what, _read_length))

    def selects(self, parameter: Parameter) -> bool:
        return len(self.extents) == len(parameter.shape) and all(
            extent in (None, actual) for extent, actual in zip(self.extents, parameter.shape, strict=True)
        )

    def __str__(self) -> str:
        return "shape [" + ", ".join("*" if n is None else str(n) for n in self.extents) + "]"


@final
@asked_by("dtype", schemas.one_or_more(schemas.one_of(*DTYPES)), "Element types.")
class ElementType(ParameterTest):
    """Element types."""

    names: tuple[str, ...]

    @classmethod
    def read(cls, node: Node, what: str) -> Self:
        return cls(read_one_or_more(node, what, _read_dtype))

    def selects(self, parameter: Parameter) -> bool:
        return parameter.dtype in self.names

    def __str__(self) -> str:
        return "dtype " + " or ".join(self.names)


@final
@asked_by("deferred", schemas.FLAG, "Whether it has no values yet, as what a checkpoint left over.")
class Deferred(ParameterTest):
    """Whether it has an initializer and no values yet: what a checkpoint left over."""

    wanted: bool

    @classmethod
    def read(cls, node: Node, what: str) -> Self:
        return cls(read_flag(node, what))

    def selects(self, parameter: Parameter) -> bool:
        return parameter.is_deferred == self.wanted

    def __str__(self) -> str:
        return f"deferred {str(self.wanted).lower()}"


@final
@asked_by("trainable", {"enum": [True, False, ANY]}, "true (if left out), false or any.")
class Trainable(ParameterTest):
    """Whether it is trained: what a selector asks for unless it says otherwise, and then does not print."""

    wanted: Literal[True, False, "any"] = True

    @classmethod
    def read(cls, node: Node, what: str) -> Self:
        return cls("any" if isinstance(node, Scalar) and node.text == ANY else read_flag(node, what))

    def selects(self, parameter: Parameter) -> bool:
        return self.wanted in (ANY, parameter.is_trainable)

    def __str__(self) -> str:
        return "" if self.wanted is True else f"trainable {str(self.wanted).lower()}"


TESTS: Final = tuple(_tests)
MATCH: Final[Table] = tuple(Key(test.key, test.schema, test.description) for test in TESTS)


@lru_cache(maxsize=4096)
def _is_cell(pattern: str, cell: tuple[str, ...]) -> bool:
    return any(_fits(pattern, name) for name in cell)


def _fits(pattern: str, name: str) -> bool:
    """Returns whether ``name`` is ``pattern``, in which ``*`` stands for any text."""
    first, *rest = pattern.split("*")
    if not rest:
        return name == pattern
    *middle, last = rest
    at, end = len(first), len(name) - len(last)
    if at > end or not (name.startswith(first) and name.endswith(last)):
        return False
    for piece in middle:
        found = name.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return True


def _read_length(node: Node, what: str) -> int | None:
    return None if isinstance(node, Scalar) and node.text == ANY else read_count(node, what)


def _read_dtype(node: Node, what: str) -> str:
    return read_word(node, what, DTYPES)


def told_apart(kinds: Iterable[str]) -> str:
    """Returns the digits, in the place of each the first that none of ``kinds`` tells from it."""
    first: dict[tuple[str, ...], str] = {}
    columns = zip(*kinds, strict=True)
    return "".join(first.setdefault(column, digit) for digit, column in zip(digits, columns, strict=True))


def _read_regex(node: Node, what: str) -> Machine:
    pattern = read_text(node, what)
    if len(pattern) > _LONGEST_REGEX:
        raise failure("bad-regex", f"{what} is longer than {_LONGEST_REGEX} characters", span=node.span)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # Python warns of what it will read differently one day
            return read_regex(pattern)
    except TooMuchWorkError as error:
        raise too_much(error, node) from error
    except RegexError as error:
        span = node.part(error.position) if isinstance(node, Scalar) else node.span
        raise failure("bad-regex", f"{described(node)} is not a regular expression: {error}", span=span) from error
    except Warning as error:
        raise failure("bad-regex", f"{described(node)} is not a regular expression: {error}", span=node.span) from error
