"""The compiled kernels: module.c."""

from _typeshed import ReadableBuffer, WriteableBuffer

SHARED: int

def fill(table: ReadableBuffer, count: int, start: int, stop: int, past_caches: bool, /) -> None: ...
def work(
    table: ReadableBuffer,
    count: int,
    total: int,
    step: int,
    past_caches: bool,
    shared: WriteableBuffer,
    seconds: float,
    /,
) -> bool: ...
def keys(version: int, seed: int, names: list[str], keys: WriteableBuffer, /) -> None: ...
def locked(addresses: ReadableBuffer, /) -> list[int] | None: ...
def levels() -> tuple[str, ...]: ...
def use(level: str, /) -> None: ...
