"""Fields of a sequence from a reconstruction: its joints, its vertical, and draws of its error."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropose.data import LEFT_OUT, Assumption, Exchange, Limbs, Reconstruction, Source
from neuropose.data.corrections import Correction, LeaveOut, corrections_of
from neuropose.errors import SequenceError
from neuropose.sequence.data import ReferenceFrame, SequenceGap
from neuropose.sequence.from_markers import estimated_from
from neuropose.sequence.position_error import (
    LEVELLED_DEG,
    OF_PICTURES,
    SEVERAL_CAMERAS,
    PositionError,
)
from neuropose.skeletons.sides import SIDES, limbs_of

Array = NDArray[np.float64]

NOTHING_SEEN = "nothing was seen of the subject for too long"
ENOUGH_DRAWS = 8
"""So many draws give a standard error to within a quarter of itself (1/√2K)."""
MOST_DRAWN_FRAMES = 100_000
"""Frames of all draws together from which fewer draws are taken of a long recording."""
_UNCLEAR = {
    Limbs.LEGS: "leg is the left one",
    Limbs.ARMS: "arm is the left one",
    Limbs.ALL: "side is the left one",
}


def affordable_draws(frames: int) -> int:
    """Return how many draws of a recording are analysed by default.

    Parameters
    ----------
    frames : int
        Frames of the recording.

    Returns
    -------
    int
        As many as have `MOST_DRAWN_FRAMES` frames together, at least `ENOUGH_DRAWS`: whatever is
        measured is measured again on each.

    Examples
    --------
    >>> affordable_draws(600), affordable_draws(9000), affordable_draws(36000)
    (166, 11, 8)
    """
    return max(ENOUGH_DRAWS, MOST_DRAWN_FRAMES // frames)


def reconstructed_fields(reconstruction: Reconstruction, draws: int | None) -> dict[str, Any]:
    """Return the fields of `PoseSequence` for a reconstruction.

    Parameters
    ----------
    reconstruction : Reconstruction
        The reconstructed movement.
    draws : int or None
        How many of its draws to take along. None: those that are affordable.

    Returns
    -------
    dict of str to value

    Raises
    ------
    SequenceError
        If fewer than none are asked for.
    """
    frames = len(reconstruction.time_s)
    wanted = affordable_draws(frames) if draws is None else draws
    if wanted < 0:
        raise SequenceError(f"{wanted} draws cannot be taken", hint="give 0 or more")
    draws_mm = reconstruction.position_draws_mm[:wanted]
    unsettled = [each for each in reconstruction.exchanges if not each.settled]
    lost = _lost(reconstruction, unsettled)
    if lost.any():
        draws_mm = np.where(lost[..., None], np.float32(np.nan), draws_mm)
    confidence = reconstruction.confidence
    estimated = reconstruction.up_source == "estimated"
    corrections = corrections_of(reconstruction.provenance)
    return {
        "time_s": reconstruction.time_s,
        "positions_mm": np.where(lost[..., None], np.nan, reconstruction.positions_mm),
        "draws_mm": draws_mm if len(draws_mm) else None,
        "joints": reconstruction.joints,
        "frame": ReferenceFrame(reconstruction.axes),
        "position_error": _position_error(reconstruction),
        "up": reconstruction.up,
        "up_source": Source.ASSUMED if estimated else Source.GIVEN,
        "up_error_deg": (
            (reconstruction.up_error_deg or 0.0)
            if estimated
            else stated_up_error_deg(reconstruction)
        ),
        "confidence": None if np.isnan(confidence).all() else confidence,
        "source": f"the reconstruction of {reconstruction.source}",
        "first_frame": reconstruction.first_frame,
        "gaps": _gaps(reconstruction, corrections),
        "subject": reconstruction.subject,
        "corrections": corrections,
        "warnings": (*reconstruction.warnings, *_unsettled(reconstruction, unsettled)),
        "assumptions": {
            **_height(reconstruction),
            **_cameras(reconstruction),
            **reconstruction.assumptions,
        },
    }


def stated_up_error_deg(reconstruction: Reconstruction) -> float | None:
    """Return the standard error of a vertical that is stated, not estimated.

    Parameters
    ----------
    reconstruction : Reconstruction
        The reconstructed movement.

    Returns
    -------
    float or None
        None: it is exact, as in the axes of a laboratory.
    """
    return LEVELLED_DEG if reconstruction.axes == "camera" else None


def _position_error(reconstruction: Reconstruction) -> PositionError | None:
    """Return the error of what the body was fitted to; None: the usual one of its axes."""
    if reconstruction.cameras:
        return SEVERAL_CAMERAS
    pictures = estimated_from(reconstruction.assumptions)
    return None if pictures is None else OF_PICTURES[pictures]


def _height(reconstruction: Reconstruction) -> dict[str, Assumption]:
    """Return where it is known from how tall the person is: one camera does not see it."""
    shape, scale = reconstruction.shape, reconstruction.assumptions.get("scale")
    height_mm = f"{shape.height_mm:.0f} mm"
    source, detail = {
        "given": (Source.GIVEN, "as fitted to a height that was given"),
        "measured": (Source.MEASURED, None),
        "estimated": (Source.ASSUMED, "estimated with the body"),
    }[shape.height_source]
    if shape.height_source == "measured" and reconstruction.cameras:
        detail = "as large as the calibrated cameras show the person"
        if scale is not None and scale.source is Source.ASSUMED:
            source, detail = scale.source, f"the scale of the cameras is that of {scale.value}"
    if shape.height_source == "given" and reconstruction.stated_height_mm is not None:
        fitted_mm, height_mm = height_mm, f"{reconstruction.stated_height_mm:.0f} mm"
        detail = None if fitted_mm == height_mm else f"the body that fits best has {fitted_mm}"
    return {"height": Assumption(source=source, value=f"height of {height_mm}", detail=detail)}


def _cameras(reconstruction: Reconstruction) -> dict[str, Assumption]:
    """Return how many cameras saw the movement, for files that do not say it themselves."""
    count = len(reconstruction.cameras)
    calibrated = Assumption(source=Source.FILE, value=f"{count} calibrated cameras")
    return {"cameras": calibrated} if count else {}


def _rows(reconstruction: Reconstruction, exchange: Exchange) -> tuple[int, int]:
    """Return first and last row of an exchange, within the reconstruction."""
    first, last = (frame - reconstruction.first_frame for frame in (exchange.first, exchange.last))
    return max(first, 0), min(last, len(reconstruction.time_s) - 1)


def _lost(reconstruction: Reconstruction, unsettled: Iterable[Exchange]) -> NDArray[np.bool_]:
    """Return where a joint may be that of the other side, shape (T, J)."""
    lost = np.zeros(reconstruction.positions_mm.shape[:2], dtype=bool)
    for exchange in unsettled:
        first, last = _rows(reconstruction, exchange)
        columns = [
            column
            for column, joint in enumerate(reconstruction.joints)
            if joint.startswith(SIDES) and exchange.limbs in (Limbs.ALL, limbs_of(joint))
        ]
        lost[first : last + 1, columns] = True
    return lost


def _unsettled(reconstruction: Reconstruction, unsettled: Iterable[Exchange]) -> list[str]:
    found = []
    for exchange in unsettled:
        first, last = _rows(reconstruction, exchange)
        if first > last:
            continue
        start_s, end_s = (f"{each:.2f}" for each in reconstruction.time_s[[first, last]])
        when = f"at {start_s} s" if start_s == end_s else f"from {start_s} to {end_s} s"
        found.append(
            f"which {_UNCLEAR[exchange.limbs]} cannot be told {when}: both are missing there"
        )
    return found


def _gaps(
    reconstruction: Reconstruction, corrections: Iterable[Correction]
) -> tuple[SequenceGap, ...]:
    """Find the runs of rows without anything, cut where the reason changes."""
    gone = np.isnan(reconstruction.positions_mm).all(axis=(1, 2))
    missing: NDArray[np.int8] = np.where(gone, 1, 0).astype(np.int8)
    for stretch in corrections:
        if isinstance(stretch, LeaveOut):
            inside = reconstruction.time_s >= stretch.start_s
            inside &= reconstruction.time_s <= stretch.end_s
            missing[inside & gone] = 2
    edges = np.flatnonzero(np.diff(missing, prepend=0, append=0))
    return tuple(
        SequenceGap(int(start), int(stop) - 1, LEFT_OUT if missing[start] == 2 else NOTHING_SEEN)
        for start, stop in pairwise(edges)
        if missing[start]
    )
