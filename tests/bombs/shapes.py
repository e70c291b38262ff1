"""Recipes of up to a mebibyte that are made to take long or much: one shape for each way in which size can multiply."""

# ruff: noqa: E501 (a shape is a line)

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import count
from typing import Final, TypeAlias

Shapes: TypeAlias = dict[str, Callable[[int], str]]

MEBIBYTE: Final = 1 << 20
_HEAD: Final = "family: f\nrules:\n"


def _filled(head: str, pieces: Iterable[str], size: int, tail: str = "") -> str:
    """Returns ``head``, as many ``pieces`` as fit, and ``tail``."""
    parts, room = [head], size - len(head.encode()) - len(tail.encode())
    for piece in pieces:
        room -= len(piece.encode())
        if room < 0:
            break
        parts.append(piece)
    return "".join(parts) + tail


def _each(piece: Callable[[int], str], head: str = _HEAD, tail: str = "") -> Callable[[int], str]:
    return lambda size: _filled(head, map(piece, count()), size, tail)


def _rules(rule: Callable[[int], str]) -> Callable[[int], str]:
    return _each(lambda number: f"  - {{{rule(number)}}}\n")


def _regexes(pattern: Callable[[int], str]) -> Callable[[int], str]:
    return _rules(lambda n: f"match: {{regex: '{pattern(n)}'}}, init: ones")


def _globs(glob: Callable[[int], str]) -> Callable[[int], str]:
    return _rules(lambda n: f'match: "{glob(n)}", init: ones')


def _one(before: str, piece: Callable[[int], str], after: str) -> Callable[[int], str]:
    """Returns one rule with a part that is as long as may be."""
    return _each(piece, f"{_HEAD}  - {before}", f"{after}\n")


def _ones_and_zeros(number: int) -> str:
    return format(number, "020b")


