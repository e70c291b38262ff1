"""Answers, as wide as the terminal and without what moves its cursor."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ms_initkit.cli import answers, networks, recipes, suggest
from tests.cli.commands import GOOD, NET, run

MANIFESTS = Path(__file__).parents[1] / "manifests"

TOLD = [
    ("plan", *NET, "--recipe", "./good.yaml"),
    ("plan", *NET, "--recipe", "./bad.yaml"),
    ("explain", "hidden.weight", *NET, "--recipe", "./good.yaml"),
    ("explain", "unused-rule"),
    ("diff", "./good.yaml", "./other.yaml", *NET),
    ("list", "vit"),
    ("list", "no", "such", "words", "as", "these", "in", "any", "description", "of", "a", "recipe", "anywhere"),
    ("show", "bert", "--flat"),
    ("initializers",),
    ("suggest", *NET),
    ("suggest", "--shapes", "./bert.json"),
    ("check", "./bad.yaml"),
    ("apply", *NET, "--recipe", "./good.yaml", "--seed", "7", "--out", "o.safetensors"),
    ("verify", *NET, "--recipe", "./good.yaml", "--seed", "8", "--values", "values.safetensors"),
    ("materialize", "--shapes", "./mlp.json", "--recipe", "./good.yaml", "--seed", "7", "--out", "model"),
    ("materialize", "--shapes", "./mlp.json", "--recipe", "./good.yaml", "--seed", "8", "--out", "values"),
]


@pytest.mark.parametrize("words", [["plan"], ["explain", "hidden.bias"]], ids=" ".join)
def test_no_name_moves_the_cursor(words: list[str]) -> None:
    Path("evil.yaml").write_text(GOOD.replace("id: biases", 'id: "\\e[2J\\u202Ebiases"'))

    result = run(*words, *NET, "--recipe", "./evil.yaml")

    assert result.exit_code == 0
    assert "[2J" in result.stdout
    assert not {"\x1b", "\u202e"} & set(result.stdout + result.stderr)


def in_a_terminal(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    for module in (answers, networks, recipes, suggest):
        monkeypatch.setattr(module, "terminal_width", lambda **_: columns)


@pytest.mark.parametrize("columns", [40, 60, 80])
@pytest.mark.parametrize("words", TOLD, ids=lambda words: " ".join(words[:2]))
def test_a_command_keeps_to_the_terminals_width_and_cuts_nothing(
    monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], columns: int
) -> None:
    Path("other.yaml").write_text(GOOD.replace("0.01", "0.015"))
    Path("bert.json").write_bytes((MANIFESTS / "mindone-BertForMaskedLM.json").read_bytes())
    run("manifest", *NET, "--out", "mlp.json")
    run("apply", *NET, "--recipe", "./good.yaml", "--seed", "7", "--out", "values.safetensors")
    # What is told may depend on the values that the network was made with, and on what was written before.
    run(*words)
    piped = run(*words)
    in_a_terminal(monkeypatch, columns)
    shown = run(*words)

    told = [line for line in shown.output.splitlines() if not re.match(r" *\d* \||whole plan: ", line)]
    assert [line for line in told if len(line) > columns and " " in line.strip()] == []
    if words[0] not in ("suggest", "apply", "materialize"):
        sources = re.compile(r"^ *\d* \|.*\n", re.MULTILINE)
        assert sources.sub("", shown.output).split() == sources.sub("", piped.output).split()


def test_carets_stand_under_what_they_mean_in_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("wide.yaml").write_text(GOOD + f"  - {{id: wide, match: '{'a-long-name.' * 9}w', init: zerros}}\n")
    in_a_terminal(monkeypatch, 60)

    lines = run("check", "./wide.yaml").output.splitlines()

    source = next(line for line in lines if "zerros" in line and "|" in line)
    carets = lines[lines.index(source) + 1]
    assert max(len(source), len(carets)) <= 60
    assert source[carets.index("^") : carets.rindex("^") + 1] == "zerros"
