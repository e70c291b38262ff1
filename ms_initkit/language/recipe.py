"""A recipe as data: ordered rules, each with a selector and one action. Made by ``load``, read by ``bind``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from ms_initkit.findings import Span
    from ms_initkit.syntax.expressions import Expression
    from ms_initkit.syntax.globs import Glob


@dataclass(frozen=True, slots=True)
class InitSpec:
    """An initializer asked for by name, its arguments not yet evaluated.

    Args:
        name: As written; ``formulas.find`` knows it.
        arguments: Argument names with their values; expressions wait for a parameter.
        span: Where the name stands.
    """

    name: str
    arguments: tuple[tuple[str, ArgumentValue], ...]
    span: Span


ArgumentValue: TypeAlias = "Expression | str | bool | InitSpec | tuple[ArgumentValue, ...] | None"


@dataclass(frozen=True, slots=True)
class FromSpec:
    """Values of a file: ``key`` is the entry's name, in which ``{i}`` is a capture; None is the parameter's own."""

    path: str
    key: str | None
    span: Span


@dataclass(frozen=True, slots=True)
class KeepSpec:
    """The parameter is left as it is."""

    span: Span


Action: TypeAlias = InitSpec | FromSpec | KeepSpec


@dataclass(frozen=True, slots=True)
class BlocksSpec:
    """The tensor is cut along ``axis`` into ``parts`` equal blocks or blocks of ``sizes``, each drawn on its own."""

    axis: int
    parts: Expression | None
    sizes: tuple[Expression, ...] | None
    span: Span


@dataclass(frozen=True, slots=True)
class FansSpec:
    """Where fans come from; a field left None is the convention's.

    Args:
        convention: ``shape`` as torch and MindSpore count, ``connections`` for true connections.
        fan_in: Inputs of one output unit.
        fan_out: Outputs of one input unit.
        in_axes: Axes of the inputs, with ``out_axes`` and ``batch_axes``; the others are the receptive field.
        out_axes: Axes of the outputs.
        batch_axes: Axes that count in neither, such as stacked experts.
        span: Where it stands.
    """

    convention: Literal["shape", "connections"]
    fan_in: Expression | None
    fan_out: Expression | None
    in_axes: tuple[int, ...] | None
    out_axes: tuple[int, ...] | None
    batch_axes: tuple[int, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class EditSpec:
    """One entry of ``then``: ``add`` and ``multiply`` have a ``value``, ``zero_rows`` has ``at``, ``set`` has both."""

    name: Literal["add", "multiply", "set", "zero_rows"]
    value: Expression | None
    at: tuple[Expression, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Selector:
    """A conjunction of tests; a field left None tests nothing, a tuple is satisfied by any of its members.

    Args:
        names: Globs over whole dotted names.
        regex: Pattern that the whole name must match; its named groups are captures.
        cells: Class names, each looked for in the owner's MRO.
        leaves: Globs over the attribute's name in its owner (``param`` in YAML).
        ndims: Numbers of axes.
        shape: Extents per axis, None for any.
        dtypes: Element types.
        trainable: True, False, or ``any``.
        span: Where it stands.
    """

    names: tuple[Glob, ...] | None
    regex: str | None
    cells: tuple[str, ...] | None
    leaves: tuple[Glob, ...] | None
    ndims: tuple[int, ...] | None
    shape: tuple[int | None, ...] | None
    dtypes: tuple[str, ...] | None
    trainable: Literal[True, False, "any"]
    span: Span


@dataclass(frozen=True, slots=True)
class Rule:
    """Gives what ``match`` selects its ``action``; ``id`` is unique in the file it was written in."""

    id: str
    match: Selector
    action: Action
    blocks: BlocksSpec | None
    fans: FansSpec | None
    then: tuple[EditSpec, ...]
    is_optional: bool
    when: Expression | None
    span: Span


@dataclass(frozen=True, slots=True)
class Count:
    """The number of different values that the one capture of ``glob`` takes over the network's names."""

    glob: Glob


@dataclass(frozen=True, slots=True)
class Extent:
    """The length along ``axis`` of the first parameter that ``glob`` matches."""

    glob: Glob
    axis: int


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of a recipe; expressions may use the variables before it."""

    name: str
    value: Expression | Count | Extent | str | bool
    span: Span


@dataclass(frozen=True, slots=True)
class Recipe:
    """Ordered rules with their variables: the child's before its parents', as ``extends`` says.

    Args:
        family: The family's name.
        path: The file it was read from.
        reference: Key and text of each source it follows, such as ``("paper", "He et al. 2015")``.
        description: One line for lists, may be empty.
        networks: Class names of the networks it is made for, in which ``*`` stands for any text.
        strip_prefixes: Wrapper prefixes taken off names before they are matched.
        variables: In the order in which they are evaluated.
        rules: In the order in which they are tried.
        digest: BLAKE2b of the text of every file it was made of.
    """

    family: str
    path: str
    reference: tuple[tuple[str, str], ...]
    description: str
    networks: tuple[str, ...]
    strip_prefixes: tuple[str, ...]
    variables: tuple[Variable, ...]
    rules: tuple[Rule, ...]
    digest: str


def selector_text(selector: Selector) -> str:
    """Returns what ``selector`` asks for, such as ``name **.weight, cell Dense``."""
    tests = []
    if selector.names is not None:
        tests.append("name " + " or ".join(glob.text for glob in selector.names))
    if selector.regex is not None:
        tests.append(f"regex {selector.regex}")
    if selector.cells is not None:
        tests.append("cell " + " or ".join(selector.cells))
    if selector.leaves is not None:
        tests.append("param " + " or ".join(leaf.text for leaf in selector.leaves))
    if selector.ndims is not None:
        tests.append("ndim " + " or ".join(str(ndim) for ndim in selector.ndims))
    if selector.shape is not None:
        tests.append("shape [" + ", ".join("*" if n is None else str(n) for n in selector.shape) + "]")
    if selector.dtypes is not None:
        tests.append("dtype " + " or ".join(selector.dtypes))
    if selector.trainable is not True:
        tests.append(f"trainable {str(selector.trainable).lower()}")
    return ", ".join(tests)
