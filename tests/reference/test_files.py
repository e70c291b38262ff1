"""The reference files agree with their family files, and are what a comparison can rely on."""

from __future__ import annotations

import copy
import json
import math
import re
from pathlib import Path
from typing import Any

import pytest

from tests.reference import execute, records

HERE = Path(__file__).parent
FAMILIES = {path.stem: execute.read_family(path) for path in sorted(HERE.glob("families/*.yaml"))}
EXECUTED = [variant for variant, family in FAMILIES.items() if execute.is_executed(family)]
PUBLISHED = [variant for variant in FAMILIES if variant not in EXECUTED]
PUBLISHED_RULES = {
    rule["family"] for rule in json.loads((HERE / "published" / "rules.json").read_text(encoding="utf-8"))
}
LARGEST = 300_000

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
FAMILY_FIELDS = {
    *("recipe", "settings", "vars", "counterpart", "reference"),
    *("network", "names", "reference_only", "differs", "expected"),
}
EXECUTED_FIELDS = {
    *("package", "version", "factory", "args", "kwargs", "before", "post"),
    *("buffers", "uninitialised", "environment", "needs", "seeds"),
}
PUBLISHED_FIELDS = {"published", "source", "why"}
FORMS = ({"constant"}, {"table"}, {"indices", "values"}, {"n", "mean", "std", "kurtosis", "min", "max", "zeros"})


def pins() -> dict[str, str]:
    """The version of each package that the reference environment installs."""
    found: dict[str, str] = {}
    for name in ("requirements.txt", "requirements-sdist.txt"):
        for line in (HERE / name).read_text(encoding="utf-8").splitlines():
            if "==" in line:
                package, _, version = line.partition("==")
                found[normalised(package)] = version.strip()
    return found


def normalised(package: str) -> str:
    return re.sub(r"[-_.]+", "-", package).lower()


def load(variant: str) -> dict[str, Any]:
    measured: dict[str, Any] = json.loads((HERE / f"{variant}.json").read_text(encoding="utf-8"))
    return measured


def family_problems(family: dict[str, Any]) -> list[str]:
    """What is wrong with a family file, in words."""
    problems = [f"unknown field {key!r}" for key in family.keys() - FAMILY_FIELDS]
    if not NAME.fullmatch(str(family.get("recipe"))):
        problems.append(f"recipe {family.get('recipe')!r} is not a name in kebab-case")
    reference = family["reference"]
    if execute.is_executed(family):
        allowed, needed = EXECUTED_FIELDS, {"package", "version", "factory"}
        package = normalised(str(reference.get("package")))
        if pins().get(package) != str(reference.get("version")):
            problems.append(f"{package} {reference.get('version')} is not what is pinned")
    else:
        allowed, needed = PUBLISHED_FIELDS, PUBLISHED_FIELDS
        if reference.get("published") not in PUBLISHED_RULES:
            problems.append(f"published rule {reference.get('published')!r} is not in rules.json")
    problems += [f"unknown field reference.{key}" for key in reference.keys() - allowed]
    problems += [f"field reference.{key} is missing" for key in needed - reference.keys()]
    return problems


def record_problems(record: dict[str, Any]) -> list[str]:
    """What is wrong with the record of one parameter, in words."""
    if record.get("uninitialised"):
        return []
    size = math.prod(record["shape"])
    forms = [form for form in FORMS if form <= record.keys()]
    if len(forms) != 1:
        return [f"it is {len(forms)} of constant, table, sample and distribution"]
    problems = []
    if record["seeds"] < records.DETERMINISM_SEEDS:
        problems.append(f"{record['seeds']} seeds cannot tell a constant from a draw")
    if "table" in record and len(record["table"]) != size:
        problems.append(f"a table of {len(record['table'])} for {size} elements")
    if "indices" in record and len(record["indices"]) != len(record["values"]):
        problems.append("as many indices as values are needed")
    if "n" in record:
        problems += distribution_problems(record, size)
    return problems


def distribution_problems(record: dict[str, Any], size: int) -> list[str]:
    """What no sample can have."""
    varying = size - record.get("fixed", {}).get("count", 0)
    outliers = record.get("outliers", {}).get("count", 0)
    low, mean, high = record["min"], record["mean"], record["max"]
    problems = []
    if record["n"] + outliers != varying * record["seeds"]:
        problems.append(f"n is {record['n']}, not {varying} elements of {record['seeds']} seeds")
    if not low <= mean <= high:
        problems.append(f"the mean {mean} lies outside [{low}, {high}]")
    if not 0 < record["std"] <= (high - low) / 2 * 1.001:
        problems.append(f"a std of {record['std']} does not fit in [{low}, {high}]")
    if record["kurtosis"] < 0.999:
        problems.append(f"a kurtosis of {record['kurtosis']} is below that of a coin")
    if outliers > 1e-5 * record["n"]:
        problems.append(f"{outliers} outliers among {record['n']} are part of the distribution")
    if not 0 <= record["zeros"] < 1:
        problems.append(f"{record['zeros']} of the elements are zeros, yet they vary")
    return problems


