"""What was seen of a parameter, as a law: exact values, or a distribution. Pooled, compared, and put into words."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final, TypeAlias

import numpy as np

from tests.reference.records import kurtosis_error, moments_of_sums, rounded

Law: TypeAlias = dict[str, Any]

# Of a hundred thousand pairs that agree, less than one is told apart by chance.
Z: Final = 5.5
# Elements of a table that are kept.
KEPT: Final = 64
# What nobody wrote is whatever was in that memory.
HUGE: Final = 1e7
EXACT: Final = ("constant", "table", "values", "uninitialised")


def of_record(record: Law) -> Law:
    """Returns the law of one parameter from what ``measuring`` keeps of it."""
    if (
        not math.isfinite(record.get("std", 0.0))
        or max(abs(record.get("min", 0.0)), abs(record.get("max", 0.0))) > HUGE
    ):
        return {"uninitialised": True}
    if "table" in record and len(record["table"]) > KEPT:
        indices = np.linspace(0, len(record["table"]) - 1, KEPT).astype(int).tolist()
        return {"indices": indices, "values": [record["table"][i] for i in indices]}
    if "values" in record:
        step = len(record["values"]) // KEPT
        return {key: record[key][::step] for key in ("indices", "values")}
    kept = ("constant", "table", "uninitialised", "n", "sums", "min", "max", "fixed", "orthogonal", "outliers")
    return {key: record[key] for key in kept if key in record}


def pooled(first: Law, second: Law) -> Law | None:
    """Returns the law of two parameters together, of one shape each; None if theirs are not the same."""
    if is_exact(first) or is_exact(second):
        return first if first == second else None
    if first.get("fixed") != second.get("fixed") or ("orthogonal" in first) != ("orthogonal" in second):
        return None
    if differs(finished(first), finished(second)):
        return None
    out = {**first, "n": first["n"] + second["n"]}
    out["sums"] = [a + b for a, b in zip(first["sums"], second["sums"], strict=True)]
    out["min"], out["max"] = min(first["min"], second["min"]), max(first["max"], second["max"])
    return out


def is_exact(law: Law) -> bool:
    """Whether every seed gives the same values."""
    return any(key in law for key in EXACT)


def finished(law: Law) -> Law:
    """Returns a law with moments in place of sums."""
    if "sums" not in law:
        return law
    out = {**law, **moments_of_sums(np.array(law["sums"]), law["n"])}
    del out["sums"]
    # A mean that cannot be told from zero is zero; the rest to what samples of some million tell.
    if abs(out["mean"]) < 3 * out["std"] / math.sqrt(law["n"]):
        out["mean"] = 0
    out["mean"] = rounded(out["mean"], 7 if abs(out["mean"]) > out["std"] else 3)
    out["std"] = rounded(out["std"], 5)
    if out["kurtosis"] is not None:
        out["kurtosis"] = rounded(out["kurtosis"], 4)
    # Rounded inwards: a bound that holds is not to seem broken.
    out["min"], out["max"] = _rounded(out["min"], math.ceil), _rounded(out["max"], math.floor)
    return out


_COLUMNS: Final = ("n", "mean", "std", "kurtosis", "min", "max")


def packed(law: Law) -> Law | list[Any]:
    """Returns a finished law as its file has it: of a distribution, the numbers in a row."""
    if is_exact(law):
        return law
    rest = {key: value for key, value in law.items() if key not in _COLUMNS}
    return [*(law[key] for key in _COLUMNS), *([rest] if rest else [])]


def unpacked(row: Law | list[Any]) -> Law:
    """Returns the law that ``packed`` wrote."""
    if isinstance(row, dict):
        return row
    return dict(zip(_COLUMNS, row, strict=False)) | (row[len(_COLUMNS)] if len(row) > len(_COLUMNS) else {})


def _rounded(value: float, towards: Callable[[float], int]) -> float:
    if value == 0:
        return value
    unit = 10.0 ** (math.floor(math.log10(abs(value))) - 3)
    return rounded(towards(value / unit) * unit, 4)


def differs(ours: Law, theirs: Law) -> str:
    """Returns in words how two laws differ; empty where they do not, as far as their samples can tell."""
    if is_exact(ours) or is_exact(theirs):
        return "" if _same_values(ours, theirs) else f"{words(ours)}, not {words(theirs)}"
    n, m = ours["n"], theirs["n"]
    rows, other_rows = ours.get("fixed"), theirs.get("fixed")
    if rows != other_rows:
        return f"rows {_rows(rows)} are fixed, not {_rows(other_rows)}"
    if min(n, m) < 8:
        return "" if 0.2 < (ours["std"] or 1e-30) / (theirs["std"] or 1e-30) < 5 else "std"
    spread = max(ours["std"], theirs["std"])
    if abs(ours["mean"] - theirs["mean"]) > Z * spread * math.sqrt(1 / n + 1 / m) + 1e-6:
        return f"mean {ours['mean']:.4g}, not {theirs['mean']:.4g}"
    kurtosis = max(ours["kurtosis"] or 3, theirs["kurtosis"] or 3)
    error = Z * math.sqrt((kurtosis - 1) / 4 * (1 / n + 1 / m))
    if not ours["std"] or not theirs["std"] or abs(math.log(ours["std"] / theirs["std"])) > error + 1e-6:
        return f"std {ours['std']:.4g}, not {theirs['std']:.4g}"
    error = Z * kurtosis_error(kurtosis) * math.sqrt(1 / n + 1 / m) + 1e-3
    if abs((ours["kurtosis"] or 3) - (theirs["kurtosis"] or 3)) > error:
        return f"kurtosis {ours['kurtosis']:.3g}, not {theirs['kurtosis']:.3g}"
    return ""


def _same_values(ours: Law, theirs: Law) -> bool:
    if "constant" in ours and "constant" in theirs:
        return math.isclose(ours["constant"], theirs["constant"], rel_tol=1e-5, abs_tol=1e-9)
    for key in ("table", "values"):
        if key in ours and key in theirs and ours.get("indices") == theirs.get("indices"):
            a, b = np.asarray(ours[key], float), np.asarray(theirs[key], float)
            largest = float(np.abs(b).max(initial=0.0))
            return a.shape == b.shape and bool(np.allclose(a, b, rtol=1e-3, atol=1e-3 * largest))
    return False


def words(law: Law) -> str:
    """Returns a law in a few words."""
    if "uninitialised" in law:
        return "not written"
    if "constant" in law:
        return f"= {law['constant']:.4g}"
    if "table" in law or "values" in law:
        values = law.get("table", law.get("values"))
        return f"a table in [{min(values):.3g}, {max(values):.3g}]" if values else "nothing"
    std, mean, kurtosis = law["std"], law["mean"], law["kurtosis"]
    highest = max(abs(law["min"]), abs(law["max"]))
    if kurtosis is not None and abs(kurtosis - 1.8) < 0.1 and highest < 1.03 * abs(mean) + 1.8 * std:
        bound = math.sqrt(3) * std
        said = f"U(+-{bound:.4g})" if abs(mean) < 0.2 * std else f"U({mean - bound:.4g}, {mean + bound:.4g})"
    elif kurtosis is not None and kurtosis < 2.7 and law["n"] > 2000:
        said = f"cut normal, std {std:.4g}, within {highest:.3g}"
    elif kurtosis is not None and abs(kurtosis - 3) < 0.3 + 25 / math.sqrt(law["n"]):
        said = f"N({std:.4g})" if abs(mean) < 6 * std / math.sqrt(law["n"]) else f"N({mean:.4g}, {std:.4g})"
    else:
        said = f"mean {mean:.3g}, std {std:.4g}, kurtosis {kurtosis or 0:.3g}, in [{law['min']:.3g}, {law['max']:.3g}]"
    if "orthogonal" in law:
        said = f"orthogonal {law['orthogonal']:.3g}"
    return said + (f", rows {_rows(law['fixed'])} fixed" if "fixed" in law else "")


def _rows(fixed: Law | None) -> str:
    if not fixed:
        return "none"
    rows = fixed.get("rows", f"{fixed['count']} elements")
    return f"{rows}" if fixed.get("value") == 0 or "value" not in fixed else f"{rows} = {fixed['value']}"
