"""Commands about a network: plan, explain, apply, verify, diff."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest
import safetensors.numpy
from numpy.typing import NDArray

from tests.cli.commands import GOOD, NET, run

Values: TypeAlias = dict[str, NDArray[Any]]


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


def test_diff_of_recipes_needs_a_network() -> None:
    Path("other.yaml").write_text(GOOD.replace("zeros", "ones"))

    refused = run("diff", "./good.yaml", "./other.yaml")
    different = run("diff", "./good.yaml", "./other.yaml", *NET)

    assert refused.exit_code == 2
    assert "two recipes differ on a network: add --net" in refused.stderr
    assert different.exit_code == 1
    assert "~ hidden.bias" in different.stdout


@pytest.mark.usefixtures("own")
def test_a_plan_of_shapes_needs_no_network() -> None:
    manifest = {"config": {"std": 0.5}, "parameters": [{"name": "a.weight", "shape": [4, 4]}]}
    Path("net.json").write_text(json.dumps(manifest))

    result = run("plan", "--shapes", "net.json", "--recipe", "own/mine.yaml")

    assert result.exit_code == 0
    assert "sigma=0.5 (config.std)" in result.stdout
    assert run("plan", "--recipe", "own/mine.yaml").exit_code == 2
    assert (
        run("plan", "--shapes", "net.json", "--net", "nets_of_sources:two", "--recipe", "own/mine.yaml").exit_code == 2
    )


@pytest.mark.usefixtures("own")
def test_values_of_a_folder_are_verified() -> None:
    net = ("--net", "nets_of_sources:two", "--recipe", "own/mine.yaml", "--seed", "3")
    assert run("manifest", "--net", "nets_of_sources:two", "--out", "two.json").exit_code == 0
    written = run("materialize", "--shapes", "two.json", *net[2:], "--out", "out", "--shard-size", "60B")
    assert written.exit_code == 0, written.stderr
    assert len(list(Path("out").glob("*.safetensors"))) > 1

    assert run("verify", *net, "--values", "out").exit_code == 0
    assert run("verify", *net[:-1], "4", "--values", "out").exit_code == 1
    assert run("verify", *net, "--values", "own").exit_code == 2
