"""A recipe with all it inherits, as text: its variables and rules in order, each with where it stands."""

from __future__ import annotations

from ms_initkit.findings import Span
from ms_initkit.language import library
from ms_initkit.language.recipe import Recipe


def location(span: Span) -> str:
    """Returns where something stands, shipped recipes wherever they are installed; of Python, the entry."""
    return span.entry or f"{library.portable_path(span.path)}:{span.line}:{span.column}"


def recipe_text(recipe: Recipe) -> str:
    """Returns variables and rules, the recipe's own and those it inherits, in the order in which they are tried."""
    lines = [f"{recipe.family}: {recipe.description}".rstrip(": ")]
    lines += [f"  {key}: {text}" for key, text in recipe.reference]
    if recipe.strip_prefixes:
        lines.append(f"strip_prefixes: {', '.join(recipe.strip_prefixes)}")
    lines += [f"{variable}  # {location(variable.span)}" for variable in recipe.variables]
    for rule in recipe.rules:
        lines += ["", f"{rule.id}  # {location(rule.span)}", f"  {rule.match}", f"  {rule}"]
    return "\n".join(lines) + "\n"
