"""Text in a terminal: aligned, bounded, and without a character that moves the cursor."""

from __future__ import annotations

import pytest

from ms_initkit.findings import Finding, Span, printable_lines


def test_carets_stand_under_wide_characters_as_a_terminal_shows_them() -> None:
    finding = Finding.error("a", "x", span=Span("r.yaml", 1, 5, 7, "家族: no"))

    assert str(finding).splitlines()[-1] == "  |       ^^"


def test_characters_that_move_the_cursor_are_not_printed() -> None:
    finding = Finding.error("a", "\x1b[2Jgone", span=Span("r\n.yaml", 1, 1, 2, "\x1b[31m"))

    assert str(finding).isprintable() is False  # the line ends of the rendering itself
    assert "\x1b" not in str(finding)
    assert len(str(finding).splitlines()) == 5


def test_a_long_line_is_cut_to_a_window_around_the_caret() -> None:
    finding = Finding.error("a", "x", span=Span("r.yaml", 1, 501, 504, "a" * 500 + "bcd" + "e" * 500))

    source, carets = str(finding).splitlines()[-2:]

    assert len(source) < 130
    assert source[carets.index("^") : carets.rindex("^") + 1] == "bcd"


@pytest.mark.parametrize("text", ["\x1b[2J", "\u202e", "\x00", "\r", "\u2028", "\x85"])
def test_lines_keep_their_ends_and_nothing_else_that_moves_the_cursor(text: str) -> None:
    shown = printable_lines(f"one\n{text}\ntwo")

    assert shown.split("\n") == ["one", "\N{REPLACEMENT CHARACTER}" + text[1:], "two"]
