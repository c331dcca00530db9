"""Numbers out of a pickle that holds nothing but arrays, without running anything in it.

A pickle is a program for a small machine with a stack. This module runs the instructions that put
plain values and NumPy arrays together, on values of its own, and refuses all others: no name in the
file is ever imported, and no object of the file is ever called.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from neuropose.errors import FileFormatError

_MOST_BYTES = 1 << 20  # the files of a camera have about one thousand
_MOST_NUMBERS = 1 << 16
_KINDS = frozenset("fiub")
_MARK = object()
_RECONSTRUCT = frozenset(
    {
        ("numpy.core.multiarray", "_reconstruct"),
        ("numpy._core.multiarray", "_reconstruct"),
    }
)
_FROM_BUFFER = frozenset(
    {("numpy.core.numeric", "_frombuffer"), ("numpy._core.numeric", "_frombuffer")}
)
_SCALAR = frozenset({("numpy.core.multiarray", "scalar"), ("numpy._core.multiarray", "scalar")})
_NO_BYTES = frozenset({("builtins", "bytes"), ("__builtin__", "bytes")})
_ARRAY, _TYPE, _BYTES = ("numpy", "ndarray"), ("numpy", "dtype"), ("_codecs", "encode")
_NAMES = _RECONSTRUCT | _FROM_BUFFER | _SCALAR | _NO_BYTES | {_ARRAY, _TYPE, _BYTES}


def read_numpy_pickle(data: bytes) -> Any:
    """Read a pickle of dictionaries, lists, text, numbers and arrays of numbers.

    Parameters
    ----------
    data : bytes
        Content of the file.

    Returns
    -------
    dict, list, tuple, str, bytes, int, float, bool, None or ndarray

    Raises
    ------
    FileFormatError
        If anything else is in it; nothing of it was run.

    Examples
    --------
    >>> import pickle
    >>> read_numpy_pickle(pickle.dumps({"f": np.array([1.0, 2.0])}))
    {'f': array([1., 2.])}
    """
    if len(data) > _MOST_BYTES:
        raise _refused(f"it has {len(data)} bytes, more than the file of a camera")
    machine = _Machine()
    try:
        for operation, argument, _ in pickletools.genops(data):
            if operation.name == "STOP":
                return _plain(machine.result())
            machine.run(operation.name, argument)
    except FileFormatError:
        raise
    except (ValueError, TypeError, IndexError, KeyError, RecursionError, OverflowError) as error:
        raise _refused("it is damaged") from error
    raise _refused("it is cut off")


@dataclass(frozen=True, slots=True)
class _Name:
    """A name that the file would import."""

    module: str
    name: str

    @property
    def key(self) -> tuple[str, str]:
        return (self.module, self.name)


@dataclass(slots=True)
class _Type:
    """An element type that is being put together."""

    code: str
    order: str = "|"

    def numpy(self) -> np.dtype[Any]:
        code = self.code.lstrip("<>=|")
        if code[:1] not in _KINDS:
            raise _refused(f"it has an array of {self.code!r}, not of numbers")
        return np.dtype(code if self.order == "|" else self.order + code)


@dataclass(slots=True)
class _Array:
    """An array that is being put together."""

    state: tuple[Any, ...] | None = None

    def numpy(self) -> np.ndarray[Any, Any]:
        if self.state is None or len(self.state) != 5:
            raise _refused("it has an array without content")
        _, shape, kind, by_columns, raw = self.state
        raw = raw.encode("latin1") if isinstance(raw, str) else raw  # as Python 2 wrote bytes
        if not isinstance(kind, _Type) or not isinstance(raw, (bytes, bytearray)):
            raise _refused("it has an array that is not of numbers")
        if not all(isinstance(size, int) and size >= 0 for size in shape):
            raise _refused("it has an array of an impossible shape")
        if len(raw) > 8 * _MOST_NUMBERS:
            raise _refused("it has an array that is too large for a camera")
        flat = np.frombuffer(raw, kind.numpy())
        return flat.reshape(shape, order="F" if by_columns else "C").copy()


@dataclass(slots=True)
class _Machine:
    stack: list[Any] = field(default_factory=list)
    memo: dict[int, Any] = field(default_factory=dict)

    def run(self, name: str, argument: Any) -> None:
        if name in _PUSHES:
            self.stack.append(argument)
        elif name in _CONSTANTS:
            self.stack.append(_CONSTANTS[name]())
        elif name in _STEPS:
            _STEPS[name](self, argument)
        elif name not in _NOTHING:
            raise _refused(f"it has the instruction {name}, which no array of numbers needs")

    def result(self) -> Any:
        (value,) = self.stack
        return value

    def to_mark(self) -> list[Any]:
        at = len(self.stack) - 1 - self.stack[::-1].index(_MARK)
        items = self.stack[at + 1 :]
        del self.stack[at:]
        return items

    def pop_tuple(self, count: int) -> None:
        items = self.stack[len(self.stack) - count :]
        if len(items) < count:
            raise IndexError
        del self.stack[len(self.stack) - count :]
        self.stack.append(tuple(items))

    def global_name(self, module: Any, name: Any) -> None:
        if (module, name) not in _NAMES:
            raise _refused(f"it would import {module}.{name}")
        self.stack.append(_Name(module, name))

    def stack_global(self) -> None:
        name, module = self.stack.pop(), self.stack.pop()
        self.global_name(module, name)

    def reduce(self) -> None:
        arguments, function = self.stack.pop(), self.stack.pop()
        if not isinstance(function, _Name) or not isinstance(arguments, tuple):
            raise _refused("it calls something other than NumPy's own arrays")
        self.stack.append(_made(function, arguments))

    def build(self) -> None:
        state = self.stack.pop()
        made = self.stack[-1]
        if isinstance(made, _Array) and isinstance(state, tuple):
            made.state = state
        elif isinstance(made, _Type) and isinstance(state, tuple) and len(state) >= 2:
            if state[1] not in ("<", ">", "|", "="):
                raise _refused("it has an element type of an unknown byte order")
            made.order = state[1]
        else:
            raise _refused("it sets the state of something other than NumPy's own arrays")

    def set_items(self, items: list[Any]) -> None:
        table = self.stack[-1]
        if not isinstance(table, dict) or len(items) % 2:
            raise ValueError
        table.update(zip(items[::2], items[1::2], strict=True))

    def append(self, items: list[Any]) -> None:
        if not isinstance(self.stack[-1], list):
            raise ValueError
        self.stack[-1].extend(items)


def _made(function: _Name, arguments: tuple[Any, ...]) -> Any:
    if function.key in _RECONSTRUCT:
        return _Array()
    if function.key in _FROM_BUFFER and len(arguments) == 4:
        raw, kind, shape, order = arguments
        return _Array((1, shape, kind, order == "F", raw))
    if function.key == _TYPE and arguments and isinstance(arguments[0], str):
        return _Type(arguments[0])
    if function.key in _NO_BYTES and not arguments:
        return b""
    if function.key == _BYTES and arguments and isinstance(arguments[0], str):
        return arguments[0].encode("latin1")  # how Python 2 and protocols below 3 write bytes
    if function.key in _SCALAR and len(arguments) == 2 and isinstance(arguments[0], _Type):
        return np.frombuffer(arguments[1], arguments[0].numpy())[0].item()
    raise _refused(f"it calls {function.module}.{function.name}")


def _plain(value: Any) -> Any:
    if isinstance(value, _Array):
        return value.numpy()
    if isinstance(value, dict):
        return {_plain(key): _plain(inside) for key, inside in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_plain(inside) for inside in value)
    if isinstance(value, (_Name, _Type)) or value is _MARK:
        raise _refused("it holds something other than numbers")
    return value


def _refused(why: str) -> FileFormatError:
    return FileFormatError(
        f"a pickle that is not read: {why}",
        hint="nothing in it was run; OpenCap's cameraIntrinsicsExtrinsics.pickle holds arrays only",
    )


_PUSHES = frozenset(
    [
        "INT",
        "BININT",
        "BININT1",
        "BININT2",
        "LONG",
        "LONG1",
        "LONG4",
        "FLOAT",
        "BINFLOAT",
        "UNICODE",
        "BINUNICODE",
        "SHORT_BINUNICODE",
        "BINUNICODE8",
        "STRING",
        "BINSTRING",
        "SHORT_BINSTRING",
        "BINBYTES",
        "SHORT_BINBYTES",
        "BINBYTES8",
        "BYTEARRAY8",
    ]
)
_NOTHING = frozenset({"PROTO", "FRAME"})
_CONSTANTS: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_DICT": dict,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
    "MARK": lambda: _MARK,
}
_STEPS: dict[str, Callable[[_Machine, Any], None]] = {
    "POP": lambda machine, _: machine.stack.__delitem__(-1),
    "TUPLE": lambda machine, _: machine.stack.append(tuple(machine.to_mark())),
    "TUPLE1": lambda machine, _: machine.pop_tuple(1),
    "TUPLE2": lambda machine, _: machine.pop_tuple(2),
    "TUPLE3": lambda machine, _: machine.pop_tuple(3),
    "LIST": lambda machine, _: machine.stack.append(machine.to_mark()),
    "DICT": lambda machine, _: _dict(machine),
    "SETITEM": lambda machine, _: machine.set_items([machine.stack.pop(-2), machine.stack.pop()]),
    "SETITEMS": lambda machine, _: machine.set_items(machine.to_mark()),
    "APPEND": lambda machine, _: machine.append([machine.stack.pop()]),
    "APPENDS": lambda machine, _: machine.append(machine.to_mark()),
    "PUT": lambda machine, at: machine.memo.__setitem__(int(at), machine.stack[-1]),
    "BINPUT": lambda machine, at: machine.memo.__setitem__(at, machine.stack[-1]),
    "LONG_BINPUT": lambda machine, at: machine.memo.__setitem__(at, machine.stack[-1]),
    "MEMOIZE": lambda machine, _: machine.memo.__setitem__(len(machine.memo), machine.stack[-1]),
    "GET": lambda machine, at: machine.stack.append(machine.memo[int(at)]),
    "BINGET": lambda machine, at: machine.stack.append(machine.memo[at]),
    "LONG_BINGET": lambda machine, at: machine.stack.append(machine.memo[at]),
    "GLOBAL": lambda machine, names: machine.global_name(*names.split(" ", 1)),
    "STACK_GLOBAL": lambda machine, _: machine.stack_global(),
    "REDUCE": lambda machine, _: machine.reduce(),
    "BUILD": lambda machine, _: machine.build(),
}


def _dict(machine: _Machine) -> None:
    items = machine.to_mark()
    machine.stack.append({})
    machine.set_items(items)
