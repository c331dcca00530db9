"""Which video of a job is meant is said on the command line: what is wrong with it, too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from neuropose.errors import VideoChoiceError


@contextmanager
def choosing_video() -> Iterator[None]:
    """Turn a video that cannot be chosen into a wrong command line.

    Raises
    ------
    typer.BadParameter
    """
    try:
        yield
    except VideoChoiceError as error:
        said = f"{error.message}; --video: {error.hint}"
        raise typer.BadParameter(said.replace("--video: give", "give")) from error
