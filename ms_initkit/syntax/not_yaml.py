"""What is wrong with text that is not YAML."""

from __future__ import annotations

import re
from typing import Final

import yaml

from ms_initkit.findings import Finding, Span
from ms_initkit.syntax.lines import Lines

_IMPOSSIBLE_ESCAPE: Final = r"\\U(?!0000|000[0-9A-Fa-f]|0010)[0-9A-Fa-f]{8}"


def control_character(match: re.Match[str], lines: Lines) -> Finding:
    """Returns what to say of a character that may not stand in YAML."""
    message = f"the character U+{ord(match[0]):04X} may not stand in YAML"
    return Finding.error("bad-yaml", message, span=lines.found(match))


def impossible_escape(text: str, lines: Lines) -> Finding:
    """Returns what to say of a number that is no character's, which PyYAML does not."""
    match = re.search(_IMPOSSIBLE_ESCAPE, text)
    span = lines.found(match) if match is not None else lines.first
    hint = "the last character is \\U0010FFFF"
    return Finding.error("bad-yaml", "this escape stands for no character", span=span, help=hint)


def bad_yaml(text: str, error: yaml.MarkedYAMLError, lines: Lines) -> Finding:
    """Returns why ``text`` is not YAML, and where on the lines as they are written."""
    # The two parsers of PyYAML word their problems differently; the pure one is on every machine.
    try:
        for _ in yaml.parse(text, Loader=yaml.SafeLoader):
            pass
    except yaml.MarkedYAMLError as pure:
        error = pure
    except (OverflowError, ValueError):
        return impossible_escape(text, lines)
    mark = error.problem_mark or error.context_mark
    if error.context_mark is not None and "end of stream" in (error.problem or ""):
        mark = error.context_mark  # where it was opened says more than where the file ends
    line = min(mark.line, len(lines.texts) - 1) if mark is not None else 0
    column = mark.column if mark is not None and mark.line == line else 0
    span = Span(lines.path, line + 1, column + 1, column + 2, lines.texts[line])
    indentation = re.match(r"\s*", lines.texts[line])
    if indentation is not None and "\t" in indentation[0]:
        column = indentation[0].index("\t")
        span = Span(lines.path, line + 1, column + 1, len(indentation[0]) + 1, lines.texts[line])
        message, why = "this line is indented by a tab", "YAML counts spaces only"
        return Finding.error("tab-indentation", message, why, span=span, help="indent by spaces")
    reasons = ", ".join(text for text in (error.context, error.problem) if text)
    is_flow = "flow" in (error.context or "")
    hint = "within brackets and braces, text that has some itself is written in quotes" if is_flow else None
    return Finding.error("bad-yaml", "this is not YAML", *([reasons] if reasons else []), span=span, help=hint)
