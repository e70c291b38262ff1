"""What was measured, as tables of docs/reliability.md and its Chinese page."""

# ruff: noqa: RUF001 (the Chinese page has Chinese commas)

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeAlias

from tests.bombs.legitimate import LEGITIMATE
from tests.bombs.others import OTHERS
from tests.bombs.shapes import GROUPS

RESULTS: Final = Path(__file__).with_name("results.json")
_DOCS: Final = Path(__file__).parents[2] / "docs"
_BEGIN: Final = "<!-- bombs: begin -->"
_END: Final = "<!-- bombs: end -->"

Results: TypeAlias = Mapping[str, Sequence[Sequence[float] | None]]

_HEADS: Final = {
    "": (
        "| recipes of a mebibyte: what is long | shapes | read | memory | against 50,000 parameters | memory |",
        "| files, and long recipes that are not refused | read | memory | against 50,000 parameters | memory |",
    ),
    ".zh": (
        "| 一兆字节的配方，什么很长 | 形状数 | 读取 | 内存 | 对 50,000 个参数 | 内存 |",
        "| 文件，以及不被拒绝的长配方 | 读取 | 内存 | 对 50,000 个参数 | 内存 |",
    ),
}
_IN_CHINESE: Final = {
    "how YAML is written": "YAML 的写法",
    "rules": "规则",
    "globs and regular expressions": "glob 与正则表达式",
    "numbers, expressions, variables": "数、表达式、变量",
    "one rule with a long part": "一条规则的某一部分很长",
    "the head": "文件头",
    "45,000 inherited rules left out, of 8,000": "从 8,000 条继承的规则里去掉 45,000 条",
    "12 recipes that extend each other": "12 个依次继承的配方",
    "a manifest of a million names": "一百万个名字的清单",
    "a manifest of 50,000 huge shapes": "50,000 个巨大形状的清单",
    "a manifest of one name and 100,000 aliases": "一个名字、100,000 个别名的清单",
    "an index of a million names": "一百万个名字的索引",
    "a header of a million tensors": "一百万个张量的文件头",
    "a plan of 30 lines, each of 9,000 steps": "30 行、每行 9,000 步的计划",
    "a layout of 3,000 cuts": "3,000 条切分的布局",
    "a layout of cuts into a thousand million": "切成十亿块的布局",
    "8,000 rules for single layers": "8,000 条规则，每条一层",
    "2,000 rules as hands write them": "2,000 条手写的规则",
    "2,000 rules that select nothing": "2,000 条什么也选不中的规则",
    r"10 regular expressions such as `(\w+\.?)+x`": r"10 个 `(\w+\.?)+x` 之类的正则表达式",
}


def write_pages(results: Results) -> None:
    """Writes the tables into both pages."""
    for language, (first, second) in _HEADS.items():
        page = _DOCS / f"reliability{language}.md"
        text = page.read_text(encoding="utf-8")
        before, after = text.split(_BEGIN)[0], text.split(_END)[1]
        tables = "\n\n".join([_table(first, _groups(results, language)), _table(second, _singles(results, language))])
        page.write_text(f"{before}{_BEGIN}\n\n{tables}\n\n{_END}{after}", encoding="utf-8")


def _table(head: str, rows: Iterable[Sequence[str]]) -> str:
    return "\n".join([head, "|---" * (head.count("|") - 1) + "|", *(f"| {' | '.join(row)} |" for row in rows)])


def _groups(results: Results, language: str) -> Iterable[Sequence[str]]:
    for group, shapes in GROUPS.items():
        known = [results[name] for name in shapes if name in results]
        cells = [
            text(max(one[place][which] for one in known))  # type: ignore[index]  # a shape that broke is no row
            for place in (0, 1)
            for which, text in ((0, _seconds), (1, _mebibytes))
        ]
        yield [_said(group, language), str(len(known)), *cells]


def _singles(results: Results, language: str) -> Iterable[Sequence[str]]:
    for name in (*OTHERS, *LEGITIMATE):
        if name in results:
            cells = [
                cell for one in results[name] if one is not None for cell in (_seconds(one[0]), _mebibytes(one[1]))
            ]
            yield [_said(name, language), *cells, *[""] * (4 - len(cells))]


def _said(name: str, language: str) -> str:
    return _IN_CHINESE[name] if language else name


def _seconds(value: float) -> str:
    return f"{value:.2g} s" if value < 10 else f"{value:.0f} s"


def _mebibytes(value: float) -> str:
    return f"{value:.0f} MiB"
