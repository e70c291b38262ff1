from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest
import safetensors.numpy
from numpy.typing import NDArray
from typer.testing import CliRunner, Result

import ms_initkit as mik
from ms_initkit.cli import answers, networks, progress, recipes, suggest
from ms_initkit.cli.main import app

Values: TypeAlias = dict[str, NDArray[Any]]

MANIFESTS = Path(__file__).parents[1] / "manifests"
NET = ("--net", "tests.networks:Mlp")
GOOD = """family: good
vars: {sigma: 0.01}
rules:
  - {id: weights, match: {param: weight}, init: {normal: sigma}}
  - {id: biases, match: {param: bias}, init: zeros}
"""
# Everything that DESIGN promises to answer, in one file.
BAD = """family: bad
vars: {a: 1e-3, b: 0.001, c: 1.0e-3, d: 1E-3, e: .001}
rules:
  - {id: misspelt, match: output.weight, init: {nromal: 0.02}}
  - {id: idle, match: "layer9.**.weight", init: zeros}
  - id: twice
    match: hidden.weight
    init: ones
    init: {normal: a + b + c + d + e}
"""


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words), catch_exceptions=False)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2]))
    monkeypatch.chdir(tmp_path)
    Path("good.yaml").write_text(GOOD)
    Path("bad.yaml").write_text(BAD)
    return tmp_path


def test_the_version_and_the_help_are_told_without_a_network() -> None:
    runner = CliRunner()

    assert runner.invoke(app, ["--version"]).stdout == f"ms_initkit {mik.__version__}\n"
    assert runner.invoke(app, ["-h"]).stdout == runner.invoke(app, ["--help"]).stdout


def test_check_answers_0_where_nothing_is_wrong() -> None:
    result = run("check", "./good.yaml", "resnet")

    assert (result.exit_code, result.stdout) == (0, "2 recipes: nothing found\n")


def test_check_answers_1_and_what_is_wrong() -> None:
    result = run("check", "./bad.yaml")

    assert result.exit_code == 1
    assert "error[unknown-initializer]: no initializer is called 'nromal'\n --> ./bad.yaml:4:49" in result.stderr
    assert "help: did you mean 'normal'?" in result.stderr


def test_check_answers_in_json() -> None:
    result = run("check", "./bad.yaml", "--json")

    findings = json.loads(result.stdout)["findings"]
    assert [finding["code"] for finding in findings] == ["unknown-initializer", "duplicate-key"]
    assert (findings[0]["line"], findings[0]["column"]) == (4, 49)


def test_plan_reports_every_fault_in_one_run_and_writes_nothing(folder: Path) -> None:
    before = sorted(folder.iterdir())

    result = run("plan", *NET, "--recipe", "./bad.yaml")

    assert result.exit_code == 1
    for code in ("unknown-initializer", "unused-rule", "duplicate-key", "unmatched-parameter"):
        assert f"error[{code}]" in result.stderr
    assert "hidden.bias (256,) float32 of a Dense" in result.stderr
    assert "4 errors" in result.stderr
    assert sorted(folder.iterdir()) == before


def test_five_spellings_of_a_number_are_one() -> None:
    text = GOOD.replace("sigma: 0.01", "a: 1e-3, b: 0.001, c: 1.0e-3, d: 1E-3, e: .001").replace(
        "normal: sigma", "normal: a + b + c + d + e"
    )
    Path("numbers.yaml").write_text(text)

    result = run("plan", *NET, "--recipe", "./numbers.yaml")

    assert result.exit_code == 0
    assert "mean 0 std 0.005" in result.stdout


def test_plan_prints_a_line_per_parameter() -> None:
    result = run("plan", *NET, "--recipe", "./good.yaml", "--set", "sigma=0.5")

    assert result.exit_code == 0
    assert "hidden.weight  256x20  float32  normal(sigma=0.5)  mean 0 std 0.5  fans 20/256  weights" in result.stdout
    assert "4 tensors, 7,946 elements; 0 kept" in result.stdout


