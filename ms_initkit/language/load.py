"""Stage load: nodes to a frozen ``Recipe``. Every problem of all files is reported together.

``extends`` names one parent. The child's rules stand before the parent's, and its variables take the place of
the parent's of the same name. Each file is checked with its own parents only, so that a parent stays right
whoever extends it.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ms_initkit.findings import Finding, RecipeError, Span, suggestion
from ms_initkit.language import library
from ms_initkit.language.audience import AUDIENCE, read_audience
from ms_initkit.language.recipe import Recipe
from ms_initkit.language.rules import read_rules
from ms_initkit.language.scope import Scope
from ms_initkit.language.variables import VARIABLES, read_variables
from ms_initkit.syntax import schemas
from ms_initkit.syntax.problems import Problems, failure
from ms_initkit.syntax.reading import described, read_fields, read_text, read_texts
from ms_initkit.syntax.schemas import Key, Table
from ms_initkit.syntax.source import Document, Mapping, Scalar, read_file
from ms_initkit.syntax.source import Sequence as ListNode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ms_initkit.language.rules import Rule
    from ms_initkit.language.variables import Variable
    from ms_initkit.syntax.schemas import Schema
    from ms_initkit.syntax.source import Node

_LONGEST_CHAIN: Final = 16
_SOURCES: Final[Schema] = {"type": "object", "additionalProperties": schemas.TEXT, "minProperties": 1}


RECIPE: Final[Table] = (
    Key("family", schemas.TEXT, "The name of the model family.", is_required=True),
    Key("reference", _SOURCES, "What the recipe follows: a paper, a piece of code."),
    Key("description", schemas.TEXT, "One line for lists."),
    *AUDIENCE,
    Key("extends", schemas.TEXT, "A shipped recipe or a path; its rules stand after this recipe's."),
    Key(
        "strip_prefixes",
        schemas.one_or_more(schemas.TEXT),
        "Prefixes of wrappers, taken off names before they are matched.",
    ),
    Key("vars", VARIABLES, "Variables for expressions, each of which may use those before it."),
    Key(
        "rules",
        {"type": "array", "items": schemas.reference("rule")},
        "The rules; a parameter goes to the first that selects it.",
    ),
)
SCHEMA: Final = schemas.mapping(RECIPE) | schemas.any_of({"required": ["rules"]}, {"required": ["extends"]})


@dataclass(frozen=True, slots=True)
class _File:
    """What one file says, its parents left out, as a recipe; and what its children may use of it."""

    recipe: Recipe
    scope: Scope
    is_whole: bool


def load_recipe(name_or_path: str | os.PathLike[str]) -> Recipe:
    """Returns the shipped recipe of that name, or the one at that path, with all it extends.

    Args:
        name_or_path: A path if it has a separator, or ends in .yaml or .yml.

    Raises:
        RecipeError: If anything is wrong with it; it carries every finding of all its files.
    """
    recipe, findings = draft_recipe(name_or_path)
    if recipe is None or findings:
        raise RecipeError(findings)
    return recipe


def draft_recipe(name_or_path: str | os.PathLike[str]) -> tuple[Recipe | None, list[Finding]]:
    """Returns what could be read of a recipe, and all that is wrong with it.

    The recipe is None where too little could be read to say what it leaves over of a network. A rule of which only the
    selector could be read keeps what it selects.

    Args:
        name_or_path: As ``load_recipe``.

    Raises:
        RecipeError: If the file itself cannot be had.
    """
    problems = Problems()
    documents, is_complete = _read_chain(_locate(os.fspath(name_or_path)), problems)
    own: list[list[Finding]] = []
    read: list[_File] = []
    scope = Scope(is_complete=is_complete)
    for document in reversed(documents):  # ancestors first: their variables are known to their children
        found = Problems(list(document.findings))
        file = found.attempt(_read_document, document, scope, found).or_else(None)
        if file is not None:
            read.append(file)
            scope = file.scope
        own.append(found.findings)
    findings = [finding for found in reversed(own) for finding in found] + problems.findings
    files = list(reversed(read))
    if len(files) < len(documents) or not all(file.is_whole for file in files):
        return None, findings
    try:
        return _merge([file.recipe for file in files], documents), findings
    except RecipeError as error:
        return None, findings or list(error.findings)


def _locate(name: str) -> str:
    """Returns the path of a recipe.

    Raises:
        RecipeError: If no shipped recipe has that name.
    """
    if library.is_path(name):
        return name
    path = library.find(name)
    if path is None:
        raise RecipeError([_unknown(name, None)])
    return _shown(path)


def _shown(path: Path) -> str:
    """Returns ``path`` from the current folder where it lies below it: error messages are read by people."""
    try:
        return str(path.relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)


def _unknown(name: str, span: Span | None) -> Finding:
    note = "a path has a separator, or ends in .yaml"
    hint = suggestion(name, library.every_name()) or "`ms-initkit list` shows the shipped recipes"
    return Finding.error("unknown-recipe", f"no recipe is called {name!r}", note, span=span, help=hint)


def _read_chain(path: str, problems: Problems) -> tuple[list[Document], bool]:
    """Returns a recipe and its ancestors, and whether all of them could be read."""
    documents = [read_file(path)]
    seen = {_identity(path)}
    while True:
        extends = _extends(documents[-1])
        if extends is None:
            return documents, documents[-1].root is not None
        try:
            parent = _locate_parent(extends, documents[-1].path)
            if _identity(parent) in seen or len(documents) >= _LONGEST_CHAIN:
                note = "by way of " + ", ".join(document.path for document in documents)
                raise failure("cyclic-extends", f"{extends.text!r} extends itself", note, span=extends.span)
            documents.append(_read_parent(parent, extends))
        except RecipeError as error:
            problems.findings += error.findings
            return documents, False
        seen.add(_identity(parent))


def _identity(path: str) -> str:
    return os.path.realpath(path)


def _extends(document: Document) -> Scalar | None:
    extends = document.root.get("extends") if isinstance(document.root, Mapping) else None
    return extends if isinstance(extends, Scalar) and not extends.is_null else None


def _locate_parent(extends: Scalar, path: str) -> str:
    if library.is_path(extends.text):
        return os.path.normpath(Path(path).parent / extends.text)
    found = library.find(extends.text)
    if found is None:
        raise RecipeError([_unknown(extends.text, extends.span)])
    return _shown(found)


def _read_parent(path: str, extends: Scalar) -> Document:
    try:
        return read_file(path)
    except RecipeError as error:
        placed = [finding if finding.span else replace(finding, span=extends.span) for finding in error.findings]
        raise RecipeError(placed) from error


def _read_document(document: Document, inherited: Scope, problems: Problems) -> _File | None:
    """Returns what the file says, as far as it could be read; the rest goes to ``problems``."""
    if document.root is None:
        return None
    fields = read_fields(document.root, RECIPE, "a recipe", problems)
    variables: tuple[Variable, ...] = ()
    scope = inherited
    if "vars" in fields:
        variables, scope = read_variables(fields.nodes["vars"], inherited, problems)
    if "rules" not in fields and "extends" not in fields:
        hint = "write rules, or `extends` a recipe"
        problems.add("missing-key", "a recipe has no `rules`", span=document.root.span, help=hint)
    rules = read_rules(fields.nodes["rules"], scope, problems) if "rules" in fields else ()
    strip_prefixes = fields.read("strip_prefixes", read_texts, ()).or_else(None)
    wanted = (len(_parts(fields.nodes.get("vars"))), len(_parts(fields.nodes.get("rules"))))
    recipe = Recipe(
        family=fields.required("family", read_text).or_else(""),
        path=document.path,
        reference=fields.read("reference", _read_reference, ()).or_else(()),
        description=fields.read("description", read_text, "").or_else(""),
        audience=read_audience(fields),
        strip_prefixes=strip_prefixes or (),
        variables=variables,
        rules=rules,
        digest=_digest([document]),
    )
    return _File(recipe, scope, strip_prefixes is not None and wanted == (len(variables), len(rules)))


def _parts(node: Node | None) -> tuple[object, ...]:
    match node:
        case Mapping(entries):
            return entries
        case ListNode(items):
            return items
        case _:
            return ()


def _read_reference(node: Node, what: str) -> tuple[tuple[str, str], ...]:
    if not isinstance(node, Mapping) or not node.entries:
        hint = 'write {paper: "...", code: "..."}'
        raise failure("wrong-type", f"{what} is a mapping, not {described(node)}", span=node.span, help=hint)
    problems = Problems()
    texts = [problems.attempt(read_text, value, f"`{key.text}`") for key, value in node.entries]
    problems.settle()
    return tuple((key.text, " ".join(text.value.split())) for (key, _), text in zip(node.entries, texts, strict=True))


def _merge(files: Sequence[Recipe], documents: Sequence[Document]) -> Recipe:
    """Returns one recipe of a file and its ancestors."""
    variables = _merge_variables(files)
    rules = _merge_rules(files)
    _refuse_clashes(rules, variables)
    return replace(
        files[0],
        reference=next((file.reference for file in files if file.reference), ()),
        strip_prefixes=tuple(dict.fromkeys(prefix for file in files for prefix in file.strip_prefixes)),
        variables=variables,
        rules=rules,
        digest=_digest(documents),
    )


def _merge_variables(files: Sequence[Recipe]) -> tuple[Variable, ...]:
    """Returns the variables, each after those it uses: what a child overrides may use the child's own."""
    merged: dict[str, Variable] = {}
    for file in reversed(files):
        merged |= {variable.name: variable for variable in file.variables}
    uses = {name: sorted(variable.names) for name, variable in merged.items()}
    try:
        order = tuple(TopologicalSorter(uses).static_order())
    except CycleError as error:
        cycle: list[str] = error.args[1]
        first = merged[cycle[0]]
        message = f"the variable {first.name!r} is defined by itself"
        note = "by way of " + ", ".join(map(repr, cycle))
        hint = "give one of them a value of its own"
        raise failure("cyclic-variables", message, note, span=first.span, help=hint) from error
    return tuple(merged[name] for name in order)


def _merge_rules(files: Sequence[Recipe]) -> tuple[Rule, ...]:
    """Returns the rules, the child's first; an ancestor's rule whose id is taken is named with its family."""
    merged: dict[str, Rule] = {}
    for file in files:
        for rule in file.rules:
            name = rule.id
            while name in merged:
                name = f"{file.family}/{name}"
            merged[name] = replace(rule, id=name)
    return tuple(merged.values())


def _refuse_clashes(rules: Sequence[Rule], variables: Sequence[Variable]) -> None:
    known = {variable.name: variable for variable in variables}
    problems = Problems()
    for rule in rules:
        for name in rule.match.captures:
            if name in known:
                message = f"{name!r} is a capture here, and a variable at {known[name].span}"
                note = "an expression could mean either"
                problems.add("name-clash", message, note, span=rule.match.span, help="rename one of them")
    problems.settle()


def _digest(documents: Sequence[Document]) -> str:
    """Returns the BLAKE2b of every file's text, with its length so that none can pass into the next."""
    digest = hashlib.blake2b(digest_size=16)
    for document in documents:
        content = document.text.encode()
        digest.update(len(content).to_bytes(8, "little"))
        digest.update(content)
    return digest.hexdigest()
