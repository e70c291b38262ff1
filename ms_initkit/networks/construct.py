"""The network loader of the command line: ``package.module:factory`` with arguments."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import yaml

from ms_initkit.findings import suggestion
from ms_initkit.syntax.numerals import explain_ambiguity, is_as_written, read_number

if TYPE_CHECKING:
    from mindspore.nn import Cell

_Arguments = ParamSpec("_Arguments")
_Made = TypeVar("_Made")


def load_network(target: str, arguments: Sequence[str] = (), *, is_deferred: bool = False) -> Cell:
    """Returns the network that calling ``target`` makes.

    Args:
        target: ``module:factory`` or ``path/to/file.py:factory``; the factory may be a class and may be dotted. Modules
            are looked for in the working directory too, and by a file in its own folder.
        arguments: ``key=value`` each, or a value alone for a positional one; values are read as YAML.
        is_deferred: Whether to construct it without drawing values, if its constructor can do without them.

    Raises:
        ValueError: If the target cannot be imported, called, or does not make a network.
    """
    from mindspore.nn import Cell

    factory: Callable[..., object] = _find(target)  # type: ignore[assignment]  # called for what it is
    positional, named = _arguments(arguments)
    try:
        net = construct(factory, *positional, **named) if is_deferred else factory(*positional, **named)
    except (Exception, SystemExit) as error:  # anything may be wrong in a stranger's constructor
        raise ValueError(f"{target} raised {type(error).__name__}: {error}") from error
    if not isinstance(net, Cell):
        raise ValueError(f"{target} made a {type(net).__name__}, not a mindspore.nn.Cell")
    return net


def construct(factory: Callable[_Arguments, _Made], *args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Made:
    """Returns what ``factory`` makes, without drawing values if it can do without them."""
    # A constructor that computes with its own weights needs them: it is called again as always.
    with suppress(Exception, SystemExit), deferred():
        return factory(*args, **kwargs)
    return factory(*args, **kwargs)


def _find(target: str) -> object:
    module_name, colon, path = target.partition(":")
    if not colon or not path or not module_name:
        example = "such as `mindcv.models:resnet50` or `./nets.py:Net`"
        raise ValueError(f"{target!r} is not `module:factory`, {example}")
    found: object = load_module(module_name)
    for attribute in path.split("."):
        try:
            found = getattr(found, attribute)
        except AttributeError as error:
            guess = suggestion(attribute, dir(found))
            raise ValueError(f"{module_name!r} has no {path!r}" + (f": {guess}" if guess else "")) from error
    return found


def load_module(name: str) -> ModuleType:
    """Returns the module of that name, looked for in the working directory too, or the one in the file of that path.

    Raises:
        ValueError: If it cannot be imported.
    """
    return _import_file(Path(name)) if name.endswith(".py") else _import_module(name)


def _import_module(name: str) -> ModuleType:
    _look_in(Path.cwd())
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:  # a stranger's module
        raise ValueError(f"module {name!r} cannot be imported: {_said(error)}") from error


def _import_file(path: Path) -> ModuleType:
    """Returns the module in the file at ``path``, which finds its neighbours as it would when it is run."""
    try:
        is_there = path.is_file()
    except OSError as error:  # its name is too long
        raise ValueError(f"{str(path)!r}: {error.strerror}") from error
    if not is_there:
        raise ValueError(f"{str(path)!r}: no such file")
    _look_in(path.resolve().parent)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ValueError(f"{str(path)!r} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(path.stem, module)  # dataclasses and pickles look their module up
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # a stranger's module
        raise ValueError(f"{str(path)!r} cannot be imported: {_said(error)}") from error
    return module


def _said(error: BaseException) -> str:
    return str(error) if isinstance(error, ImportError) else f"{type(error).__name__}: {error}"


def _look_in(folder: Path) -> None:
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


def _arguments(arguments: Sequence[str]) -> tuple[list[object], dict[str, object]]:
    positional: list[object] = []
    named: dict[str, object] = {}
    for argument in arguments:
        key, equals, value = argument.partition("=")
        if equals and key.isidentifier():
            if key in named:
                raise ValueError(f"--net-arg gives {key!r} twice")
            named[key] = _value(value, argument)
        else:
            positional.append(_value(argument, argument))
    return positional, named


def _value(text: str, argument: str) -> object:
    number = read_number(text)  # to PyYAML 1e-3 is text
    if number is not None and is_as_written(text, number):
        return number
    ambiguity = explain_ambiguity(text)
    if ambiguity is not None:
        why, instead = ambiguity
        raise ValueError(f"--net-arg {argument!r}: {why}: write {instead}, or put text in quotes")
    try:
        return yaml.safe_load(text)
    except Exception as error:  # PyYAML also raises what Python does, such as IndexError for `+`
        raise ValueError(f"--net-arg {argument!r} cannot be read as YAML: put text in quotes") from error


_is_deferring: ContextVar[bool] = ContextVar("is_deferring", default=False)


class _DrawsHere:
    """Stands for what MindSpore's `no_init_parameters` sets on the class, which is then set for every thread.

    Args:
        before: What every thread would read without it.
    """

    def __init__(self, before: bool) -> None:
        self.before = before

    def __get__(self, instance: object, owner: type) -> bool:
        return self.before and not _is_deferring.get()


@contextmanager
def deferred() -> Iterator[None]:
    """Constructs networks inside it without drawing a value: ``apply`` draws each parameter once, later.

    Rests on what MindSpore's own `no_init_parameters` does, for this thread only; may be nested. Layers that draw in
    their constructors without an initializer, as `nn.LSTM` does, still do; ``apply`` writes over them.

    Example:
        >>> with ms_initkit.deferred():
        ...     net = Net()
        >>> ms_initkit.apply(net, "resnet", seed=42)
    """
    from mindspore import Parameter

    before = vars(Parameter).get("init_param", True)
    if not isinstance(before, _DrawsHere):
        Parameter.init_param = _DrawsHere(before)
    token = _is_deferring.set(True)
    try:
        yield
    finally:
        _is_deferring.reset(token)
