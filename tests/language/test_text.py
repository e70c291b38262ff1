"""A recipe as text, with all that it inherits."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from ms_initkit.cli.main import app

RUNNER = CliRunner()


def test_flat_shows_what_is_inherited_in_order_with_where_it_stands(tmp_path: Path) -> None:
    base = tmp_path / "base.yaml"
    base.write_text(
        "family: base\nvars: {s: {config: std, default: 2}}\nrules: [{id: all, match: '**', init: {normal: s}}]\n"
    )
    child = tmp_path / "child.yaml"
    child.write_text(
        "family: child\nextends: ./base.yaml\nrules:\n"
        "  - {id: file, match: 'a.*', from: {path: a.npz, missing: next}, optional: true}\n"
        "  - {id: kept, match: 'b.*', init: keep, where: ndim == 2}\n"
    )

    result = RUNNER.invoke(app, ["show", str(child), "--flat"])

    assert result.stdout == (
        f"child\ns = config std, else 2  # {base}:2:8\n"
        f"\nfile  # {child}:4:5\n  name a.*, trainable any\n  from a.npz, what is missing to the next, optional\n"
        f"\nkept  # {child}:5:5\n  name b.*\n  keep, where ndim == 2\n"
        f"\nall  # {base}:3:9\n  name **\n  normal(sigma=s)\n"
    )
    rules = json.loads(RUNNER.invoke(app, ["show", str(child), "--json"]).stdout)["rules"]
    assert [rule["id"] for rule in rules] == ["file", "kept", "all"]
