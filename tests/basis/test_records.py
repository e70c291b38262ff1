"""Records are what frozen data classes are, to whoever uses them and to ``dataclasses``."""

from __future__ import annotations

import copy
import inspect
import math
import pickle
import re
from abc import ABC, abstractmethod
from dataclasses import KW_ONLY, FrozenInstanceError, asdict, dataclass, field, fields, replace
from functools import cached_property
from typing import ClassVar

import pytest

from ms_initkit.basis.records import open_record, record


@dataclass(frozen=True, slots=True)
class Model:
    """What ``dataclass`` makes."""

    first: int
    second: tuple[float, ...] = ()
    third: list[int] = field(default_factory=list)
    _: KW_ONLY
    hidden: str = field(default="", repr=False, compare=False)
    kind: ClassVar[str] = "of the class"


@record
class Ours:
    """The same fields."""

    first: int
    second: tuple[float, ...] = ()
    third: list[int] = field(default_factory=list)
    _: KW_ONLY
    hidden: str = field(default="", repr=False, compare=False)
    kind: ClassVar[str] = "of the class"


@record
class Pair:
    """Two numbers."""

    x: float
    y: float = 0.0


@record
class Single:
    """One."""

    x: float


@record
class Empty:
    """None."""


@open_record
class Kept:
    """Keeps what it computed."""

    x: int

    @cached_property
    def squared(self) -> int:
        return self.x**2


@pytest.mark.parametrize("arguments", [(1,), (1, (2.0,)), (1, (2.0,), [3])])
def test_it_prints_and_compares_as_a_frozen_data_class_does(arguments: tuple[object, ...]) -> None:
    model, ours = Model(*arguments), Ours(*arguments)  # type: ignore[arg-type]  # of any length

    assert repr(ours) == repr(model).replace("Model", "Ours")
    assert asdict(ours) == asdict(model)
    assert ours == Ours(*arguments, hidden="not compared")  # type: ignore[arg-type]
    assert ours != model  # type: ignore[comparison-overlap]


def test_its_signature_is_that_of_its_fields() -> None:
    assert inspect.signature(Ours).parameters.keys() == inspect.signature(Model).parameters.keys()
    assert str(inspect.signature(Pair)) == "(x: 'float', y: 'float' = 0.0) -> None"


@pytest.mark.parametrize(
    ("arguments", "named", "message"),
    [
        ((), {}, "missing 1 required positional argument: 'x'"),
        ((1, 2, 3), {}, "takes from 2 to 3 positional arguments but 4 were given"),
        ((1,), {"x": 2}, "got multiple values for argument 'x'"),
        ((1,), {"z": 2}, "got an unexpected keyword argument 'z'"),
    ],
)
def test_wrong_arguments_are_refused_as_any_function_does(
    arguments: tuple[float, ...], named: dict[str, float], message: str
) -> None:
    with pytest.raises(TypeError, match=re.escape(f"Pair.__init__() {message}")):
        Pair(*arguments, **named)


def test_a_list_is_made_anew_for_each() -> None:
    assert Ours(1).third is not Ours(1).third


@pytest.mark.parametrize("one", [Pair(1.0), Single(1.0), Kept(1)])
def test_nothing_of_it_can_be_changed(one: Pair | Single | Kept) -> None:
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'x'"):
        one.x = 2  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'x'"):
        del one.x
    with pytest.raises((FrozenInstanceError, AttributeError)):
        one.new = 2  # type: ignore[union-attr]
    assert one.x == 1


def test_equal_ones_have_one_hash_and_different_ones_are_told_apart() -> None:
    assert len({Pair(1.0), Pair(1.0, 0.0), Pair(1.0, 1.0), Single(1.0), Single(1.0), Empty(), Empty()}) == 4


def test_what_is_not_equal_to_itself_is_equal_in_the_same_place() -> None:
    assert Single(math.nan) == Single(math.nan)


def test_it_is_copied_replaced_and_pickled() -> None:
    one = Pair(1.0, 2.0)

    assert replace(one, y=3.0) == Pair(1.0, 3.0)
    assert copy.deepcopy(one) == copy.copy(one) == pickle.loads(pickle.dumps(one)) == one


def test_it_matches_by_place() -> None:
    match Pair(1.0, 2.0):
        case Pair(x, y):
            assert (x, y) == (1.0, 2.0)


def test_it_has_slots_unless_it_is_open() -> None:
    assert not hasattr(Pair(1.0), "__dict__")
    assert Kept(3).squared == 9


def test_what_a_class_says_itself_stays() -> None:
    @record
    class Own:
        x: int

        def __repr__(self) -> str:
            return "own"

        def __eq__(self, other: object) -> bool:
            return True

        def __post_init__(self) -> None:
            object.__setattr__(self, "x", self.x + 1)

    assert (repr(Own(1)), Own(1) == 7, Own(1).x) == ("own", True, 2)
    assert hash(Own(1)) == hash(Own(1))


def test_a_class_derived_beside_others_may_have_attributes_of_its_own() -> None:
    class Other:
        seed: int | None = None

    class Derived(Kept, Other):
        pass

    derived = Derived(1)
    derived.seed = 2
    assert derived.seed == 2
    with pytest.raises(FrozenInstanceError):
        derived.x = 2  # type: ignore[misc]


def test_a_frozen_data_class_may_be_derived_from_it() -> None:
    @dataclass(frozen=True)
    class Derived(Kept):
        y: int = 0

    assert Derived(1, 2) == Derived(1, 2)


def test_a_record_may_be_derived_from_another() -> None:
    @record
    class Triple(Pair):
        z: float = 0.0

    one = Triple(1.0, z=3.0)

    assert repr(one).endswith("Triple(x=1.0, y=0.0, z=3.0)")
    assert one == Triple(1.0, 0.0, 3.0) != Triple(1.0)
    assert one != Pair(1.0)
    assert not hasattr(one, "__dict__")
    assert copy.copy(one) == replace(Triple(2.0, 0.0, 3.0), x=1.0) == one
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'x'"):
        one.x = 2.0  # type: ignore[misc]
    with pytest.raises((FrozenInstanceError, AttributeError)):
        one.new = 2.0  # type: ignore[attr-defined]


def test_an_abstract_method_is_still_asked_for() -> None:
    class Abstract(ABC):
        @abstractmethod
        def tell(self) -> int: ...

    @record
    class Silent(Abstract):
        x: int

    with pytest.raises(TypeError, match="abstract method"):
        Silent(1)  # type: ignore[abstract]


def test_data_classes_know_its_fields() -> None:
    assert [one.name for one in fields(Ours)] == ["first", "second", "third", "hidden"]
