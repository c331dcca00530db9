"""The files of a job's results, found by what the status says and never by what is asked for."""

from __future__ import annotations

import os
from pathlib import Path

from neuropose.data import JobEntry
from neuropose.interfacer.layout import Layout


def results_of(layout: Layout, entry: JobEntry) -> Path | None:
    """Return the results of a job.

    Parameters
    ----------
    layout : Layout
        The data directory.
    entry : JobEntry
        The job.

    Returns
    -------
    Path or None
        None if it has none, or they are not in ``out/``: a link is not followed to elsewhere.
    """
    if entry.results is None or "\0" in entry.results:
        return None
    path = Path(os.path.realpath(layout.root / entry.results))
    is_inside = path.is_relative_to(os.path.realpath(layout.out))
    return path if is_inside and path.is_file() else None