def test_there_are_enough_families() -> None:
    assert len(EXECUTED) >= 45
    assert len({family["recipe"] for family in FAMILIES.values()}) >= 55


def test_every_json_file_has_a_family_and_every_executed_family_a_json_file() -> None:
    assert {path.stem for path in HERE.glob("*.json")} == set(EXECUTED)


@pytest.mark.parametrize("variant", FAMILIES)
def test_a_family_file_is_well_formed(variant: str) -> None:
    assert NAME.fullmatch(variant)
    assert family_problems(FAMILIES[variant]) == []


@pytest.mark.parametrize("variant", EXECUTED)
def test_a_reference_file_is_of_the_family_file_as_it_stands(variant: str) -> None:
    family, measured = FAMILIES[variant], load(variant)

    assert measured["variant"] == variant
    assert measured["reference"] == execute.digest(family["reference"]), (
        f"families/{variant}.yaml has changed: run `make reference VARIANTS={variant}`"
    )


@pytest.mark.parametrize("variant", EXECUTED)
def test_a_reference_file_records_the_pinned_versions(variant: str) -> None:
    versions = {normalised(name): version for name, version in load(variant)["packages"].items()}

    assert versions == {name: pins()[name] for name in versions}
    assert {normalised(FAMILIES[variant]["reference"]["package"]), "torch"} <= versions.keys()


@pytest.mark.parametrize("variant", EXECUTED)
def test_every_record_is_well_formed(variant: str) -> None:
    parameters = load(variant)["parameters"]

    assert parameters
    wrong = {name: record_problems(record) for name, record in parameters.items()}
    assert {name: problems for name, problems in wrong.items() if problems} == {}


@pytest.mark.parametrize("variant", EXECUTED)
def test_a_reference_file_is_sorted_and_small(variant: str) -> None:
    path = HERE / f"{variant}.json"
    names = list(load(variant)["parameters"])

    assert names == sorted(names)
    assert path.stat().st_size < LARGEST


@pytest.mark.parametrize("variant", EXECUTED)
def test_what_is_tied_or_equal_names_parameters_that_exist(variant: str) -> None:
    parameters = load(variant)["parameters"]

    for record in parameters.values():
        assert not set(record.get("tied", ())) & parameters.keys()
        assert record.get("equal_to") is None or record["equal_to"] in parameters


# The checks above must be able to fail.


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("n", 7, "n is 7"),
        ("mean", 9.0, "outside"),
        ("std", 0.0, "does not fit"),
        ("std", 5.0, "does not fit"),
        ("kurtosis", 0.5, "coin"),
        ("zeros", 1.0, "zeros"),
        ("constant", 0.0, "it is 2 of"),
        ("seeds", 1, "cannot tell"),
    ],
)
def test_a_broken_distribution_is_found(field: str, value: float, message: str) -> None:
    record = copy.deepcopy(load("gpt2")["parameters"]["transformer.h.0.attn.c_attn.weight"])
    assert record_problems(record) == []

    record[field] = value

    assert any(message in problem for problem in record_problems(record))


def test_a_short_table_is_found() -> None:
    record = copy.deepcopy(load("mamba2-hf")["parameters"]["backbone.layers.0.mixer.A_log"])
    assert record_problems(record) == []

    record["table"] = record["table"][1:]

    assert record_problems(record) == ["a table of 7 for 8 elements"]


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("version", "0.0.1", "not what is pinned"),
        ("package", "no-such-package", "not what is pinned"),
        ("factroy", "a:b", "unknown field reference.factroy"),
        ("published", "GPT-2 (HF)", "unknown field reference.published"),
    ],
)
def test_a_broken_family_file_is_found(field: str, value: str, message: str) -> None:
    family = copy.deepcopy(FAMILIES["gpt2"])

    family["reference"][field] = value

    assert any(message in problem for problem in family_problems(family))


def test_a_published_rule_that_does_not_exist_is_found() -> None:
    family = copy.deepcopy(FAMILIES["nanogpt"])

    family["reference"]["published"] = "nanoGTP"

    assert family_problems(family) == ["published rule 'nanoGTP' is not in rules.json"]


def test_a_changed_reference_has_another_digest() -> None:
    reference = copy.deepcopy(FAMILIES["gpt2"]["reference"])
    before = execute.digest(reference)

    reference["args"][0]["kwargs"]["n_layer"] += 1

    assert execute.digest(reference) != before
