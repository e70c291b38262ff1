"""The documents of a recipe: its own, whatever it is given as, and those of all it extends."""

from __future__ import annotations

import os
from collections.abc import Iterator
from collections.abc import Mapping as MappingLike
from collections.abc import Sequence as SequenceLike
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeAlias

from ms_initkit.findings import Finding, RecipeError, Span, suggestion
from ms_initkit.language import library
from ms_initkit.language.python import read_values
from ms_initkit.syntax.nodes import Document, Mapping, Scalar
from ms_initkit.syntax.problems import Problems, failure
from ms_initkit.syntax.reading import is_text
from ms_initkit.syntax.source import read_file, read_text

RecipeSource: TypeAlias = str | os.PathLike[str] | MappingLike[str, object] | SequenceLike[object]

_LONGEST_CHAIN: Final = 16
_TEXT: Final = "recipe.yaml"  # what text without a file is called


def first_document(source: RecipeSource) -> Document:
    """Returns the recipe's own document.

    Raises:
        RecipeError: If it cannot be had.
    """
    if isinstance(source, str) and ("\n" in source or source.lstrip().startswith("{")):
        return read_text(source, _TEXT)
    if isinstance(source, str | os.PathLike):
        return read_file(_locate(os.fspath(source)))
    return read_values(source)


def read_chain(document: Document, problems: Problems) -> tuple[list[Document], bool]:
    """Returns a recipe and its ancestors, and whether all of them could be read."""
    documents = [document]
    seen = {_identity(document.path)}
    while True:
        extends = _extends(documents[-1])
        if extends is None:
            return documents, documents[-1].root is not None and not _has_parent(documents[-1])
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
    """Returns the name of the parent; None also where it is no text, which is told with the other keys."""
    extends = document.root.get("extends") if isinstance(document.root, Mapping) else None
    return extends if isinstance(extends, Scalar) and is_text(extends) else None


def _has_parent(document: Document) -> bool:
    return isinstance(document.root, Mapping) and document.root.get("extends") is not None


def _locate_parent(extends: Scalar, path: str) -> str:
    if not _is_encodable(extends.text):
        raise failure("unreadable-recipe", f"{extends.text!r} is no path", span=extends.span)
    if library.is_path(extends.text):
        return os.path.normpath(Path(path).parent / extends.text)
    with _placed(extends):
        found = library.find(extends.text)
    if found is None:
        raise RecipeError([_unknown(extends.text, extends.span)])
    return _shown(found)


def _is_encodable(path: str) -> bool:
    """Returns whether a file could be called so: NUL ends a name, and half a character is none."""
    try:
        return b"\0" not in os.fsencode(path)
    except UnicodeEncodeError:
        return False


def _read_parent(path: str, extends: Scalar) -> Document:
    with _placed(extends):
        return read_file(path)


@contextmanager
def _placed(extends: Scalar) -> Iterator[None]:
    """Lets what is found of a parent without a place stand where it is named."""
    try:
        yield
    except RecipeError as error:
        placed = [finding if finding.span else replace(finding, span=extends.span) for finding in error.findings]
        raise RecipeError(placed) from error


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
