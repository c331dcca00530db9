"""Corrections of single cameras' predictions, as a body that several cameras saw carries them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from neuropose.data import Clock, Provenance, VideoPredictions
from neuropose.data.corrections import (
    ContactWrong,
    Correction,
    LeaveOut,
    SubjectIs,
    corrections_of,
    said,
    with_all_corrections,
)
from neuropose.errors import SubjectError
from neuropose.multiview.people import MatchedPerson


def said_of_cameras(predictions: Mapping[str, VideoPredictions]) -> tuple[str, ...]:
    """Say who corrected what in which camera's predictions.

    Parameters
    ----------
    predictions : mapping of str to VideoPredictions
        By the name of the camera.

    Returns
    -------
    tuple of str
        Warnings.
    """
    return tuple(
        f"{name}: {said(each)}"
        for name, of_camera in predictions.items()
        for each in corrections_of(of_camera.provenance)
    )


def require_named(person: MatchedPerson, predictions: Mapping[str, VideoPredictions]) -> None:
    """Refuse a person who is not whom corrections name as the subject.

    Parameters
    ----------
    person : MatchedPerson
        Who was chosen.
    predictions : mapping of str to VideoPredictions
        By the name of the camera.

    Raises
    ------
    SubjectError
        If a correction names a track that is not this person's.
    """
    for name, of_camera in predictions.items():
        for each in corrections_of(of_camera.provenance):
            if isinstance(each, SubjectIs) and each.track not in person.track_ids.get(name, ()):
                raise SubjectError(
                    f"track {each.track} of {name}, the subject by a correction, is not whom "
                    "several cameras saw",
                    hint="check the corrections of all cameras, or say who with --person",
                )


def with_corrections_of_cameras(
    provenance: Provenance | None,
    predictions: Mapping[str, VideoPredictions],
    clocks: Mapping[str, Clock],
) -> Provenance | None:
    """Record the corrections of all cameras, their times on the clock that they share.

    Parameters
    ----------
    provenance : Provenance or None
        Of one of the cameras.
    predictions : mapping of str to VideoPredictions
        By the name of the camera.
    clocks : mapping of str to Clock
        The same.

    Returns
    -------
    Provenance or None
        As it was if nothing was corrected.
    """
    every = [
        _shared(each, clocks[name])
        for name, of_camera in predictions.items()
        for each in corrections_of(of_camera.provenance)
    ]
    return with_all_corrections(provenance, every) if every else provenance


def _shared(correction: Correction, clock: Clock) -> Correction:
    names: tuple[str, ...] = ()
    if isinstance(correction, ContactWrong):
        names = ("time_s", "at_s")
    elif isinstance(correction, LeaveOut):
        names = ("start_s", "end_s")
    times_s = {name: getattr(correction, name) for name in names}
    return correction.model_copy(
        update={
            name: float(clock.shared_time_s(np.array(time_s)))
            for name, time_s in times_s.items()
            if time_s is not None
        }
    )
