"""Standard errors of measures: the same is measured on every movement that a recording allows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from typing import Concatenate, ParamSpec

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.tasks.judging import Judge, with_basis
from neuropose.analyzer.tasks.refused import without_refused
from neuropose.data import Event, Measure, Report
from neuropose.sequence.pose_sequence import PoseSequence

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
Measures = Mapping[str, Measure]
Settings = ParamSpec("Settings")

LEAST_FOUND = 0.5
"""A measure that fewer of the drawn movements have is not told apart from chance."""


def with_standard_errors(
    measure: Callable[Concatenate[PoseSequence, Settings], Report],
) -> Callable[Concatenate[PoseSequence, Settings], Report]:
    """Give the report of a task standard errors, if the recording has draws of its error.

    Parameters
    ----------
    measure : callable
        A task's function of a recording and its settings.

    Returns
    -------
    callable
        The same; the recording is measured once more for each draw, from the first step to the
        last, so that a standard error has in it what filters, the vertical and the detection of
        events do to the error of the positions.
    """

    @wraps(measure)
    def measured(
        recording: PoseSequence, /, *settings: Settings.args, **named: Settings.kwargs
    ) -> Report:
        report = measure(recording, *settings, **named)
        drawn = [measure(each, *settings, **named) for each in drawn_movements(recording)]
        pairs = [(report.measures, each.measures) for each in drawn]
        return add_standard_errors(report, recording, pairs, [each.events for each in drawn])

    return measured


def drawn_movements(recording: PoseSequence) -> Iterable[PoseSequence]:
    """Return the movements that a recording allows.

    Parameters
    ----------
    recording : PoseSequence
        With draws of its error, or without.

    Returns
    -------
    iterable of PoseSequence
        One for each draw.
    """
    return map(recording.drawn, range(recording.draw_count))


def add_standard_errors(
    report: Report,
    recording: PoseSequence,
    pairs: Sequence[tuple[Measures, Measures]],
    events: Sequence[Sequence[Event]],
) -> Report:
    """Add the standard error of every measure and of every event.

    Parameters
    ----------
    report : Report
        Of the recording itself.
    recording : PoseSequence
        The recording.
    pairs : sequence of (mapping of str to Measure, mapping of str to Measure)
        For each draw, measures of the recording, and the same of the drawn movement.
    events : sequence of sequence of Event
        Those of each drawn movement.

    Returns
    -------
    Report
        As it is if there are no draws. Else `standard_error` of a measure is the root mean square
        difference within the pairs, and the error that the measure has of its own, as the method
        by which an event is timed has: a measure that any error can only increase has that in its
        standard error too. An error of exactly 0, of a count that no draw changes, is not known.
        It takes the place of the confidence, which is a guess without draws.
        Its parameters say how many ``draws`` there were. A measure that fewer
        than `LEAST_FOUND` of the drawn movements have is not given, and neither is one whose error
        exceeds what it is good for, or that is of a movement not told from none
        (`neuropose.analyzer.limits`). The tables are without the values
        of these.
    """
    if not pairs:
        return report
    judge = Judge(report.task, recording)
    known = {name: _with_error(name, each, pairs) for name, each in report.measures.items()}
    measures = {
        name: judge.judged(name, each) for name, each in with_basis(report.task, known).items()
    }
    refused = {
        name
        for name, each in measures.items()
        if each.value is None and report.measures[name].value is not None
    }
    return report.model_copy(
        update={
            "measures": measures,
            "tables": {
                name: without_refused(table, refused) for name, table in report.tables.items()
            },
            "events": _with_errors(report.events, events),
            "parameters": {**report.parameters, "draws": len(pairs)},
        }
    )


def pair_nearest(times_s: Array, others_s: Array, limit_s: float) -> tuple[Ints, Ints]:
    """Pair the moments of two lists that are nearest to each other.

    Parameters
    ----------
    times_s, others_s : ndarray, shapes (A,) and (B,)
        Seconds.
    limit_s : float
        Moments that are further apart are no pair.

    Returns
    -------
    row, other : ndarray of int, shape (P,)
        Their places in both lists; each occurs once at most.

    Examples
    --------
    >>> pair_nearest(np.array([1.0, 2.0, 3.0]), np.array([2.1, 1.9, 9.0]), 0.25)
    (array([1]), array([0]))
    """
    if not len(times_s) or not len(others_s):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    apart_s = np.abs(times_s[:, None] - others_s)
    other = apart_s.argmin(axis=1)
    row = np.flatnonzero(apart_s.argmin(axis=0)[other] == np.arange(len(times_s)))
    row = row[apart_s[row, other[row]] <= limit_s]
    return row, other[row]


def _root_mean_square(changes: Sequence[float]) -> float:
    return float(np.sqrt(np.mean(np.square(changes))))


def _with_error(name: str, measure: Measure, pairs: Sequence[tuple[Measures, Measures]]) -> Measure:
    if measure.value is None:
        return measure
    values = [(own[name].value, drawn[name].value) for own, drawn in pairs]
    changes = [one - other for one, other in values if one is not None and other is not None]
    if len(changes) < LEAST_FOUND * len(pairs):
        reason = f"only {len(changes)} of {len(pairs)} movements that the recording allows have it"
        others = Counter(drawn[name].reason for _, drawn in pairs if drawn[name].reason)
        if others:
            reason += f"; usual reason: {others.most_common(1)[0][0]}"
        return Measure.missing(measure.unit, reason, n=measure.n, warnings=measure.warnings)
    error = float(np.hypot(_root_mean_square(changes), measure.standard_error or 0.0))
    # A count that no draw changes is not known without error: how well, the draws do not tell.
    return measure.model_copy(update={"standard_error": error or None, "confidence": None})


def _with_errors(events: Sequence[Event], drawn: Sequence[Sequence[Event]]) -> tuple[Event, ...]:
    """Compare each event with the nearest one of its kind and side in every drawn movement."""
    groups = {(each.name, each.side) for each in events}
    changes = {
        group: _changes(_times(events, group), [_times(each, group) for each in drawn])
        for group in groups
    }
    errors = {group: iter(each) for group, each in changes.items()}
    found = []
    for event in events:
        error = np.hypot(next(errors[event.name, event.side]), event.standard_error_s or 0.0)
        known = float(error) if np.isfinite(error) else None
        found.append(event.model_copy(update={"standard_error_s": known}))
    return tuple(found)


def _times(events: Sequence[Event], group: tuple[str, str | None]) -> Array:
    return np.array([each.time_s for each in events if (each.name, each.side) == group])


def _changes(times_s: Array, drawn_s: Sequence[Array]) -> Array:
    """Return the standard error of each time; NaN where too few draws have an event there."""
    squares, counts = np.zeros(len(times_s)), np.zeros(len(times_s))
    limit_s = 0.5 * float(np.diff(times_s).min()) if len(times_s) > 1 else np.inf
    for other_s in drawn_s:
        row, nearest = pair_nearest(times_s, other_s, limit_s)
        squares[row] += (other_s[nearest] - times_s[row]) ** 2
        counts[row] += 1.0
    enough = counts >= max(1.0, LEAST_FOUND * len(drawn_s))
    return np.where(enough, np.sqrt(squares / np.maximum(counts, 1.0)), np.nan)
