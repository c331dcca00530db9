"""Loops that numba compiles when they are first called."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any, TypeVar, cast

_F = TypeVar("_F", bound=Callable[..., Any])


def compiled(function: _F) -> _F:
    """Let numba compile a function when it is first called; it then runs without the GIL.

    Parameters
    ----------
    function : callable
        Loops over arrays and numbers.

    Returns
    -------
    callable

    Notes
    -----
    What was compiled is kept beside the module, or in the user's cache folder if that cannot be
    written. Where neither can be, or the disk is full, every process compiles for itself.
    """
    import numba

    try:
        dispatcher: Any = numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:  # no place to keep it
        return cast("_F", numba.njit(nogil=True)(function))
    save = dispatcher._cache.save_overload  # where a full disk would end the call

    def save_if_possible(signature: Any, compiled_: Any) -> None:
        with contextlib.suppress(OSError):
            save(signature, compiled_)

    dispatcher._cache.save_overload = save_if_possible
    return cast("_F", dispatcher)


def fused_multiply_add() -> Any:
    """Return a function for compiled loops: x y + z, rounded once (IEEE 754-2008, 5.4.1).

    Returns
    -------
    callable
        Of three numbers of the same type. It gives the same number on every machine; a processor
        that has no such operation (before 2013) has it from the C library, ten times as slowly.
    """
    from numba.extending import intrinsic

    return intrinsic(_multiply_add)


def _multiply_add(_context: Any, x: Any, _y: Any, _z: Any) -> Any:
    def code(_target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.fma(*arguments)

    return x(x, x, x), code


def is_kept(function: Callable[..., Any]) -> bool:
    """Return whether a compiled function is ready for the next process.

    Parameters
    ----------
    function : callable
        From `compiled`.

    Returns
    -------
    bool
        False if it has not been compiled since its source changed, or cannot be kept.
    """
    index = getattr(getattr(function, "_cache", None), "_cache_file", None)
    return index is not None and bool(index._load_index())
