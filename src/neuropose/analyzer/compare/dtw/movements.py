"""Comparison of two movements: as a whole, joint by joint, or by the relation of two joints."""

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
    """Compare two movements by all joints or angles at once, with one warping for the whole body.

    Parameters
    ----------
    a, b : PoseSequence
        The two movements, of any length. If their frame rates differ there is a warning
        (`PoseSequence.resample`).
    settings : ComparisonSettings, optional
        Representation, alignment and DTW settings; default: `ComparisonSettings()`.
    path : bool
        Whether to return the path.

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
        If values are missing that `settings` do not handle.
    MissingJointsError
        If a movement lacks a joint that `settings` names, or that an alignment needs.
    AlignmentError
        If the joints do not determine an alignment.

    Notes
    -----
    With ``align="sequence"`` corresponding frames are first found from the shape of the body alone;
    then the second movement is aligned with the first by the least-squares rotation and
    translation over these pairs of frames, and the pairs are found anew, as long as the distance
    falls. So the distance of a movement to its rotated, displaced and differently timed copy is 0.
    The second movement is aligned with the first: if they are swapped, the distance may differ a
    little.

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
    """Compare two movements joint by joint or angle by angle, each with its own warping.

    Parameters
    ----------
    a, b : PoseSequence
        The two movements.
    settings : ComparisonSettings, optional
        The alignment is that of the whole body, and the same for all joints.
    path : bool
        Whether the paths are wanted.

    Returns
    -------
    dict of str to DtwResult
        Results by joint or angle. Missing values are handled joint by joint.

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
    """Compare the relative position of two joints: the vector from one to the other.

    Parameters
    ----------
    a, b : PoseSequence
        The two movements.
    first, second : str
        Joints (``"left_wrist", "right_wrist"``).
    settings : ComparisonSettings, optional
        ``joints`` is not used. The place of the body does not matter; its heading does, unless
        `align` removes it.
    path : bool
        Whether to return the path.

    Returns
    -------
    DtwResult
        Distances in mm, or in mm/s of the relative velocity of the joints.

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
    """Compare two movements that are already represented as signals.

    Parameters
    ----------
    signals : sequence of Represented
        The first and the second movement.
    settings : ComparisonSettings
        Representation, alignment and DTW settings.
    path : bool
        Whether to return the warping path.
    alignments : sequence of Alignment
        How the second was aligned with the first; empty if not as a whole.
    *names : str
        Names of the signals to compare. Default: all.

    Returns
    -------
    DtwResult

    Raises
    ------
    SignalError
        If values are missing that `settings` do not handle.
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