def test_explain_says_why_the_first_rule_won() -> None:
    result = run("explain", "hidden.bias", *NET, "--recipe", "./good.yaml")

    assert result.exit_code == 0
    assert "biases: param bias\n      wins: the first rule that selects it" in result.stdout


def test_explain_guesses_a_misspelt_name() -> None:
    result = run("explain", "hiden.bias", *NET, "--recipe", "./good.yaml")

    assert result.exit_code == 2
    assert "no parameter is called 'hiden.bias': did you mean 'hidden.bias'?" in result.stderr


def test_explain_says_what_a_code_means() -> None:
    result = run("explain", "unused-rule")
    values = json.loads(run("explain", "unused-rule", "--json").stdout)

    assert result.stdout.startswith("unused-rule: A rule selects no parameter.\n")
    assert (values["code"], values["stage"]) == ("unused-rule", "plan")


def test_explain_needs_a_network_for_a_parameter() -> None:
    result = run("explain", "hidden.bias")

    assert result.exit_code == 2
    assert "no finding has the code 'hidden.bias'; a parameter is explained with --net and --recipe" in result.stderr


@pytest.mark.parametrize("words", [["plan"], ["explain", "hidden.bias"]], ids=" ".join)
def test_no_name_moves_the_cursor(words: list[str]) -> None:
    Path("evil.yaml").write_text(GOOD.replace("id: biases", 'id: "\\e[2J\\u202Ebiases"'))

    result = run(*words, *NET, "--recipe", "./evil.yaml")

    assert result.exit_code == 0
    assert "[2J" in result.stdout
    assert not {"\x1b", "\u202e"} & set(result.stdout + result.stderr)


def test_what_was_made_of_values_that_were_there_is_not_said_to_be_proven() -> None:
    rule = "  - {match: 'hidden.weight', init: keep, then: [{multiply: 0.5}]}\n"
    Path("shrunk.yaml").write_text(GOOD.replace("rules:\n", f"rules:\n{rule}"))
    run("apply", *NET, "--recipe", "./shrunk.yaml", "--seed", "7", "--out", "init.safetensors")

    proven = run("verify", *NET, "--recipe", "./shrunk.yaml", "--seed", "7", "--values", "init.safetensors")

    assert (proven.exit_code, proven.stdout) == (0, "3 parameters are bit for bit those of seed 7\n")
    assert "note[unknown-values]: 1 parameter cannot be drawn again, the first 'hidden.weight'" in proven.stderr


@pytest.mark.parametrize("suffix", [".safetensors", ".ckpt"])
def test_apply_saves_what_verify_proves(suffix: str, folder: Path) -> None:
    applied = run("apply", *NET, "--recipe", "./good.yaml", "--seed", "7", "--out", f"out/init{suffix}")
    proven = run("verify", *NET, "--recipe", "./good.yaml", "--seed", "7", "--values", f"out/init{suffix}")
    refuted = run("verify", *NET, "--recipe", "./good.yaml", "--seed", "8", "--values", f"out/init{suffix}")

    assert applied.exit_code == 0, applied.stderr
    assert "wrote 7,946 elements" in applied.stdout
    assert [path.name for path in (folder / "out").iterdir()] == [f"init{suffix}"]
    assert (proven.exit_code, proven.stdout) == (0, "4 parameters are bit for bit those of seed 7\n")
    assert refuted.exit_code == 1
    assert "error[different-values]: 'hidden.weight'" in refuted.stderr


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda values: {f"net.{name}": value for name, value in values.items()},
            "error[missing-entry]: x.safetensors has no tensor called 'hidden.weight'\n  = help: did you mean "
            "'net.hidden.weight'?",
        ),
        (
            lambda values: values | {"extra": np.zeros(3)},
            "error[unknown-entry]: x.safetensors has a tensor called 'extra', which the network has not",
        ),
        (
            lambda values: values | {"output.bias": values["output.bias"].astype(np.float64)},
            "error[shape-mismatch]: 'output.bias' of x.safetensors is (10,) float64, and (10,) float32 in the network",
        ),
        (
            lambda values: values | {"output.weight": values["output.weight"].reshape(-1)},
            "'output.weight' of x.safetensors is (2560,) float32, and (10, 256) float32 in the network",
        ),
    ],
    ids=["prefixed", "extra", "widened", "flattened"],
)
def test_a_file_of_another_network_is_refuted(change: Callable[[Values], Values], message: str) -> None:
    run("apply", *NET, "--recipe", "./good.yaml", "--seed", "7", "--out", "x.safetensors")
    safetensors.numpy.save_file(change(safetensors.numpy.load_file("x.safetensors")), "x.safetensors")

    result = run("verify", *NET, "--recipe", "./good.yaml", "--seed", "7", "--values", "x.safetensors")

    assert result.exit_code == 1
    assert message in result.stderr


