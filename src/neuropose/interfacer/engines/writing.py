"""What is said if a job's folder cannot be written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from neuropose.errors import OutputError


@contextmanager
def writing_job() -> Iterator[None]:
    """Say of whatever fails within that the job's folder cannot be written.

    Raises
    ------
    OutputError
        If the system refuses something.

    Examples
    --------
    >>> with writing_job():
    ...     open("/dev/null/made", "w")
    Traceback (most recent call last):
    ...
    neuropose.errors.OutputError: the job's folder cannot be written: Not a directory
    """
    try:
        yield
    except OutputError:
        raise
    except OSError as error:
        raise OutputError(f"the job's folder cannot be written: {error.strerror}") from error
