"""What a low-pass of the force, before it was stored, does to the events of plates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from benchmarks.events_parts.laboratories import Trial
from neuropose.analyzer.tasks.gait.foot_events.plate_contacts import (
    PlateContact,
    usual_rise_s,
    were_smoothed,
)

_CUTOFFS_HZ = (30.0, 20.0, 15.0, 12.0, 10.0, 8.0, 6.0)
_AROUND_S = 0.15
_THRESHOLD_N, _RISEN_N = 20.0, 50.0


def as_stored_and_before(trials: Sequence[Trial]) -> list[Trial]:
    """Print how far events of plates may be off, and put those of smoothed forces right.

    Forces that were stored as they were measured are smoothed here, with a Butterworth low-pass
    forwards and backwards: that tells how far a rise of so many milliseconds may move events. It is
    the most that is possible: a foot that comes down softly loads a plate slowly too.
    """
    measured = [trial for trial in trials if _sharp(trial)]
    print("\na low-pass of forces that were stored as they were measured (medians, ms)")
    print(f"{'cutoff, Hz':>12}{'rise':>7}{'contact':>9}{'foot off':>10}")
    table = []
    for cutoff_hz in _CUTOFFS_HZ:
        moved = [each for trial in measured for each in _moved_ms(trial, cutoff_hz)]
        row = np.nanmedian(np.array(moved), axis=0)
        table.append(row)
        print(f"{cutoff_hz:12g}{row[0]:7.1f}{row[1]:+9.1f}{row[2]:+10.1f}")
    known = np.array(table)
    by_laboratory: dict[str, list[PlateContact]] = defaultdict(list)
    for trial in trials:
        by_laboratory[trial.laboratory] += trial.contacts
    print("\nms from 20 to 50 N (median), and how far a low-pass may have moved their events")
    shifts = {}
    for name, contacts in by_laboratory.items():
        rise_ms = 1000.0 * usual_rise_s(contacts)
        moved_ms = (0.0, 0.0)
        if were_smoothed(contacts):
            moved_ms = tuple(
                float(np.interp(rise_ms, known[:, 0], known[:, column])) for column in (1, 2)
            )
        shifts[name] = moved_ms
        print(f"{name:16} {rise_ms:5.1f}{moved_ms[0]:+7.0f}{moved_ms[1]:+7.0f}")
    return [replace(trial, contacts=_back(trial, shifts[trial.laboratory])) for trial in trials]


def _back(trial: Trial, moved_ms: tuple[float, float]) -> tuple[PlateContact, ...]:
    return tuple(
        replace(
            each,
            contact_s=each.contact_s - 0.001 * moved_ms[0],
            foot_off_s=each.foot_off_s - 0.001 * moved_ms[1],
        )
        for each in trial.contacts
    )


def _sharp(trial: Trial) -> bool:
    return np.isfinite(usual_rise_s(trial.contacts)) and not were_smoothed(trial.contacts)


def _moved_ms(trial: Trial, cutoff_hz: float) -> list[tuple[float, float, float]]:
    """Return the rise, and how far contact and foot off are moved, of each step."""
    from scipy.signal import butter, sosfiltfilt

    time_s = trial.plates.time_s
    rate_hz = (len(time_s) - 1) / (time_s[-1] - time_s[0])
    low_pass = butter(2, cutoff_hz, fs=rate_hz, output="sos")
    moved = []
    for step in trial.contacts:
        plate = next(each for each in trial.plates.plates if each.name == step.plate)
        vertical = np.nan_to_num(plate.force_n @ np.array(trial.walk.up))
        smooth = sosfiltfilt(low_pass, np.abs(vertical))
        contact_s = _passes_s(time_s, smooth, _THRESHOLD_N, step.contact_s)
        risen_s = _passes_s(time_s, smooth, _RISEN_N, step.contact_s)
        off_s = _passes_s(time_s, -smooth, -_THRESHOLD_N, step.foot_off_s)
        moved.append((risen_s - contact_s, contact_s - step.contact_s, off_s - step.foot_off_s))
    return [tuple(1000.0 * value for value in each) for each in moved]


def _passes_s(time_s: np.ndarray, force_n: np.ndarray, threshold_n: float, near_s: float) -> float:
    """Return when a force rises through a threshold, nearest to a time; NaN: it does not."""
    around = np.flatnonzero(np.abs(time_s - near_s) < _AROUND_S)
    before, after = force_n[around[:-1]] - threshold_n, force_n[around[1:]] - threshold_n
    passes = np.flatnonzero((before <= 0.0) & (after > 0.0))
    if not len(passes):
        return float("nan")
    share = before[passes] / (before[passes] - after[passes])
    times_s = time_s[around[passes]] + share * np.diff(time_s[around])[passes]
    return float(times_s[np.argmin(np.abs(times_s - near_s))])
