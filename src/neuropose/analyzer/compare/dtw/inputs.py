"""Many movements, given as arrays or as sequences, prepared for comparison."""

from __future__ import annotations

from collections.abc import Sequence

from numpy.typing import ArrayLike

from neuropose.analyzer.compare.dtw.aligning import aligned
from neuropose.analyzer.compare.dtw.clocks import doubt_clocks
from neuropose.analyzer.compare.dtw.representation import represent
from neuropose.analyzer.compare.dtw.settings import ComparisonSettings, DtwSettings
from neuropose.analyzer.compare.dtw.values import Rows, finite_rows, same_width
from neuropose.cores import available_cores
from neuropose.errors import SequenceError, SignalError
from neuropose.sequence.pose_sequence import PoseSequence

Movement = PoseSequence | ArrayLike


def rows_of(
    movements: Sequence[Movement],
    settings: DtwSettings,
    names: Sequence[str] | None = None,
    *,
    over_first: bool = False,
) -> list[Rows]:
    """Return movements as rows of finite numbers, all of the same width.

    Parameters
    ----------
    movements : sequence of PoseSequence, or of array_like, shape (T, …)
        Movements, all of the same kind.
    settings : DtwSettings
        For sequences `ComparisonSettings`, or `DtwSettings` with the defaults of what these add.
    names : sequence of str, optional
        Names of the movements in messages.
    over_first : bool
        Whether it makes sense to align all of them with the first as a whole.

    Returns
    -------
    list of Rows

    Raises
    ------
    SignalError
        If there are no movements, they are of both kinds, or they cannot be compared.
    SequenceError
        If the settings align them as a whole, but that makes no sense here.
    """
    if names is None:
        names = [f"movement {number}" for number in range(len(movements))]
    if not len(movements):
        raise SignalError("there are no movements")
    poses = [each for each in movements if isinstance(each, PoseSequence)]
    arrays = [each for each in movements if not isinstance(each, PoseSequence)]
    if not poses:
        rows = [
            finite_rows(each, settings.nan_policy, name)
            for each, name in zip(arrays, names, strict=True)
        ]
    elif arrays:
        raise SignalError("arrays cannot be compared with sequences", hint="give all of one kind")
    else:
        if not isinstance(settings, ComparisonSettings):
            settings = ComparisonSettings(**settings.model_dump())
        if settings.align == "sequence" and not over_first:
            raise SequenceError(
                "these movements cannot be aligned with one another as a whole",
                hint="set align to body or frame; dtw_all aligns one movement with another",
            )
        signals = doubt_clocks(represent(aligned(poses, settings)[0], settings, names), poses)
        rows = [each.rows(settings) for each in signals]
        rows = [
            Rows(each.values, each.kept, (*signal.warnings, *each.warnings))
            for each, signal in zip(rows, signals, strict=True)
        ]
    same_width(*rows)
    return rows


def worker_count(workers: int | None) -> int:
    """Return the number of threads to use.

    Parameters
    ----------
    workers : int or None
        Number of threads. None: one for each core that this process may use.

    Returns
    -------
    int

    Raises
    ------
    SignalError
        If it is below 1.
    """
    if workers is None:
        return available_cores()
    if workers < 1:
        raise SignalError(f"{workers} workers", hint="give at least 1")
    return workers
