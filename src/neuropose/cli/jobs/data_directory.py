"""The data directory that a command works on, which it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from neuropose.cli._console import note, session
from neuropose.errors import FileMissingError

if TYPE_CHECKING:
    from neuropose.data import Status
    from neuropose.interfacer.layout import Layout


def said_layout(context: typer.Context) -> Layout:
    """Return the data directory of the settings, and say on stderr which one that is.

    Parameters
    ----------
    context : typer.Context
        The command's context.

    Returns
    -------
    Layout
    """
    from neuropose.interfacer.layout import Layout

    layout = Layout(session(context).settings().data_dir)
    note(f"data directory: {layout.root}")
    return layout


def status_of(layout: Layout) -> Status:
    """Return the status of all jobs.

    Parameters
    ----------
    layout : Layout
        The data directory.

    Returns
    -------
    Status
        Without jobs if no daemon has run here yet, or none could write it.
    """
    from neuropose.data import Status
    from neuropose.io import load_status

    try:
        return load_status(layout.status)
    except FileMissingError:
        return Status()


def resolved(name: str, status: Status, layout: Layout) -> str:
    """Return the job that a name, in either Unicode spelling, or the number in the log means.

    Parameters
    ----------
    name : str
        A name, ``17`` or ``job 17``; names come first.
    status : Status
        The status of all jobs.
    layout : Layout
        The data directory; jobs that are not in the status are known by their folders.

    Returns
    -------
    str
        The name of the job, or what was given if there is none.

    Raises
    ------
    JobError
        If two jobs differ in their Unicode spelling only, and neither is meant exactly.
    """
    from neuropose.interfacer.names import known_spelling

    places = (layout.inbox, layout.out, layout.failed)
    known = {*status.jobs, *(path.name for place in places for path in place.glob("*"))}
    spelled = known_spelling(name, known)
    if spelled in known:
        return spelled
    number = name.removeprefix("job ").strip()
    for job, entry in status.jobs.items():
        if number == str(entry.number):
            return job
    return name
