"""Fields of a sequence from a motion-capture recording: its markers as canonical joints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropose.data import Assumption, MarkerRecording, Pictures, Source
from neuropose.errors import said_to
from neuropose.geometry import known_median
from neuropose.grammar import counted
from neuropose.io.markers.units import OTHER_UNIT
from neuropose.sequence.body_size import SHANK_JOINTS, doubt_of_unit
from neuropose.sequence.data import ReferenceFrame
from neuropose.sequence.hip_centres import hip_centres
from neuropose.sequence.leaps import LEAST_MM, LONGEST_FRAMES, without_leaps
from neuropose.sequence.misplaced import misplaced, misplaced_spines
from neuropose.sequence.position_error import OF_PICTURES
from neuropose.sequence.strays import strays
from neuropose.skeletons.canonical import arrange, check_canonical, means
from neuropose.skeletons.marker_names import shared_prefix
from neuropose.skeletons.marker_sets import MarkerMap, map_markers
from neuropose.skeletons.named_sets import are_key_points

Array = NDArray[np.float64]

IMPLAUSIBLE_HIP_MM = 60.0
"""Hip centres further than this from the regression on the pelvic markers are worth a warning."""
POSITIONS = "positions"
"""Name of the assumption that says what positions were estimated from, of a file."""
_HIPS = ("left_hip", "right_hip")
_MOST_SHOWN = 60  # names of markers in a message
_SPINES = ("left_asis", "right_asis", "left_psis", "right_psis")


def recorded_fields(
    recording: MarkerRecording, markers: Mapping[str, Sequence[str]] | None
) -> dict[str, Any]:
    """Return the fields of `PoseSequence` for a motion-capture recording.

    Parameters
    ----------
    recording : MarkerRecording
        Marker positions from a motion-capture file.
    markers : mapping of str to sequence of str, or None
        Canonical joints and the markers whose mean each is; they take precedence over the table.

    Returns
    -------
    dict of str to value

    Raises
    ------
    SequenceError
        If `markers` does not fit the recording.
    """
    recording, leapt = _without_leaps(recording)
    names, positions_mm = recording.names, recording.positions_mm
    source = f"the {recording.format.upper()} file"
    check_canonical(names, markers or {}, source)
    seen = _shares_seen(recording)
    found = map_markers(names, markers, seen=seen)
    canonical, misplaced_notes = _with_a_pelvis(recording, found.canonical)
    found = MarkerMap(canonical, found.warnings)
    notes = [*_estimated(recording), *leapt, *found.warnings]
    added, estimated_from = tuple[str, ...](), tuple[str, ...]()
    hips = _estimated_hips(recording, found)
    if hips is not None and not set(_HIPS) & set(found.canonical):
        added = tuple(f"{shared_prefix(names)}{hip}" for hip in _HIPS)
        names = (*names, *added)
        positions_mm = np.concatenate([positions_mm, hips], axis=1)
        found = map_markers(names, markers, seen=seen | dict.fromkeys(added, 1.0))
        spines = (marker for each in _SPINES for marker in found.canonical[each])
        estimated_from = tuple(dict.fromkeys(spines))
        notes.append("the hips are estimated from pelvic markers (Harrington 2007)")
    elif hips is not None and set(_HIPS) <= set(found.canonical):
        stated = means(positions_mm, names, {hip: found.canonical[hip] for hip in _HIPS})
        apart_mm = known_median(np.linalg.norm(stated - hips, axis=-1))
        if apart_mm > IMPLAUSIBLE_HIP_MM:
            notes.append(
                f"the hips of the file are {apart_mm:.0f} mm from where the pelvic markers put "
                "them: angles of hip and knee may be offset"
            )
    notes += _doubt_of_size(recording, positions_mm, names, found.canonical)
    canonical, more_notes = _plausible(recording, positions_mm, names, found.canonical)
    misplaced_notes += more_notes
    notes += misplaced_notes
    sources, aliases = arrange(names, canonical)
    places_mm = means(positions_mm, names, sources)
    places_mm, strayed = _without_strays(recording, places_mm, tuple(sources), canonical)
    notes += strayed
    return {
        "time_s": recording.time_s,
        "positions_mm": places_mm,
        "joints": tuple(sources),
        "aliases": aliases,
        "made_of": {
            joint: (*points, *estimated_from) if set(added) & set(points) else points
            for joint, points in sources.items()
        },
        "frame": ReferenceFrame.LAB,
        "source": source,
        "first_frame": recording.first_frame,
        "position_error": (
            None if recording.estimated_from is None else OF_PICTURES[recording.estimated_from]
        ),
        "up": recording.up,
        "up_source": recording.up_source or Source.NOT_RECORDED,
        "warnings": (*recording.warnings, *notes),
        "remedy": _remedy(recording, misplaced_notes),
        "assumptions": {
            "rate": Assumption(source=Source.FILE, value=f"{recording.rate_hz:.4g} frames/s"),
            "unit": Assumption(
                source=recording.unit_source or Source.NOT_RECORDED,
                value=recording.unit or "unit of length",
            ),
        }
        | _positions(recording.estimated_from)
        | _subject(recording),
    }


def _doubt_of_size(
    recording: MarkerRecording,
    positions_mm: Array,
    names: Sequence[str],
    canonical: Mapping[str, tuple[str, ...]],
) -> list[str]:
    if any(OTHER_UNIT in each for each in recording.warnings):
        return []
    shanks = {joint: canonical[joint] for joint in SHANK_JOINTS if canonical.get(joint)}
    places_mm = _places_mm(positions_mm, names, shanks)
    doubt = doubt_of_unit(places_mm, recording.unit or "the unit of the file")
    return [] if doubt is None else [doubt]


def _without_leaps(recording: MarkerRecording) -> tuple[MarkerRecording, list[str]]:
    """Put markers that are elsewhere for some frames back on their paths, and say which."""
    if not _named_by_hand(recording):
        return recording, []
    positions_mm, found = without_leaps(recording.positions_mm, recording.rate_hz)
    if not found.any():
        return recording, []
    rows = [row for row in np.flatnonzero(found.any(axis=0)) if recording.names[row][:1] != "*"]
    named = ", ".join(recording.names[row] for row in rows[:_MOST_SHOWN])
    count = int(found[:, rows].sum())
    note = (
        f"{counted(count, 'position was', 'positions were')} replaced: for {LONGEST_FRAMES} frames "
        f"or fewer a marker is {LEAST_MM:.0f} mm or more off its path ({named})"
    )
    return recording.model_copy(update={"positions_mm": positions_mm}), [note] if rows else []


def _with_a_pelvis(
    recording: MarkerRecording, canonical: Mapping[str, tuple[str, ...]]
) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """Leave out spines of the pelvis that cannot be where they are, and what is made of them."""
    if not _named_by_hand(recording):
        return dict(canonical), []
    doubted = misplaced_spines(_places_mm(recording.positions_mm, recording.names, canonical))
    markers = {name for spine in doubted for name in canonical.get(spine, ())}
    for joint in ("pelvis", *_HIPS):
        if markers & set(canonical.get(joint, ())):
            doubted[joint] = next(iter(doubted.values()))
    return _without(doubted, canonical)


def _plausible(
    recording: MarkerRecording,
    positions_mm: Array,
    names: Sequence[str],
    canonical: Mapping[str, tuple[str, ...]],
) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """Return the joints that can be where their markers are, and what is said of the others."""
    if not _named_by_hand(recording):
        return dict(canonical), []
    return _without(misplaced(_places_mm(positions_mm, names, canonical), canonical), canonical)


def _without_strays(
    recording: MarkerRecording,
    places_mm: Array,
    joints: Sequence[str],
    canonical: Mapping[str, tuple[str, ...]],
) -> tuple[Array, list[str]]:
    """Leave out joints in the frames in which they are elsewhere, and say in how many."""
    if not _named_by_hand(recording):
        return places_mm, []
    columns = {name: column for column, name in enumerate(joints) if name in canonical}
    found = strays({name: places_mm[:, column] for name, column in columns.items()})
    if not found:
        return places_mm, []
    places_mm = places_mm.copy()
    for name, frames in found.items():
        places_mm[frames, columns[name]] = np.nan
    shown = ", ".join(f"{name} in {frames.sum()}" for name, frames in found.items())
    return places_mm, [
        f"not used for some of {len(places_mm)} frames, in which they cannot be where they are: "
        f"{shown}: markers may be exchanged there, or gaps were filled badly"
    ]


def _named_by_hand(recording: MarkerRecording) -> bool:
    """Whether names can be wrong; those of key points, whose distances vary, are of a model."""
    return recording.estimated_from is None and not are_key_points(recording.names)


def _places_mm(
    positions_mm: Array, names: Sequence[str], canonical: Mapping[str, tuple[str, ...]]
) -> dict[str, Array]:
    if not canonical:
        return {}
    places_mm = np.moveaxis(means(positions_mm, names, canonical), 1, 0)
    return dict(zip(canonical, places_mm, strict=True))


def _without(
    doubted: Mapping[str, str], canonical: Mapping[str, tuple[str, ...]]
) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    by_reason: dict[str, list[str]] = {}
    for joint, why in doubted.items():
        if joint in canonical:
            by_reason.setdefault(why, []).append(joint)
    notes = [f"not used: {', '.join(joints)}: {why}" for why, joints in by_reason.items()]
    return {joint: each for joint, each in canonical.items() if joint not in doubted}, notes


def estimated_from(assumptions: Mapping[str, Assumption]) -> Pictures | None:
    """Return what the positions of a file were estimated from.

    Parameters
    ----------
    assumptions : mapping of str to Assumption
        Assumptions of a sequence, or of what was made of it.

    Returns
    -------
    Pictures or None
        None if they were not read from a file that says so.
    """
    stated = assumptions.get(POSITIONS)
    return None if stated is None else Pictures(stated.value)


def _positions(pictures: Pictures | None) -> dict[str, Assumption]:
    if pictures is None:
        return {}
    detail = "estimated from video by NeuroPose, as the file says"
    return {POSITIONS: Assumption(source=Source.FILE, value=pictures.value, detail=detail)}


def _estimated(recording: MarkerRecording) -> list[str]:
    """Warn of positions that no marker was at."""
    if recording.estimated_from is None:
        return []
    return [
        f"these positions were estimated from video of {recording.estimated_from} by NeuroPose, "
        "not measured with markers, and the file lacks their errors: analyse the predictions or "
        "the reconstruction instead"
    ]


def _shares_seen(recording: MarkerRecording) -> dict[str, float]:
    known = np.isfinite(recording.positions_mm).all(axis=-1).mean(axis=0)
    return dict(zip(recording.names, map(float, known), strict=True))


def _subject(recording: MarkerRecording) -> dict[str, Assumption]:
    """Say which subject it is by number: names stay out of results."""
    if recording.subject is None or not recording.subjects:
        return {}
    number = recording.subjects.index(recording.subject) + 1
    value = f"subject {number} of {len(recording.subjects)} in the file"
    return {"subject": Assumption(source=Source.GIVEN, value=value)}


def _remedy(recording: MarkerRecording, misplaced_notes: Sequence[str]) -> str:
    """Say what to do about a joint that is missing, which is called JOINT in it."""
    if recording.subjects and recording.subject is None:
        return (
            f"choose one of the subjects {', '.join(recording.subjects)}: "
            f"{said_to('subject', recording.subjects[0])}"
        )
    if misplaced_notes:
        return f"correct the names of the markers in the file; {'; '.join(misplaced_notes)}"
    named = [name for name in recording.names if not name.startswith("*")]
    shown = ", ".join(named[:_MOST_SHOWN]) + (", …" if len(named) > _MOST_SHOWN else "")
    return (
        f"say which markers it is the mean of: {said_to('markers', 'NAME', of='JOINT')}; "
        f"the file has {shown or 'no names'}"
    )


def _estimated_hips(recording: MarkerRecording, found: MarkerMap) -> Array | None:
    """Hip centres by regression, shape (T, 2, 3); None without the four pelvic markers."""
    if not set(_SPINES) <= set(found.canonical):
        return None
    chosen = {spine: found.canonical[spine] for spine in _SPINES}
    spines = means(recording.positions_mm, recording.names, chosen)
    if not np.isfinite(spines).all(axis=(1, 2)).any():
        return None
    return np.stack(hip_centres(*np.moveaxis(spines, 1, 0)), axis=1)
