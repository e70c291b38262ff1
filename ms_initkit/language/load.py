"""Stage load: nodes to a frozen ``Recipe``. Every problem of all files is reported together.

``extends`` names one parent. The child's rules stand before the parent's, and its variables take the place of
the parent's of the same name. Each file is checked with its own parents only, so that a parent stays right
whoever extends it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import partial
from graphlib import CycleError, TopologicalSorter
from typing import Final

from ms_initkit.basis.collector import paused
from ms_initkit.basis.records import record
from ms_initkit.findings import Finding, RecipeError, few_guesses, suggestion
from ms_initkit.language.audience import AUDIENCE, read_audience
from ms_initkit.language.documents import RecipeSource, first_document, read_chain
from ms_initkit.language.recipe import Recipe
from ms_initkit.language.rules import Rule, read_rules
from ms_initkit.language.scope import Scope
from ms_initkit.language.variables import VARIABLES, Variable, read_variables
from ms_initkit.syntax import schemas
from ms_initkit.syntax.nodes import Document, Mapping, Node
from ms_initkit.syntax.nodes import Sequence as ListNode
from ms_initkit.syntax.problems import Problems, failure
from ms_initkit.syntax.reading import described, few, read_fields, read_one_or_more, read_text, read_texts
from ms_initkit.syntax.schemas import Key, Schema, Table
from ms_initkit.syntax.work import READING, bounded

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
    Key("without", schemas.one_or_more(schemas.TEXT), "Ids of inherited rules that are left out."),
    Key("vars", VARIABLES, "Variables for expressions, each of which may use those before it."),
    Key(
        "rules",
        {"type": "array", "items": schemas.reference("rule")},
        "The rules; a parameter goes to the first that selects it.",
    ),
)
SCHEMA: Final = schemas.mapping(RECIPE) | schemas.any_of({"required": ["rules"]}, {"required": ["extends"]})


@record
class _File:
    """What one file says, its parents left out, as a recipe; what its children may use of it; what it drops."""

    recipe: Recipe
    scope: Scope
    is_whole: bool
    without: tuple[str, ...] = ()


def load_recipe(source: RecipeSource) -> Recipe:
    """Returns a recipe with all it extends.

    Args:
        source: The name of a shipped recipe; a path, which ends in .yaml or .yml or has a separator; YAML text, which
            has several lines or begins with a brace; a mapping with the keys of a file; a mapping of globs to what each
            is given, in order; or a list of such pairs. Values may be instances of ``ms_initkit.initializers``.

    Example:
        >>> load_recipe("hf/bert")
        >>> load_recipe({"**.weight": "xavier_normal", "**.bias": 0})

    Raises:
        RecipeError: If anything is wrong with it; it carries every finding of all its files.
    """
    recipe, findings = draft_recipe(source)
    if recipe is None or findings:
        raise RecipeError(findings)
    return recipe


@paused()
@few_guesses()
@bounded(READING)
def draft_recipe(source: RecipeSource) -> tuple[Recipe | None, list[Finding]]:
    """Returns what could be read of a recipe, and all that is wrong with it.

    The recipe is None where too little could be read to say what it leaves over of a network. A rule of which only the
    selector could be read keeps what it selects.

    Args:
        source: As ``load_recipe``.

    Raises:
        RecipeError: If the file itself cannot be had.
    """
    problems = Problems()
    documents, is_complete = read_chain(first_document(source), problems)
    own: list[list[Finding]] = []
    read: list[_File] = []
    scope = Scope(is_complete=is_complete)
    for document in reversed(documents):  # ancestors first: their variables are known to their children
        found = Problems(list(document.findings))
        file = found.attempt(_read_document, document, scope, partial(_ids, read), found).or_else(None)
        if file is not None:
            read.append(file)
            scope = file.scope
        own.append(found.findings)
    findings = [finding for found in reversed(own) for finding in found] + problems.findings
    files = list(reversed(read))
    if not is_complete or len(files) < len(documents) or not all(file.is_whole for file in files):
        return None, findings
    try:
        return _merge(files, documents), findings
    except RecipeError as error:
        return None, findings or list(error.findings)


def _ids(ancestors: Sequence[_File]) -> Collection[str]:
    """Returns the ids of the rules that a child of ``ancestors``, the eldest first, inherits."""
    return dict.fromkeys(rule.id for rule in _merge_rules(ancestors[::-1]))


def _read_document(
    document: Document, inherited: Scope, ids: Callable[[], Collection[str]], problems: Problems
) -> _File | None:
    """Returns what the file says, as far as it could be read; the rest goes to ``problems``.

    Args:
        document: The file's nodes.
        inherited: The variables of its ancestors.
        ids: Returns their rules.
        problems: Takes what is wrong.
    """
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
    fields.read("extends", read_text, None)  # its file was read before
    strip_prefixes = fields.read("strip_prefixes", read_texts, ()).or_else(None)
    wanted = (len(_parts(fields.nodes.get("vars"))), len(_parts(fields.nodes.get("rules"))))
    recipe = Recipe(
        family=fields.required("family", read_text).or_else(""),
        path=document.path,
        reference=fields.optional("reference", _read_reference, ()),
        description=fields.optional("description", read_text, ""),
        audience=read_audience(fields),
        strip_prefixes=strip_prefixes or (),
        variables=variables,
        rules=rules,
        digest=_digest([document]),
    )
    known = ids() if inherited.is_complete and "without" in fields else None
    without = fields.read("without", partial(_read_ids, known=known), ()).or_else(None)
    is_list = isinstance(fields.nodes.get("rules"), ListNode | None)
    is_whole = None not in (strip_prefixes, without) and is_list and wanted == (len(variables), len(rules))
    return _File(recipe, scope, is_whole, without or ())


def _read_ids(node: Node, what: str, known: Collection[str] | None) -> tuple[str, ...]:
    return read_one_or_more(node, what, partial(_read_id, known=known))


def _read_id(node: Node, what: str, known: Collection[str] | None) -> str:
    name = read_text(node, what)
    if known is not None and name not in known:
        note = f"inherited are {few(known)}" if known else "nothing is inherited: `without` belongs to `extends`"
        message = f"no inherited rule is called {name!r}"
        raise failure("unknown-rule", message, note, span=node.span, help=suggestion(name, known))
    return name


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


def _merge(read: Sequence[_File], documents: Sequence[Document]) -> Recipe:
    """Returns one recipe of a file and its ancestors."""
    files = [file.recipe for file in read]
    variables = _merge_variables(files)
    rules = _merge_rules(read)
    _refuse_clashes(rules, variables)
    return replace(
        files[0],
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
    return tuple(merged[name] for name in order if name in merged)  # a parent that is missing has the others


def _merge_rules(files: Sequence[_File]) -> tuple[Rule, ...]:
    """Returns the rules, the child's first, without those of ancestors that it drops or replaces by their ids.

    A rule without an id of its own replaces none; an ancestor's whose number is taken is named with its family.
    """
    merged: dict[str, Rule] = {}
    dropped: set[str] = set()
    for file in files:
        own = {rule.id: rule for rule in reversed(file.recipe.rules)}  # of one file's equal ids the first counts
        for rule in reversed(own.values()):
            if rule.id in dropped:
                continue
            name = rule.id
            while name in merged:
                name = f"{file.recipe.family}/{name}"
            merged[name] = replace(rule, id=name)
        dropped |= {rule.id for rule in file.recipe.rules if rule.is_named} | set(file.without)
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
