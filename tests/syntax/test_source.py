from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ms_initkit.findings import RecipeError, Span
from ms_initkit.syntax import source
from ms_initkit.syntax.nodes import Document, Mapping, Node, Scalar, Sequence
from ms_initkit.syntax.numerals import explain_ambiguity, read_number
from ms_initkit.syntax.source import read_bytes, read_file, read_text


def codes(text: str) -> list[str]:
    return [finding.code for finding in read_text(text, "r.yaml").findings]


def plain(node: Node | None) -> object:
    match node:
        case Scalar():
            return node.text
        case Sequence():
            return [plain(item) for item in node.items]
        case Mapping():
            return {key.text: plain(value) for key, value in node.entries}
        case None:
            return None


def scalar(text: str, key: str = "a") -> Scalar:
    root = read_text(text, "r.yaml").root
    assert isinstance(root, Mapping)
    node = root.get(key)
    assert isinstance(node, Scalar)
    return node


def test_a_node_knows_its_line_columns_and_text() -> None:
    node = scalar("b: 1\na:  value  # why\n")

    assert node.span == Span("r.yaml", 2, 5, 10, "a:  value  # why")
    assert node.span.text() == "value"
    assert str(node.span) == "r.yaml:2:5"


def test_columns_count_characters_and_not_bytes() -> None:
    assert scalar("家族: é\na: {ü: 1, x: 2}", "家族").span.column == 5


@pytest.mark.parametrize("written", ["abc", "'abc'", '"abc"'])
def test_a_part_of_a_scalar_has_its_own_columns(written: str) -> None:
    assert scalar(f"a: {written}").part(1, 2).text() == "bc"


def test_a_part_of_a_scalar_with_escapes_is_the_whole() -> None:
    node = scalar('a: "x\\ty"')

    assert node.part(1, 1) == node.span


@pytest.mark.parametrize("text", ["1e-3", "no", "yes", "0.50", "2019", "null", "true", "1.0E-3"])
def test_scalars_keep_their_text(text: str) -> None:
    assert scalar(f"a: {text}").text == text


@pytest.mark.parametrize("text", ["1e-3", "0.001", "1.0e-3", "1E-3", ".001"])
def test_every_way_of_writing_a_thousandth_is_the_same_number(text: str) -> None:
    assert read_number(text) == 0.001


@pytest.mark.parametrize(
    "text", ["010", "-007", "1_000", "0x1f", "0o17", "1:30", "00.5", "1_0.5", "2026-11-27", "2026-1-5"]
)
def test_a_number_that_readers_take_differently_is_refused(text: str) -> None:
    assert read_number(text) is None
    assert explain_ambiguity(text) is not None
    assert codes(f"a: {text}") == ["ambiguous-number"]


@pytest.mark.parametrize("text", ["0", "0.5", "10", "1e010", "a_1", "_1", "10.0", "layer_1", "x:1", "-", "."])
def test_what_all_readers_take_alike_is_not_ambiguous(text: str) -> None:
    assert explain_ambiguity(text) is None


def test_an_ambiguous_number_in_quotes_is_text() -> None:
    assert codes("a: '010'") == []


@pytest.mark.parametrize("text", ["", "e5", "1e", "--1", "1 2", "inf", "nan", ".", "1e5x", "0x10", "9" * 500])
def test_other_text_is_no_number(text: str) -> None:
    assert read_number(text) is None


def test_a_key_given_twice_is_an_error_that_names_both_lines() -> None:
    document = read_text("a: 1\nb: 2\na: 3\n", "r.yaml")

    (finding,) = document.findings
    assert finding.code == "duplicate-key"
    assert finding.span is not None
    assert finding.span.line == 3
    assert "line 1" in finding.notes[0]


@pytest.mark.parametrize(
    "glob", ["*.weight", "**.weight", "*weight", "{i}.weight", "{a,b}.weight", "**.{i}.{a,b}.w", "*", "**", "{i}.{j}"]
)
@pytest.mark.parametrize("frame", ["match: {}", "- {}", "a: {{match: {}}}", "a: [b, {}]", "rules:\n  - match: {}\n"])
def test_a_glob_without_quotes_is_told_to_have_them(glob: str, frame: str) -> None:
    findings = read_text(frame.format(glob), "r.yaml").findings

    assert [finding.code for finding in findings] == ["unquoted-glob"]
    assert findings[0].span is not None
    assert findings[0].span.text() == glob
    assert findings[0].help == f'write "{glob}"'


def test_a_glob_without_quotes_does_not_hide_what_else_is_wrong() -> None:
    document = read_text("a: *.weight\nb: {i}.weight\na: 010\n", "r.yaml")

    assert sorted(finding.code for finding in document.findings) == [
        "ambiguous-number",
        "duplicate-key",
        "unquoted-glob",
        "unquoted-glob",
    ]
    assert plain(document.root) == {"a": "*.weight", "b": "{i}.weight"}


def test_an_element_of_a_shape_within_braces_is_told_to_have_quotes() -> None:
    (finding,) = read_text("init: {uniform: {scale: 1 / sqrt(shape[0] / 4)}}", "r.yaml").findings

    assert finding.code == "unquoted-expression"
    assert finding.help == 'write "1 / sqrt(shape[0] / 4)"'


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("a: {normal: max(a, b)}", "max(a, b)"),
        ("a: {b: {c: min(1, max(2, n)) / 2, d: 1}}", "min(1, max(2, n)) / 2"),
        ("a: [0, max(1, n), 3]", "max(1, n)"),
    ],
)
def test_an_expression_cut_by_a_comma_is_put_together_and_told_to_have_quotes(text: str, expression: str) -> None:
    document = read_text(text, "r.yaml")

    assert [(finding.code, finding.help) for finding in document.findings] == [
        ("unquoted-expression", f'write "{expression}"')
    ]
    quoted = read_text(text.replace(expression, f'"{expression}"'), "r.yaml")
    assert plain(document.root) == plain(quoted.root)


