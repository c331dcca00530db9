"""One-line messages for decoding and validation errors, each with the location."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from pydantic import ValidationError

from neuropose.errors import FileFormatError

DECODING_ERRORS = (ValueError, msgspec.MsgspecError, RecursionError)
"""What msgspec, pydantic and the standard library raise on bad input; see `explain`."""

_LONGEST_MESSAGE = 300


def explain(where: str, error: Exception) -> FileFormatError:
    """Summarise a decoding or validation error in one line.

    Parameters
    ----------
    where : str
        Location of the value that was read: a path of keys from the top of the file, empty at the
        top.
    error : Exception
        One of `DECODING_ERRORS`.

    Returns
    -------
    FileFormatError
        To be raised from `error`.

    Examples
    --------
    >>> try:
    ...     msgspec.json.decode(b'{"time_s": true}', type=dict[str, float])
    ... except DECODING_ERRORS as error:
    ...     print(explain("frames.frame_000000", error))
    frames.frame_000000[...]: expected float, got bool
    """
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        return refusal(where + _path(first["loc"]), first["msg"].removeprefix("Value error, "))
    if isinstance(error, msgspec.ValidationError):
        problem, _, inside = str(error).partition(" - at `$")
        return refusal(where + inside.removesuffix("`"), problem.replace("`", ""))
    if isinstance(error, RecursionError):
        return refusal(where, "nested too deeply")
    return refusal(where, str(error))


def refusal(where: str, problem: str) -> FileFormatError:
    """Return the error for a file that cannot be accepted.

    Parameters
    ----------
    where : str
        Location of the problem: a path of keys from the top of the file, empty at the top.
    problem : str
        What is wrong at that location.

    Returns
    -------
    FileFormatError
        Its message is one line, however long the keys in the file are.

    Examples
    --------
    >>> str(refusal("metadata.fps", "Expected a number"))
    'metadata.fps: expected a number'
    """
    where = where.removeprefix(".")
    if not problem.startswith("JSON"):
        problem = problem[:1].lower() + problem[1:]
    message = " ".join((f"{where}: {problem}" if where else problem).split())
    if len(message) > _LONGEST_MESSAGE:
        message = message[: _LONGEST_MESSAGE - 2] + " …"
    return FileFormatError(message)


def _path(keys: Sequence[str | int]) -> str:
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys)