def test_where_a_report_cannot_be_written_nothing_is() -> None:
    Path("file").write_text("")

    result = run(
        "apply", *NET, "--recipe", "./good.yaml", "--seed", "7", "--out", "a.ckpt", "--report", "file/report.txt"
    )

    assert result.exit_code == 2
    assert result.stderr == "ms-initkit: file/report.txt: file is not a folder that can be written to\n"
    assert not Path("a.ckpt").exists()


def test_a_wrong_number_of_threads_is_said_before_anything_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MS_INITKIT_THREADS", "many")

    result = run("apply", *NET, "--recipe", "./good.yaml", "--seed", "7", "--out", "a.ckpt")

    assert result.exit_code == 2
    assert result.stderr == (
        "ms-initkit: MS_INITKIT_THREADS is a whole number of at least 1, not 'many': unset it to use every core\n"
    )


@pytest.mark.parametrize("suffix", ["html", "json", "txt"])
def test_apply_writes_a_report(suffix: str) -> None:
    result = run(
        "apply", *NET, "--recipe", "./good.yaml", "--seed", "7", "--out", "a.ckpt", "--report", f"report.{suffix}"
    )

    assert result.exit_code == 0, result.stderr
    assert "hidden.weight" in Path(f"report.{suffix}").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("plan", "--net", "tests.networks", "--recipe", "mlp"), "is not `module:factory`"),
        (("plan", "--net", "no_such_module:f", "--recipe", "mlp"), "module 'no_such_module' cannot be imported"),
        (("plan", "--net", "tests.networks:Nothing", "--recipe", "mlp"), "'tests.networks' has no 'Nothing'"),
        (("plan", "--net", "tests.networks:Mpl", "--recipe", "mlp"), "has no 'Mpl': did you mean 'Mlp'?"),
        (("plan", "--net", "pathlib:Path", "--recipe", "mlp"), "not a mindspore.nn.Cell"),
        (("plan", *NET, "--recipe", "mlp", "--set", "sigma"), "'sigma' is not NAME=VALUE"),
        (("plan", *NET, "--net-arg", "size=3", "--recipe", "mlp"), "tests.networks:Mlp raised TypeError"),
        (("apply", *NET, "--recipe", "mlp", "--seed", "-1", "--out", "a.ckpt"), "a seed is 0 to 2**64 - 1"),
        (
            ("apply", *NET, "--recipe", "mlp", "--seed", "1", "--out", "a.txt"),
            "values are saved to .safetensors or .ckpt",
        ),
        (("verify", *NET, "--recipe", "mlp", "--values", "none.ckpt"), "none.ckpt: no such file"),
    ],
)
def test_what_cannot_run_answers_2_with_the_reason(words: tuple[str, ...], reason: str) -> None:
    result = run(*words)

    assert result.exit_code == 2
    assert reason in result.stderr


def test_an_unknown_recipe_is_answered_with_a_guess() -> None:
    result = run("plan", *NET, "--recipe", "restnet")

    assert result.exit_code == 1
    assert "did you mean 'resnet'" in result.stderr


def test_diff_of_plans_shows_what_changed() -> None:
    for sigma in ("0.01", "0.02"):
        plan = run("plan", *NET, "--recipe", "./good.yaml", "--set", f"sigma={sigma}", "--json")
        Path(f"{sigma}.json").write_text(plan.stdout)

    same = run("diff", "0.01.json", "0.01.json")
    different = run("diff", "0.01.json", "0.02.json")

    assert (same.exit_code, same.stdout) == (0, "")
    assert different.exit_code == 1
    assert "~ hidden.weight" in different.stdout
    assert "+ 256x20 float32 normal(sigma=0.02)" in different.stdout


