"""For which networks a recipe is: classes by package, and the names that tell its family."""

from __future__ import annotations

from functools import partial
from typing import Final

from ms_initkit.basis.records import record
from ms_initkit.language.selector_tests import Shape
from ms_initkit.syntax import schemas
from ms_initkit.syntax.globs import Glob
from ms_initkit.syntax.nodes import Mapping, Node
from ms_initkit.syntax.problems import Problems
from ms_initkit.syntax.reading import Fields, read_class_name, read_fields, read_glob, read_one_or_more, read_texts
from ms_initkit.syntax.schemas import Key, Table

_CLASSES: Final = schemas.any_of(
    schemas.one_or_more(schemas.WORD),
    {"type": "object", "additionalProperties": schemas.one_or_more(schemas.WORD)} | schemas.SOME_KEY,
)

_SIGN: Final[Table] = (
    Key("name", schemas.WORD, "A glob over names.", is_required=True),
    Key(Shape.key, Shape.schema, Shape.description),
)
AUDIENCE: Final[Table] = (
    Key("networks", _CLASSES, "Classes of networks by package, with whose references it was compared."),
    Key("alternatives", _CLASSES, "Classes by package that it initialises as others than their authors do."),
    Key(
        "signature",
        schemas.one_or_more(schemas.any_of(schemas.WORD, schemas.mapping(_SIGN))),
        "Globs that must all match parameters of the family's networks, whatever their classes are called.",
    ),
    Key("topics", schemas.one_or_more(schemas.TEXT), "Words by which `list` finds it."),
)


@record
class Classes:
    """Classes of networks.

    Args:
        package: The package they are of; empty if it does not matter.
        names: Their names, in which ``*`` stands for any text.
    """

    package: str
    names: tuple[str, ...]


@record
class Sign:
    """A parameter by which a family is told.

    Args:
        glob: What it is called.
        shape: Its shape; None if that does not matter.
    """

    glob: Glob
    shape: Shape | None = None


@record
class Audience:
    """For which networks a recipe is.

    Args:
        networks: Classes whose counterparts the recipe was compared with: the answer for them.
        alternatives: Classes that it initialises in another way than their counterparts, as other authors do.
        signature: Parameters each of which has to be in the family's networks, whatever their classes are called;
            empty if names do not tell.
        topics: Words by which lists find it.
    """

    networks: tuple[Classes, ...] = ()
    alternatives: tuple[Classes, ...] = ()
    signature: tuple[Sign, ...] = ()
    topics: tuple[str, ...] = ()


def read_audience(fields: Fields) -> Audience:
    """Returns what the keys of a recipe say of its networks; what is wrong goes to the fields' problems."""
    return Audience(
        networks=fields.optional("networks", _read_classes, ()),
        alternatives=fields.optional("alternatives", _read_classes, ()),
        signature=fields.optional("signature", _read_signs, ()),
        topics=fields.optional("topics", read_texts, ()),
    )


def _read_classes(node: Node, what: str) -> tuple[Classes, ...]:
    """Returns classes by package; without packages they are of any."""
    read_names = partial(read_one_or_more, reader=read_class_name)
    if not isinstance(node, Mapping):
        return (Classes("", read_names(node, what)),)
    problems = Problems()
    found = [(key.text, problems.attempt(read_names, value, f"`{key.text}`")) for key, value in node.entries]
    problems.settle()
    return tuple(Classes(package, names.value) for package, names in found)


def _read_signs(node: Node, what: str) -> tuple[Sign, ...]:
    return read_one_or_more(node, what, _read_sign)


def _read_sign(node: Node, what: str) -> Sign:
    """Returns a glob, or a mapping of a glob and a shape."""
    if not isinstance(node, Mapping):
        return Sign(read_glob(node, what))
    problems = Problems()
    fields = read_fields(node, _SIGN, what, problems)
    name, shape = fields.required("name", read_glob), fields.read(Shape.key, Shape.read, None)
    problems.settle()
    return Sign(name.value, shape.value)