def test_a_comma_between_brackets_of_a_whole_line_is_plain_text() -> None:
    assert codes("a: max(1, n)") == []


@pytest.mark.parametrize("text", ["{a: f(1, n): 2}", "[f(1, {a: 2})]", "{a: f(1, b: 2)}", "[f(1, 2]", "{f(1, 2): 3}"])
def test_what_cannot_be_put_together_stays_apart(text: str) -> None:
    assert read_text(text, "r.yaml").root is not None or codes(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty-recipe"),
        ("# nothing\n", "empty-recipe"),
        ("null", "empty-recipe"),
        ("a: 1\n---\nb: 1", "many-documents"),
        ("a:\n\t- b", "tab-indentation"),
        ("a: [", "bad-yaml"),
        ("a: 'x", "bad-yaml"),
        ("a: 1\n b: 2", "bad-yaml"),
        ("a: \x07", "bad-yaml"),
        ("a: \ud800", "bad-yaml"),
        ("a: &x 1", "yaml-alias"),
        ("<<: {a: 1}", "yaml-alias"),
        ("a: !!python/object:os.system x", "yaml-tag"),
        ("a: ! x", "yaml-tag"),
        ("? [a]\n: 1", "wrong-type"),
    ],
)
def test_what_is_not_part_of_a_recipe_is_refused(text: str, code: str) -> None:
    assert codes(text) == [code]


def test_an_alias_of_an_anchor_is_reported_with_it() -> None:
    assert codes("a: &x 1\nb: *x") == ["yaml-alias", "yaml-alias"]


def test_a_billion_laughs_are_refused_before_they_are_told() -> None:
    lines = ["a0: &a0 [lol]"] + [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]

    assert set(codes("\n".join(lines))) == {"yaml-alias"}


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, "a: " + "{a: " * 5_000, "- " * 5_000, "? " * 5_000],
    ids=["lists", "mappings", "items", "keys"],
)
def test_a_deeply_nested_file_is_refused_without_recursion(text: str) -> None:
    assert codes(text) == ["too-large"]


def test_a_file_of_too_many_values_is_refused() -> None:
    assert codes("[" + "a," * 60_000 + "]") == ["too-large"]


def test_a_long_file_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "long.yaml"
    path.write_bytes(b"#" * (source.LARGEST_FILE + 10))

    with pytest.raises(RecipeError, match="too-large"):
        read_file(str(path))


def test_a_byte_order_mark_is_skipped() -> None:
    assert plain(read_bytes(b"\xef\xbb\xbfa: 1", "r.yaml").root) == {"a": "1"}


def test_bytes_that_are_not_utf8_are_shown_where_they_stand() -> None:
    with pytest.raises(RecipeError) as caught:
        read_bytes(b"a: 1\nb: caf\xe9!\n", "r.yaml")

    (finding,) = caught.value.findings
    assert finding.code == "not-utf-8"
    assert str(finding.span) == "r.yaml:2:7"


def test_a_missing_file_is_answered_with_the_nearest_one(tmp_path: Path) -> None:
    (tmp_path / "resnet.yaml").touch()

    with pytest.raises(RecipeError) as caught:
        read_file(str(tmp_path / "resent.yaml"))

    assert caught.value.findings[0].help == "did you mean 'resnet.yaml'?"


@pytest.mark.parametrize("path", [".", "a\0b.yaml"])
def test_what_cannot_be_read_is_a_finding(path: str) -> None:
    with pytest.raises(RecipeError, match=re.escape("unreadable-recipe")):
        read_file(path)


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_whatever_ends_them(line_end: str) -> None:
    assert scalar(line_end.join(["b: 1", "c: 2", "a: 3"])).span.line == 3


keys = st.text("abcdef", min_size=1, max_size=3)
scalars = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=8)
trees = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=12
)


@given(st.dictionaries(keys, trees, min_size=1, max_size=3))
def test_text_in_quotes_reads_as_pyyaml_reads_it(tree: dict[str, object]) -> None:
    text = yaml.safe_dump(tree, default_style='"')

    assert plain(read_text(text, "r.yaml").root) == yaml.safe_load(text) == tree


@given(st.text(max_size=200))
def test_any_text_gives_nodes_or_findings(text: str) -> None:
    document = read_text(text, "r.yaml")

    assert document.root is not None or document.findings


@given(st.binary(max_size=200))
def test_any_bytes_give_nodes_or_findings(content: bytes) -> None:
    try:
        document = read_bytes(content, "r.yaml")
    except RecipeError as error:
        document = Document("r.yaml", "", None, error.findings)

    assert document.root is not None or document.findings


@given(st.text("[]{}:,*&!-?'\"|>#%@ \n\tab0._", max_size=60))
def test_any_punctuation_gives_spans_that_lie_on_their_lines(text: str) -> None:
    document = read_text(text, "r.yaml")

    for finding in document.findings:
        assert finding.span is None or finding.span.text_of_line in re.split("\r\n|[\r\n]", text)
        assert str(finding)
