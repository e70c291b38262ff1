"""What tests ask of a text of YAML: what is wrong with it, its values, one of its scalars."""

from __future__ import annotations

from ms_initkit.syntax.nodes import Mapping, Node, Scalar, Sequence
from ms_initkit.syntax.source import read_text


def codes(text: str) -> list[str]:
    """Returns the codes of what is wrong with ``text``."""
    return [finding.code for finding in read_text(text, "r.yaml").findings]


def plain(node: Node | None) -> object:
    """Returns the texts of ``node``."""
    match node:
        case Scalar():
            return node.text
        case Sequence():
            return [plain(item) for item in node.items]
        case Mapping():
            return {key.text: plain(value) for key, value in node.entries}
        case None:
            return None


def value(text: str) -> Node:
    """Returns the node of the last key of ``text``."""
    root = read_text(text, "r.yaml").root
    assert isinstance(root, Mapping)
    return root.entries[-1][1]


def scalar(text: str) -> Scalar:
    """Returns the scalar of the last key of ``text``."""
    node = value(text)
    assert isinstance(node, Scalar)
    return node