def test_diff_in_json_has_the_lines_of_both_plans() -> None:
    Path("other.yaml").write_text(GOOD.replace("zeros", "ones"))

    answer = run("diff", "./good.yaml", "./other.yaml", *NET, "--json")

    first = json.loads(answer.stdout)["differences"][0]
    assert (first["parameter"], first["change"]) == ("hidden.bias", "changed")
    assert (first["before"]["initializer"], first["after"]["initializer"]) == ("zeros", "ones")
    assert first["before"]["rule"] == "biases"


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


def test_what_takes_long_is_told_and_what_does_not_is_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # as in a terminal
    monkeypatch.setattr(progress, "_PATIENCE", 0.01)
    with progress.pulse("saving"):
        time.sleep(0.5)
    long = capsys.readouterr().err
    monkeypatch.setattr(progress, "_PATIENCE", 60)
    with progress.pulse("saving"):
        pass

    assert "saving" in long
    assert capsys.readouterr().err == ""


def test_diff_of_recipes_needs_a_network() -> None:
    Path("other.yaml").write_text(GOOD.replace("zeros", "ones"))

    refused = run("diff", "./good.yaml", "./other.yaml")
    different = run("diff", "./good.yaml", "./other.yaml", *NET)

    assert refused.exit_code == 2
    assert "two recipes differ on a network: add --net" in refused.stderr
    assert different.exit_code == 1
    assert "~ hidden.bias" in different.stdout


def test_list_names_the_shipped_recipes() -> None:
    result = run("list")

    assert result.exit_code == 0
    assert "\n\ntimm/bit " in result.stdout  # a paragraph for each source
    assert "torchvision/resnet " in result.stdout


def test_list_searches_and_says_if_nothing_is_found() -> None:
    found, nothing = run("list", "vit", "jax", "--json"), run("list", "vit", "nonsense")

    assert [entry["name"] for entry in json.loads(found.stdout)] == ["jax/vit", "timm/vit-jax", "timm/vit-jax-nlhb"]
    assert (nothing.exit_code, nothing.stdout) == (1, "no recipe is about vit and nonsense\n")


def test_initializers_are_listed_with_their_arguments() -> None:
    assert "normal(sigma, mean)" in run("initializers").stdout


OWN = """import numpy as np
import ms_initkit as mik

@mik.register_initializer("made_up")
def made_up(shape, rng, width=1.0):
    return rng.uniform(-width, width, shape)
"""


@pytest.mark.usefixtures("own_initializers")
@pytest.mark.parametrize("module", ["own.py", "own"])
def test_an_initializer_of_ones_own_is_known_where_its_module_is_imported(
    module: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "own.py").write_text(OWN)
    (folder / "recipe.yaml").write_text("family: x\nrules:\n  - {match: '**', init: {made_up: {width: 2}}}\n")
    monkeypatch.delitem(sys.modules, "own", raising=False)

    without = run("check", "recipe.yaml")
    known = run("--import", module, "check", "recipe.yaml")

    assert (without.exit_code, known.exit_code) == (1, 0)
    assert "--import MODULE" in without.stderr
    schema = run("schema")  # in this process it stays imported
    assert "made_up" in json.loads(schema.stdout)["$defs"]["call"]["properties"]


def test_a_module_that_cannot_be_imported_is_a_refusal() -> None:
    result = run("--import", "no_such_module", "check", "good.yaml")

    assert result.exit_code == 2
    assert "module 'no_such_module' cannot be imported" in result.stderr


def test_the_schema_goes_to_the_terminal_or_to_a_file(folder: Path) -> None:
    shown = run("schema").stdout

    written = run("schema", "--out", "recipe.schema.json")

    assert "# yaml-language-server: $schema=recipe.schema.json" in written.stdout
    assert json.loads((folder / "recipe.schema.json").read_text()) == json.loads(shown)
