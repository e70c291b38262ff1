"""The keys of the recipe language: ``load`` checks files by these tables, and ``schema`` is made of them."""

from __future__ import annotations

from typing import Final

from ms_initkit.syntax.reading import Key, Table

RECIPE: Final[Table] = (
    Key("family", "text", "The name of the model family.", is_required=True),
    Key("reference", "sources", "What the recipe follows: a paper, a piece of code."),
    Key("description", "text", "One line for lists."),
    Key("networks", "words", "Class names of the networks it is made for; `suggest` goes by them."),
    Key("extends", "text", "A shipped recipe or a path; its rules stand after this recipe's."),
    Key("strip_prefixes", "texts", "Prefixes of wrappers, taken off names before they are matched."),
    Key("vars", "variables", "Variables for expressions, each of which may use those before it."),
    Key("rules", "rules", "The rules; a parameter goes to the first that selects it."),
)

RULE: Final[Table] = (
    Key("id", "text", "The rule's name in plans; its number if left out."),
    Key("match", "match", "Which parameters the rule selects.", is_required=True),
    Key("init", "initializer", "An initializer, or `keep`."),
    Key("from", "from", "A file whose values are taken."),
    Key("blocks", "blocks", "The parts of a fused tensor, each drawn on its own."),
    Key("fans", "fans", "Where fan_in and fan_out come from."),
    Key("then", "edits", "Edits of the drawn values, in order."),
    Key("optional", "flag", "Whether the rule may select nothing."),
    Key("when", "condition", "A condition on variables; where it is false the rule does not exist."),
)

MATCH: Final[Table] = (
    Key("name", "globs", "Globs over the whole dotted name."),
    Key("regex", "text", "A regular expression that the whole name matches."),
    Key(
        "cell",
        "words",
        "Class names, looked for among the owner's class and its bases; * stands for any text.",
    ),
    Key("param", "globs", "Globs over the attribute's name, such as weight or gamma."),
    Key("ndim", "counts", "Numbers of axes."),
    Key("shape", "shape", "Length of each axis; `any` for any."),
    Key("dtype", "dtypes", "Element types."),
    Key("trainable", "trainable", "true (if left out), false or any."),
)

FROM: Final[Table] = (
    Key("path", "text", "A safetensors, .ckpt or .npy file.", is_required=True),
    Key("key", "text", "The entry's name, captures in braces; the parameter's own if left out."),
)

BLOCKS: Final[Table] = (
    Key("axis", "axis", "The axis that is cut.", is_required=True),
    Key("parts", "expression", "How many equal blocks."),
    Key("sizes", "expressions", "The length of each block."),
)

FANS: Final[Table] = (
    Key("in", "expression", "The inputs of one output unit."),
    Key("out", "expression", "The outputs of one input unit."),
    Key("in_axes", "axes", "Axes of the inputs."),
    Key("out_axes", "axes", "Axes of the outputs."),
    Key("batch_axes", "axes", "Axes that count in neither, such as stacked experts."),
)

EDITS: Final[Table] = (
    Key("add", "expression", "Adds a number to every element."),
    Key("multiply", "expression", "Multiplies every element by a number."),
    Key("set", "set", "Gives one element a value."),
    Key("zero_rows", "expressions", "Sets slices along the first axis to zero, as for padding."),
)

SET: Final[Table] = (
    Key("at", "expressions", "The element's index along each axis.", is_required=True),
    Key("to", "expression", "Its value.", is_required=True),
)

DERIVED: Final[Table] = (
    Key("count", "glob", "How many values the glob's one capture takes over the network's names."),
    Key("extent", "extent", "The length of an axis of the first parameter that a glob matches."),
)

EXTENT: Final[Table] = (
    Key("of", "glob", "The parameter.", is_required=True),
    Key("axis", "axis", "The axis.", is_required=True),
)

CONVENTIONS: Final = ("shape", "connections")
ANY: Final = "any"
KEEP: Final = "keep"

FAN_NAMES: Final = ("fan_in", "fan_out")
SHAPE_NAMES: Final = ("shape", "ndim")
