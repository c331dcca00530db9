"""Whether the frames of movements can be counted as if they were time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from neuropose.analyzer.compare.dtw.representation import Represented
from neuropose.sequence.pose_sequence import PoseSequence

_SAME_RATE = 0.01  # 29.97 and 30 Hz are one rate, 24 and 25 Hz are two


def rates_differ(movements: Sequence[PoseSequence]) -> bool:
    """Return whether the frame rates of movements differ by more than 1 %.

    Parameters
    ----------
    movements : sequence of PoseSequence
        Movements; those of a single frame have no rate.

    Returns
    -------
    bool
    """
    rates_hz = [movement.sampling_rate_hz for movement in movements if len(movement) > 1]
    return bool(rates_hz) and max(rates_hz) > (1.0 + _SAME_RATE) * min(rates_hz)


def doubt_clocks(
    signals: Sequence[Represented], movements: Sequence[PoseSequence]
) -> list[Represented]:
    """Add warnings about counting frames as if they were time.

    Parameters
    ----------
    signals : sequence of Represented
        The movements that are compared.
    movements : sequence of PoseSequence
        The movements that the signals belong to.

    Returns
    -------
    list of Represented
    """
    differ: tuple[str, ...] = ()
    if rates_differ(movements):
        rates_hz = [movement.sampling_rate_hz for movement in movements if len(movement) > 1]
        differ = (
            f"frame rates from {min(rates_hz):.4g} to {max(rates_hz):.4g} Hz: a distance is a sum "
            "over frames, so resample them to one rate (PoseSequence.resample)",
        )
    doubted = []
    for each, movement in zip(signals, movements, strict=True):
        uneven = f"{each.name}: its frames are not evenly spaced, but each counts the same"
        notes = (*differ, *((uneven,) * (not movement.is_uniform)))
        doubted.append(replace(each, warnings=(*each.warnings, *notes)))
    return doubted
