"""An extension of the site's reader of docstrings: what ``record`` and ``open_record`` make are data classes to it."""

from __future__ import annotations

from typing import Final

import griffe

_RECORDS: Final = ("ms_initkit.basis.records.record", "ms_initkit.basis.records.open_record")


class Records(griffe.Extension):
    """Gives such a class the decorator by which the reader knows a data class, and so its constructor."""

    def on_class_instance(self, *, cls: griffe.Class, **_: object) -> None:
        """Looks at one class; griffe calls it for each."""
        if any(isinstance(one.value, griffe.Expr) and one.value.canonical_path in _RECORDS for one in cls.decorators):
            cls.decorators.append(
                griffe.Decorator(griffe.ExprName("dataclasses.dataclass"), lineno=None, endlineno=None)
            )
