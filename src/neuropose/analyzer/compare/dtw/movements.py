"""Two movements compared: as a whole, joint by joint, or by how two joints lie to each other."""

from __future__ import annotations

from collections.abc import Sequence

from neuropose.analyzer.compare.alignment import Alignment
from neuropose.analyzer.compare.dtw.aligning import aligned
from neuropose.analyzer.compare.dtw.clocks import doubt_clocks
from neuropose.analyzer.compare.dtw.representation import Represented, displacement, represent
from neuropose.analyzer.compare.dtw.result import DtwResult
from neuropose.analyzer.compare.dtw.settings import ComparisonSettings
from neuropose.analyzer.compare.dtw.warping import FIRST, SECOND, warp
from neuropose.sequence.pose_sequence import PoseSequence


def dtw_all(
    a: PoseSequence,
    b: PoseSequence,
    settings: ComparisonSettings | None = None,
    *,
    path: bool = True,
) -> DtwResult:
    """Compare two movements by all joints or angles at once: one warping for the whole body.

    Parameters
    ----------
    a, b : PoseSequence
        Of any length; of one frame rate (`PoseSequence.resample`), or there is a warning.
    settings : ComparisonSettings, optional
    path : bool
        Whether the path is wanted.

    Returns
    -------
    DtwResult
        Distances in mm, degrees or mm/s: of two frames, the Euclidean norm over all values.

    Raises
    ------
    SequenceError
        If nothing can be compared: no joint or angle in common, or different frames of reference
        or verticals and no alignment.
    SignalError
        If values are missing that `settings` do not deal with.
    MissingJointsError
        If a movement lacks a joint that `settings` names, or that an alignment needs.
    AlignmentError
        If the joints do not determine an alignment.

    Notes
    -----
    With ``align="sequence"`` it is first found from the shape of the body alone which frames belong
    together; then the second movement is laid over the first by the rotation and translation of
    least squares over these pairs of frames, and the pairs are found anew, as long as the movements
    come closer. So the distance of a movement to its rotated, displaced and differently timed copy
    is 0. It is laid over the first movement: exchanged, the distance may differ a little.

    Examples
    --------
    >>> from neuropose.testing import CameraView, simulate_walk, walker_sequence
    >>> walk = simulate_walk()
    >>> lab, seen = walker_sequence(walk), walker_sequence(walk, CameraView(heading_deg=30.0))
    >>> result = dtw_all(lab, seen, ComparisonSettings(align="sequence"))
    >>> result.normalized_distance < 1e-6, round(result.alignment.scale, 6)
    (True, 1.0)
    """
    settings = ComparisonSettings() if settings is None else settings
    signals, alignments = _signals(a, b, settings)
    return compared(signals, settings, path, alignments)


def dtw_per_joint(
    a: PoseSequence,
    b: PoseSequence,
    settings: ComparisonSettings | None = None,
    *,
    path: bool = True,
) -> dict[str, DtwResult]:
    """Compare two movements joint by joint or angle by angle, each with a warping of its own.

    Parameters
    ----------
    a, b : PoseSequence
    settings : ComparisonSettings, optional
        The alignment is that of the whole body, and the same for all joints.
    path : bool
        Whether the paths are wanted.

    Returns
    -------
    dict of str to DtwResult
        By joint or angle. Missing values are dealt with joint by joint.

    Raises
    ------
    SequenceError, SignalError, MissingJointsError, AlignmentError
        See `dtw_all`.

    Examples
    --------
    >>> from neuropose.testing import WalkerParameters, simulate_walk, walker_sequence
    >>> slow = walker_sequence(simulate_walk(WalkerParameters(speed_m_s=0.8)))
    >>> fast = walker_sequence(simulate_walk(WalkerParameters(speed_m_s=1.3)))
    >>> knees = ("left_knee_flexion", "right_knee_flexion")
    >>> settings = ComparisonSettings(representation="angles", joints=knees)
    >>> list(dtw_per_joint(slow, fast, settings))
    ['left_knee_flexion', 'right_knee_flexion']
    """
    settings = ComparisonSettings() if settings is None else settings
    signals, alignments = _signals(a, b, settings)
    return {
        name: compared(signals, settings, path, alignments, name) for name in signals[0].signals
    }


def dtw_relation(
    a: PoseSequence,
    b: PoseSequence,
    first: str,
    second: str,
    settings: ComparisonSettings | None = None,
    *,
    path: bool = True,
) -> DtwResult:
    """Compare how two joints lie to each other: the vector from one to the other.

    Parameters
    ----------
    a, b : PoseSequence
    first, second : str
        Joints (``"left_wrist", "right_wrist"``).
    settings : ComparisonSettings, optional
        ``joints`` has no meaning here. Where the body is does not matter; where it faces does,
        unless `align` takes it out.
    path : bool
        Whether the path is wanted.

    Returns
    -------
    DtwResult
        Distances in mm, or mm/s of the velocity of the one joint seen from the other.

    Raises
    ------
    SequenceError, SignalError, MissingJointsError, AlignmentError
        See `dtw_all`.

    Examples
    --------
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> walk = walker_sequence(simulate_walk())
    >>> further = walk.with_positions(walk.positions_mm + [500.0, 0.0, 0.0])
    >>> round(dtw_relation(walk, further, "left_heel", "right_heel").distance, 6)
    0.0
    """
    settings = ComparisonSettings() if settings is None else settings
    movements, alignments = aligned((a, b), settings)
    signals = displacement(movements, first, second, settings, (FIRST, SECOND))
    return compared(doubt_clocks(signals, movements), settings, path, alignments)


def _signals(
    a: PoseSequence, b: PoseSequence, settings: ComparisonSettings
) -> tuple[list[Represented], list[Alignment]]:
    movements, alignments = aligned((a, b), settings)
    signals = represent(movements, settings, (FIRST, SECOND))
    return doubt_clocks(signals, movements), alignments


def compared(
    signals: Sequence[Represented],
    settings: ComparisonSettings,
    path: bool,
    alignments: Sequence[Alignment],
    *names: str,
) -> DtwResult:
    """Compare two movements that are represented already.

    Parameters
    ----------
    signals : sequence of Represented
        The first and the second.
    settings : ComparisonSettings
    path : bool
    alignments : sequence of Alignment
        How the second was laid over the first; empty: not as a whole.
    *names : str
        Which signals. Default: all.

    Returns
    -------
    DtwResult

    Raises
    ------
    SignalError
        If values are missing that `settings` do not deal with.
    """
    one, other = signals
    return warp(
        one.rows(settings, *names),
        other.rows(settings, *names),
        settings,
        path=path,
        alignment=alignments[0] if alignments else None,
        warnings=tuple(dict.fromkeys((*one.warnings, *other.warnings))),
    )
