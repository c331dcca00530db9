"""Joints where the rays of several cameras meet, without a body: for checks, and for animals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from neuropose.cli.reconstruct.cameras import views_of

if TYPE_CHECKING:
    from neuropose.data import Rig
    from neuropose.multiview import MatchedPerson, Triangulation

SUFFIX = ".trc"
_ALONG_AN_AXIS = 0.999


@dataclass(frozen=True)
class Triangulated:
    """What was triangulated, and written.

    Parameters
    ----------
    found : Triangulation
        Joints in the world.
    rig : Rig
        The cameras, with the clocks that were used.
    person : MatchedPerson
        Whom they saw.
    notes : tuple of str
        What was corrected in which camera's view, assumed, done or left out.
    """

    found: Triangulation
    rig: Rig
    person: MatchedPerson
    notes: tuple[str, ...]


def triangulate_to(
    path: Path, files: Sequence[str], rig_file: Path, person: int, *, synchronous: bool
) -> Triangulated:
    """Triangulate what several cameras saw, and write it as TRC.

    Parameters
    ----------
    path : Path
        The file to write.
    files : sequence of str
        Predictions of each camera, as in `views_of`.
    rig_file : Path
        The cameras.
    person : int
        Whom: 1 is whom a correction names, or else who is seen longest by two cameras or more.
    synchronous : bool
        Whether the clocks of the rig hold.

    Returns
    -------
    Triangulated

    Raises
    ------
    typer.BadParameter
        If a file belongs to no camera, or two belong to one.
    SubjectError
        If there are fewer people, or a correction names somebody whom one camera saw alone.
    NeuroPoseError
        If a file cannot be read, nothing can be triangulated, or it cannot be written.
    """
    from neuropose.body.corrected_cameras import require_named, said_of_cameras
    from neuropose.export import export
    from neuropose.io import load_rig
    from neuropose.multiview import recognise_people, triangulate, triangulated_sequence
    from neuropose.multiview.agreement import (
        doubts_of_unused,
        doubts_of_views,
        doubts_over_time,
    )
    from neuropose.multiview.rig_check import doubts_of_rig

    rig = load_rig(rig_file)
    predictions = views_of(files, rig)
    clocks_are_stated = synchronous or rig.states_clocks(predictions)
    rig, people = recognise_people(predictions, rig, synchronous=synchronous)
    chosen = people.person(person - 1)
    if person == 1:
        require_named(chosen, predictions)
    views = chosen.views(predictions)
    found = triangulate(views, rig)
    skeleton = predictions[found.cameras[0]].skeleton
    sequence = triangulated_sequence(found, rig, skeleton)
    # A TRC file does not state its vertical, and readers look for it along the axes.
    up = "own" if rig.up is None or max(map(abs, rig.up)) > _ALONG_AN_AXIS else "z"
    written = export(sequence, path, "trc", unit="mm", up=up)
    doubts = (
        *doubts_of_views(chosen.apart_mm),
        *doubts_over_time(chosen),
        *doubts_of_unused(predictions, chosen),
        *doubts_of_rig(views, rig, clocks_are_stated=clocks_are_stated),
    )
    corrected = said_of_cameras(predictions)
    return Triangulated(found, rig, chosen, (*corrected, *doubts, *rig.warnings, *written.notes))
