"""A recipe with all it inherits, as text: its variables and rules in order, each with where it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ms_initkit.language import library
from ms_initkit.language.calls import InitSpec
from ms_initkit.language.parts import PartsSpec
from ms_initkit.language.sources import FromSpec, LikeSpec
from ms_initkit.language.variables import Config, Count, Extent

if TYPE_CHECKING:
    from ms_initkit.findings import Span
    from ms_initkit.language.calls import ArgumentValue
    from ms_initkit.language.recipe import Recipe
    from ms_initkit.language.rules import Rule
    from ms_initkit.language.variables import Variable


def location(span: Span) -> str:
    """Returns where something stands, shipped recipes wherever they are installed; of Python, the entry."""
    return span.entry or f"{library.portable_path(span.path)}:{span.line}:{span.column}"


def recipe_text(recipe: Recipe) -> str:
    """Returns variables and rules, the recipe's own and those it inherits, in the order in which they are tried."""
    lines = [f"{recipe.family}: {recipe.description}".rstrip(": ")]
    lines += [f"  {key}: {text}" for key, text in recipe.reference]
    if recipe.strip_prefixes:
        lines.append(f"strip_prefixes: {', '.join(recipe.strip_prefixes)}")
    lines += [
        f"{variable.name} = {_value_text(variable)}  # {location(variable.span)}" for variable in recipe.variables
    ]
    for rule in recipe.rules:
        lines += ["", f"{rule.id}  # {location(rule.span)}", f"  {rule.match}", f"  {action_text(rule)}"]
    return "\n".join(lines) + "\n"


def action_text(rule: Rule) -> str:
    """Returns what a rule does with what it wins, and under which conditions."""
    match rule.action:
        case InitSpec():
            text = _call_text(rule.action)
        case FromSpec(path=path, key=key, missing=missing):
            text = (
                f"from {path}" + (f" [{key}]" if key else "") + (", what is missing to the next" * (missing == "next"))
            )
        case LikeSpec(name=name, has_steps=has_steps):
            text = f"like {name}" + ("" if has_steps else " before its steps")
        case PartsSpec(axis, parts):
            text = f"parts of axis {axis}: " + ", ".join(_call_text(part.init) for part in parts)
        case _:
            text = "keep"
    text += f", {rule.fit}" if rule.fit is not None else ""
    if rule.blocks is not None:
        text += f", in blocks of axis {rule.blocks.axis}"
    text += rule.then_text
    text += f", where {rule.where}" if rule.where is not None else ""
    text += f", when {rule.when}" if rule.when is not None else ""
    return text + (", optional" if rule.is_optional else "")


def _call_text(spec: InitSpec) -> str:
    arguments = ", ".join(f"{name}={_argument_text(value)}" for name, value in spec.arguments)
    return f"{spec.name}({arguments})" if arguments else spec.name


def _argument_text(value: ArgumentValue) -> str:
    match value:
        case InitSpec():
            return _call_text(value)
        case FromSpec(path=path, key=key):
            return f"from {path}" + (f" [{key}]" if key else "")
        case tuple():
            return f"[{', '.join(map(_argument_text, value))}]"
        case bool():
            return str(value).lower()
        case _:
            return str(value)


def _value_text(variable: Variable) -> str:
    match variable.value:
        case Count(glob):
            return f"count of {glob}"
        case Extent(glob, axis, default):
            return f"extent of {glob} along axis {axis}" + ("" if default is None else f", else {default}")
        case Config(keys, default):
            return f"config {' or '.join(keys)}" + ("" if default is None else f", else {_argument_text(default)}")
        case value:
            return _argument_text(value)
