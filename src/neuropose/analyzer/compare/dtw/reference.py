"""A reference movement from several trials."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.compare.alignment import common_joints, shared_joints
from neuropose.analyzer.compare.dtw.aligning import aligned
from neuropose.analyzer.compare.dtw.average import DtwAverage, average_rows, check_average
from neuropose.analyzer.compare.dtw.inputs import rows_of
from neuropose.analyzer.compare.dtw.settings import ComparisonSettings
from neuropose.data.arrays import read_only
from neuropose.errors import SequenceError
from neuropose.sequence.pose_sequence import PoseSequence


@dataclass(frozen=True, eq=False)
class ReferenceMovement:
    """The mean of several trials of a movement.

    Parameters
    ----------
    sequence : PoseSequence
        The mean, with the times of the initial trial, starting at 0, and the warnings of all.
    spread_mm : ndarray of float64, shape (T, J, 3)
        Standard deviation over the trials, see `DtwAverage`.
    average : DtwAverage
        The average itself, with the distance of each trial to it.
    """

    sequence: PoseSequence
    spread_mm: NDArray[np.float64]
    average: DtwAverage


def reference_movement(
    trials: Sequence[PoseSequence],
    settings: ComparisonSettings | None = None,
    *,
    rounds: int = 50,
    workers: int | None = None,
) -> ReferenceMovement:
    """Average several trials of a movement into one, regardless of their timing.

    Parameters
    ----------
    trials : sequence of PoseSequence
        One recording of the movement each.
    settings : ComparisonSettings, optional
        Coordinates, squared cost, ``symmetric1``. Default: these, each trial in the axes of its own
        body (``align="body"``), and all joints that the trials have; derived joints (the pelvis)
        are averaged as well, but do not count twice.
    rounds : int
        Largest number of rounds.
    workers : int, optional
        Threads; default: all cores. The result does not depend on it.

    Returns
    -------
    ReferenceMovement

    Raises
    ------
    SequenceError
        If `settings` request anything but coordinates, or there are no trials or common joints.
    SignalError, MissingJointsError, AlignmentError
        See `neuropose.analyzer.compare.dtw.dtw_average`.

    Examples
    --------
    >>> from neuropose.testing import WalkerParameters, simulate_walk, walker_sequence
    >>> speeds = (0.9, 1.0, 1.1)
    >>> walks = [simulate_walk(WalkerParameters(speed_m_s=speed)) for speed in speeds]
    >>> mean = reference_movement([walker_sequence(walk).slice(1.0, 2.0) for walk in walks])
    >>> mean.average.start, mean.sequence.joint("left_knee").shape
    (1, (61, 3))
    """
    if settings is None:
        settings = ComparisonSettings(cost="squared", align="body")
    if settings.representation != "coords":
        raise SequenceError(
            f"{settings.representation} are not a movement", hint="average them by dtw_average"
        )
    check_average(settings, rounds)
    if not trials:
        raise SequenceError("there are no trials")
    laid, _ = aligned(trials, settings)
    joints = shared_joints(laid) if settings.joints is None else settings.joints
    plain = settings.model_copy(update={"align": "none", "scale": False, "joints": joints})
    counted = common_joints(laid) if settings.joints is None else joints
    average = average_rows(
        rows_of(laid, plain),
        plain,
        counted=np.repeat([name in counted for name in joints], 3),
        rounds=rounds,
        workers=workers,
    )
    first, began = laid[0], trials[average.start]
    shape = len(average.values), len(joints), 3
    mean = PoseSequence.from_arrays(
        began.time_s[average.kept] - began.time_s[average.kept[0]],
        average.values.reshape(shape),
        joints,
        frame=first.frame,
        up=first.up,
        confirm_up=first.up_confirmed,
        source=f"the mean of {len(trials)} trials",
    )
    return ReferenceMovement(
        sequence=replace(
            mean,
            made_of=first.select(*joints).made_of,
            up_source=first.up_source,
            warnings=average.warnings,
        ),
        spread_mm=read_only(average.spread.reshape(shape), np.float64),
        average=average,
    )