_END: Final = ", init: ones}"
_WRONG: Final = (
    'match: "layers.{n}.atn.weight", init: ones',
    'match: "**.wieght", init: he_normal',
    'match: "**", init: he_nromal',
    'match: "**", init: {{normal: {{sgima: 1}}}}',
    'match: "**", inti: ones',
    'match: "**", init: {{constant: "width * {n}"}}',
    'match: "**.{{i}}.**", init: {{constant: "1 / (i - i)"}}',
    "match: {{cell: Desne}}, init: xavier_normal",
    "match: {{param: gamma}}, init: xavier_normal",
    'match: "layers.{{i}}.**", init: ones, where: j > {n}',
    'match: "layers.{{i}}.**", init: ones, where: i > 10000 + {n}',
    'match: "layers.{n}.**", like: "layer.{n}"',
    'match: "**", from: nowhere{n}.npz',
    'match: "**", init: {{normal: 1e300}}',
    'match: "**", init: ones, blocks: {{axis: 0, sizes: [1, {n}]}}',
    'match: "a{{b", init: ones',
    'match: {{regex: "(a{n}"}}, init: ones',
)
YAML: Final[Shapes] = {
    "anchors": _each(lambda n: f"a{n}: &b{n} x\n", "family: f\n"),
    "aliases": _each(lambda n: "*a, ", "family: &a f\nrules: [", "]\n"),
    "open brackets": lambda size: "family: " + "[" * (size - 8),
    "brackets in brackets": lambda size: "family: " + "[" * (size // 2 - 8) + "]" * (size // 2 - 8),
    "lists in lists, by indents": _each(lambda n: "- ", "family: f\nrules:\n  "),
    "mappings in mappings, by indents": lambda size: "family: f\nrules:\n"
    + "".join(" " * n + "a:\n" for n in range(int((2 * size) ** 0.5) - 20)),
    "one long plain text": lambda size: "family: " + "x" * (size - 9) + "\n",
    "one long text of escapes": lambda size: 'family: "' + "\\x41" * (size // 4 - 6) + '"\n',
    "one long comment": lambda size: "family: f #" + "x" * (size - 12) + "\n",
    "blank lines": lambda size: "family: f" + "\n" * (size - 10),
    "many documents": _each(lambda n: "---\na: 1\n", "family: f\n"),
    "tabs": _each(lambda n: "\ta: 1\n", "family: f\n"),
    "unclosed quotes": _each(lambda n: f"a{n}: 'x\n", "family: f\n"),
    "tags": _each(lambda n: f"a{n}: !!int 3\n", "family: f\n"),
    "merge keys": _each(lambda n: "<<: {a: 1}\n", "family: f\n"),
    "unknown keys": _each(lambda n: f"k{n}: 1\n", "family: f\n"),
    "one key, over and over": _each(lambda n: "family: f\n", ""),
    "unquoted globs": _rules(lambda n: f"match: *.w{n}, init: ones"),
    "astral letters": _rules(
        lambda n: f'match: "\N{MATHEMATICAL SCRIPT SMALL A}{n}.\N{SNOWMAN}\N{COMBINING ACUTE ACCENT}", init: ones'
    ),
    "directions": _rules(lambda n: f'id: "\N{RIGHT-TO-LEFT OVERRIDE}{n}", match: "**", init: ones'),
}
RULES: Final[Shapes] = {
    "rules for everything": _rules(lambda n: 'match: "**", init: ones'),
    "rules for nothing": _globs(lambda n: f"**.nothing{n}.*"),
    "rules of whole names": _globs(lambda n: f"layers.{n}.attn.weight"),
    "rules of a layer": _globs(lambda n: f"layers.{n}.**"),
    "rules of a digit within": _globs(lambda n: f"**.a1234567890*{n}"),
    "rules of the same layer": _globs(lambda n: f"**.0.*{n}*"),
    "rules of two equal captures": _globs(lambda n: f"{{i}}.{{i}}.*{n}*"),
    "one id": _each(lambda n: '  - {id: a, match: "**", init: ones}\n', "family: " + "f" * 1000 + "\nrules:\n"),
    "rules without match": _rules(lambda n: "init: ones"),
    "unknown initializers": _rules(lambda n: f'match: "**", init: xavier_norml{n}'),
    "unknown arguments": _rules(lambda n: f'match: "**", init: {{normal: {{sigm{n}: 1}}}}'),
    "conditions on variables": _rules(lambda n: f'match: "**", init: ones, when: {n} > 1'),
    "conditions on parameters": _rules(lambda n: f'match: "layers.{{i}}.**", init: ones, where: i == {n}'),
    "false conditions": _rules(lambda n: f'match: "**", init: ones, where: ndim > {n + 9}'),
    "cells": _rules(lambda n: f'match: {{cell: "*a*a*a*a*b{n}"}}, init: ones'),
    "leaves": _rules(lambda n: f'match: {{param: "*e*g*{n}"}}, init: ones'),
    "options": _rules(lambda n: f"match: {{has: option{n}}}, init: ones"),
    "shapes": _rules(lambda n: f"match: {{shape: [{n}, any]}}, init: ones"),
    "files that are missing": _rules(lambda n: f'match: "**", from: missing{n}.safetensors, optional: true'),
    "files, each next": _rules(lambda n: f'match: "**", from: {{path: missing{n}.npz, missing: next}}'),
    "likenesses": _rules(lambda n: f'match: "layers.{n}.attn.weight", like: "layers.{n + 1}.attn.weight"'),
    "rules for everything, optional": _rules(lambda n: 'match: "**", init: ones, optional: true'),
    "rules of every word": _globs(lambda n: f"**.{'abc'[n % 3]}{n}.weight"),
    "false conditions of whole names": _rules(
        lambda n: f'match: "layers.{9999 - n}.attn.weight", init: ones, where: ndim > 9'
    ),
    "conditions beside many variables": _each(
        lambda n: f'  - {{match: "layers.{{i}}.**", init: ones, where: i == v{n % 1000}}}\n',
        "family: f\nvars:\n" + "".join(f"  v{n}: {n}\n" for n in range(1000)) + "rules:\n",
    ),
    "likenesses with steps": _rules(
        lambda n: f'match: "layers.{n}.attn.weight", like: "layers.{n + 1}.attn.weight", then: [{{multiply: 2}}]'
    ),
    "likenesses of nothing": _rules(lambda n: f'match: "layers.{n}.attn.weight", like: "layers.{n}.atn.weight"'),
    "likenesses in a circle": _rules(
        lambda n: f'match: "layers.{n}.attn.weight", like: "layers.{(n + 1) % 5000}.attn.weight"'
    ),
    "a likeness of each layer": lambda size: _filled(
        f'{_HEAD}  - {{match: "layers.{{i}}.attn.weight", like: "layers.{{i}}.nothing"}}\n', (), size
    ),
    "fits": _rules(lambda n: f'match: "**", like: "layers.{n}.attn.weight", fit: rows'),
    "factors": _rules(
        lambda n: f'match: "layers.{n}.attn.weight", like: "layers.{n}.mlp.fc1.weight", '
        "then: [{low_rank: {scheme: pissa, part: rest, rank: 2, scale: 1}}]"
    ),
    "rows of a rule": _rules(lambda n: f'match: "layers.{n}.**", init: ones, rows: [0, "{n}:", -1]'),
    "masks": _rules(lambda n: f'match: "**", init: ones, then: [{{mask: {{path: m{n}.npz}}}}]'),
    "names of a file": _rules(
        lambda n: f'match: "layers.{{i}}.{{r:**}}", from: {{path: a{n % 9}.npz, name: "x{n}.{{i}}.{{r}}"}}, optional: true'
    ),
    "wrong rules of every kind": _rules(lambda n: _WRONG[n % len(_WRONG)].format(n=n)),
}
PATTERNS: Final[Shapes] = {
    "globs of 128 alternatives": _globs(lambda n: "{a,b}" * 7 + str(n)),
    "globs of nested choices": _globs(lambda n: "{a,{b,{c,{d,{e,{f,{g,h}}}}}}}" * 2 + str(n)),
    "globs of many stars": _globs(lambda n: "*a" * 190 + str(n)),
    "globs of many double stars": _globs(lambda n: "**.a." * 70 + str(n)),
    "globs of many captures": _globs(lambda n: ".".join(f"{{c{k}}}" for k in range(60)) + f".{n}"),
    "globs of long captures": _globs(lambda n: "{" + "c" * 380 + str(n) + "}"),
    "one rule of many globs": _one("{match: [", lambda n: f'"**.a1234567890*{n}", ', "]" + _END),
    "one rule of many names": _one("{match: [", lambda n: f'"layers.{n}.x", ', "]" + _END),
    "one rule of many leaves": _one("{match: {param: [", lambda n: f'"*e*g{n}", ', "]}" + _END),
    "one rule of many cells": _one("{match: {cell: [", lambda n: f'"*a*b{n}", ', "]}" + _END),
    "regexes of single digits": _regexes(lambda n: rf".*\.{n % 10}\..*x{n}"),
    "regexes of every digit": _regexes(lambda n: rf"(0|1|2|3|4|5|6|7|8|9|[a-z.])*x{n}"),
    "regexes of alternatives, repeated": _regexes(lambda n: f"(a|b{n})*c{{500}}"),
    "regexes of nested repeats": _regexes(lambda n: f"((a{{60}}){{60}}|b{n})"),
    "regexes of greedy words": _regexes(lambda n: rf"(\w+\.?)+x{n}"),
    "regexes of optional letters": _regexes(lambda n: f"({'[a-z.]?' * 60}){n}"),
    "regexes of sets": _regexes(lambda n: "".join(f"[^{chr(97 + k)}-z]*" for k in range(25)) + str(n)),
    "regexes of many groups": _regexes(lambda n: "".join(f"(?P<g{k}>.?)" for k in range(40)) + f".*{n}"),
    "regexes of many states": _regexes(lambda n: f"(.*[aeiou].{{{n % 50 + 100}}}|x{n})"),
    "regexes in parentheses": _regexes(lambda n: "(" * 240 + ")" * 240),
    "regexes whose groups are used": _rules(
        lambda n: "match: {regex: '(?P<g>(?:.?)*).(?P<h>.*)t'}, init: ones, where: g == \"" + str(n) + '"'
    ),
    "regexes of groups, once": lambda size: _HEAD
    + "  - {match: {regex: '"
    + "".join(f"(?P<g{k}>.?)" for k in range(35))
    + ".*'}, init: ones, where: g1 == 'x'}\n",
}
EXPRESSIONS: Final[Shapes] = {
    "one long number": _one('{match: "**", init: ', lambda n: "9", "}"),
    "long numbers": _rules(lambda n: f'match: "**", init: {"9" * 400}'),
    "one long sum": _one('{match: "**", init: {constant: "1', lambda n: "+1", '"}}'),
    "sums": _rules(lambda n: f'match: "**", init: {{constant: "{"shape[0]+" * 100}1"}}'),
    "one expression in parentheses": lambda size: f'{_HEAD}  - {{match: "**", init: {{constant: "{"(" * (size - 90)}"}}}}\n',
    "powers of powers": _rules(lambda n: f'match: "**", init: {{constant: "{"9**" * 60}9"}}'),
    "logs of exps": _rules(lambda n: f'match: "**", init: {{constant: "{"exp(" * 60}1{")" * 60}"}}'),
    "a chain of variables": _each(lambda n: f'  v{n}: "v{n + 1} + 1"\n', "family: f\nvars:\n"),
    "sums of variables": _each(
        lambda n: f'  v{n}: "{"+".join(f"v{k}" for k in range(max(0, n - 60), n)) or "1"}"\n', "family: f\nvars:\n"
    ),
    "doubled variables": _each(
        lambda n: f'  v{n}: "v{n - 1} * v{n - 1}"\n' if n else "  v0: 9\n", "family: f\nvars:\n"
    ),
    "counts": _each(lambda n: f'  v{n}: {{count: "**.{{i}}.*{n}*"}}\n', "family: f\nvars:\n"),
    "extents": _each(lambda n: f'  v{n}: {{extent: {{of: "**.a1234567890*{n}", axis: 0}}}}\n', "family: f\nvars:\n"),
    "configurations": _each(lambda n: f"  v{n}: {{config: a.b.c{n}}}\n", "family: f\nvars:\n"),
    "sums of an index": lambda size: f'{_HEAD}  - {{match: "layers.{{i}}.**", init: {{constant: {"i+" * 90}1}}}}\n',
    "sums of what is not known": _rules(
        lambda n: f'match: "**", init: {{constant: "{"+".join(f"u{n}x{k}" for k in range(60))}"}}'
    ),
    "sums of words": _each(
        lambda n: f'  - {{match: "**", init: {{constant: "{"+".join(f"v{k}" for k in range(90))}"}}}}\n',
        "family: f\nvars:\n" + "".join(f"  v{n}: 'w'\n" for n in range(90)) + "rules:\n",
    ),
    "numbers of a file": _rules(
        lambda n: f'match: "**", init: {{constant: {{value: {{from: n{n}.npy}}}}}}, optional: true'
    ),
    "captures beside many variables": _each(
        lambda n: f'  - {{match: "{{a{n}:*}}.**", init: ones}}\n',
        "family: f\nvars:\n" + "".join(f"  v{n}: {n}\n" for n in range(9000)) + "rules:\n",
    ),
}
LONG: Final[Shapes] = {
    "a cut of many sizes": _one('{match: "**", init: ones, blocks: {axis: 0, sizes: [', lambda n: "1, ", "]}}"),
    "a cut of many parts": _one('{match: "**", blocks: {axis: 0, parts: [', lambda n: "{size: 1, init: ones}, ", "]}}"),
    "a cut into very many": _rules(
        lambda n: f'match: "**", init: xavier_normal, blocks: {{axis: 0, parts: "{10**9 + n}"}}'
    ),
    "many edits": _one('{match: "**", init: {normal: 1}, then: [', lambda n: "{multiply: 1}, ", "]}"),
    "many draws that are added": _one(
        '{match: "**", init: {normal: 1}, then: [', lambda n: "{add: {normal: 1}}, ", "]}"
    ),
    "many rows": _one('{match: "**", init: {normal: 1}, then: [{zero_rows: [', lambda n: "0, ", "]}]}"),
    "a mixture of many": _one('{match: "**", init: {mixture: [', lambda n: "[0.1, {normal: 1}], ", "]}}"),
    "a list of constants": _one('{match: "**", init: {constant: [', lambda n: "1, ", "]}}"),
    "initializers in initializers": lambda size: f'{_HEAD}  - {{match: "**", init: '
    + "{mixture: [[1, " * (size // 30)
    + "\n",
    "many elements": _one('{match: "**", init: {normal: 1}, then: [', lambda n: "{set: {at: [0], to: 1}}, ", "]}"),
    "many rows of a rule": _one('{match: "**", init: {normal: 1}, rows: [', lambda n: f'"{n}:{n + 1}", ', "]}"),
    "as many blocks as rows": lambda size: f'{_HEAD}  - {{match: "**", init: xavier_normal, blocks: {{axis: 0, parts: "shape[0]"}}}}\n',
    "an index for each block": lambda size: f'{_HEAD}  - {{match: "layers.{{i}}.**", init: ones, blocks: {{axis: 0, sizes: ['
    + "i+1, " * 6000
    + "]}}\n",
}
HEAD: Final[Shapes] = {
    "prefixes": _one('{match: "**", init: ones}\nstrip_prefixes: [', lambda n: f"p{n}, ", "]"),
    "rules left out": _one('{match: "**", init: ones}\nwithout: [', lambda n: f"r{n}, ", "]\nextends: base"),
    "signatures": _one('{match: "**", init: ones}\nsignature: [', lambda n: f'"**.a{n}*", ', "]"),
    "networks": _one('{match: "**", init: ones}\nnetworks: {a: [', lambda n: f"N{n}, ", "]}"),
    "references": _one('{match: "**", init: ones}\nreference: {', lambda n: f"a{n}: b, ", "}"),
}
GROUPS: Final[Mapping[str, Shapes]] = {
    "how YAML is written": YAML,
    "rules": RULES,
    "globs and regular expressions": PATTERNS,
    "numbers, expressions, variables": EXPRESSIONS,
    "one rule with a long part": LONG,
    "the head": HEAD,
}
SHAPES: Final[Shapes] = {name: shape for shapes in GROUPS.values() for name, shape in shapes.items()}
