"""The table of codes has every code of the package, and nothing else."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

import ms_initkit
from ms_initkit.findings import Severity, codes
from ms_initkit.findings.codes import STAGES, TABLE, explanation

PACKAGE = Path(ms_initkit.__file__).parent
LIKE_A_CODE = re.compile(r"[a-z]+(-[a-z0-9]+)+")


def raised(tree: ast.Module, taking: dict[str, int]) -> Iterator[str]:
    """Yields every text that stands where a code does: in a call, or on its way to one."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=function, args=arguments):
                at = taking.get(called(function))
                if at is not None and at < len(arguments):
                    yield from texts(arguments[at])
            case ast.Yield(value=ast.Tuple(elts=[value, *_])) | ast.Return(value=ast.IfExp() as value):
                yield from filter(LIKE_A_CODE.fullmatch, texts(value))
            case ast.Assign(targets=[ast.Name(id="code")], value=value):
                yield from texts(value)


def called(function: ast.expr) -> str:
    """Returns a function's name; the constructors of a finding are told from what else is called so."""
    match function:
        case ast.Attribute(value=ast.Name(id="Finding"), attr=name):
            return f"Finding.{name}"
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""


def texts(node: ast.expr) -> Iterator[str]:
    """Yields a text, or both texts of a choice."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=body, orelse=orelse):
            yield from texts(body)
            yield from texts(orelse)


def taking_codes(trees: list[ast.Module]) -> dict[str, int]:
    """Returns the functions and records that have ``code`` and ``message``, and where the code stands in a call."""
    found = {}
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.FunctionDef):
            names = [argument.arg for argument in node.args.args]
            if {"code", "message"} <= set(names):
                is_constructor = names[0] == "cls"
                name = f"Finding.{node.name}" if is_constructor else node.name
                found[name] = names.index("code") - (names[0] in ("self", "cls"))
        elif isinstance(node, ast.ClassDef) and node.name != "Finding":
            names = [
                line.target.id
                for line in node.body
                if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name)
            ]
            if {"code", "message"} <= set(names):
                found[node.name] = names.index("code")
    return found


def test_every_code_that_is_raised_is_in_the_table() -> None:
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in PACKAGE.rglob("*.py")]
    taking = taking_codes(trees)

    found = {text for tree in trees for text in raised(tree, taking)}

    assert {"Finding.error", "Finding.warning", "Finding.note", "Finding.of", "failure", "add"} <= set(taking)
    assert found == set(codes())


def test_an_unknown_code_would_be_found() -> None:
    module = ast.parse("def one(code, message): ...\none('a' if x else 'b', '')\nproblems.one('c')\nyield 'd-e', 1")

    assert list(raised(module, taking_codes([module]))) == ["a", "b", "c", "d-e"]


def test_the_table_is_sorted_and_whole() -> None:
    names = re.findall(r"^(\S+):$", TABLE.read_text(encoding="utf-8"), re.MULTILINE)

    assert names == sorted(codes())  # a code that stands twice is in the text twice
    for code in codes().values():
        assert code.stage in STAGES
        assert set(code.severities) <= set(get_args(Severity))
        assert all(text.endswith((".", ".)")) for text in (code.what, code.why, code.instead))


def test_a_code_is_explained() -> None:
    shown = explanation("unused-rule")

    assert shown.startswith("unused-rule: A rule selects no parameter.\n = found: when a plan is made; error or ")
    assert "\n = why: " in shown
    assert "\n = instead: " in shown


def test_a_misspelt_code_is_guessed() -> None:
    with pytest.raises(KeyError, match="no finding has the code 'unusd-rule': did you mean 'unused-rule'"):
        explanation("unusd-rule")
