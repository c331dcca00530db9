"""The field's statistics of two ways to record the same movements, clustered by subject."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.tasks.gait import STRIDE_MEASURES
from neuropose.analyzer.tasks.gait.foot_events.find import KINDS
from neuropose.errors import StatisticsError
from neuropose.statistics import bland_altman, compare_curves, icc
from neuropose.statistics.clustered import clustered_mean, clustered_sd, clustered_share
from neuropose.statistics.records import Estimate
from neuropose.study.validation.compared_pair import POINTS, AnglePair, ComparedPair

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]
Names = NDArray[np.object_]

ALL = "all"
"""Stands for all subjects together."""

_WITHIN_S = (0.02, 0.05)
_Z95 = 1.96
_LEAST_BAND = 6  # subjects; fewer have too few labellings for a band
_LEAST_CLUSTERS = 3
_NEARLY_ONE = 1.0 - 1e-9


@dataclass(frozen=True)
class Result:
    """One number of a validation.

    Parameters
    ----------
    what : {"event", "measure", "angle"}
    name : str
        Which event, measure or angle.
    subject : str
        Whose, or `ALL`.
    statistic : str
        ``bias``, ``icc``, ``rmse`` …
    unit : str
        ``1`` for a dimensionless number.
    estimate : Estimate
        The number with its 95 % interval, or the reason why there is none.
    """

    what: str
    name: str
    subject: str
    statistic: str
    unit: str
    estimate: Estimate


def event_results(pairs: Sequence[ComparedPair]) -> Iterator[Result]:
    """Compute errors of events, and how many are found.

    Parameters
    ----------
    pairs : sequence of ComparedPair
        Movements that were recorded twice.

    Yields
    ------
    Result
        ``bias`` and ``sd`` of the errors (test less reference), ``within_20_ms``,
        ``within_50_ms``, ``precision``, ``recall``, and ``interval_covers``: the share of 95 %
        intervals of the test that hold the reference.
    """
    for kind in KINDS:
        errors = [(p.subject, e) for p in pairs for e in p.events if e.kind == kind]
        subjects = np.array([subject for subject, _ in errors], dtype=object)
        error_ms = 1000.0 * np.array([event.error_s for _, event in errors], dtype=np.float64)
        known = [(s, e) for s, e in errors if e.standard_error_s is not None]
        flags: dict[str, tuple[Bools, Names]] = {
            f"within_{1000 * limit_s:.0f}_ms": (np.abs(error_ms) <= 1000.0 * limit_s, subjects)
            for limit_s in _WITHIN_S
        }
        for name, told in (("precision", "found"), ("recall", "true")):
            flags[name] = _flags(pairs, told, kind)
        flags["interval_covers"] = (
            np.array([abs(e.error_s) <= _Z95 * (e.standard_error_s or 0.0) for _, e in known]),
            np.array([subject for subject, _ in known], dtype=object),
        )

        def found(
            statistic: str, unit: str, whose: str, estimate: Estimate, kind: str = kind
        ) -> Result:
            return Result("event", kind, whose, statistic, unit, estimate)

        for whose in _subjects(pairs):
            mine = _of(subjects, whose)
            own_ms, own = error_ms[mine], subjects[mine]
            yield found("bias", "ms", whose, clustered_mean(own_ms, own))
            yield found("sd", "ms", whose, _spread(own_ms, own))
            for statistic, (hits, hit_subjects) in flags.items():
                those = _of(hit_subjects, whose)
                share = clustered_share(hits[those], hit_subjects[those])
                yield found(statistic, "%", whose, _percent(share))


def measure_results(pairs: Sequence[ComparedPair]) -> Iterator[Result]:
    """Compute the agreement of spatiotemporal measures, stride by stride.

    Parameters
    ----------
    pairs : sequence of ComparedPair
        Movements that were recorded twice.

    Yields
    ------
    Result
        Means of both, ``bias`` and limits of agreement (Bland & Altman) of strides, clustered by
        subject, and ``icc``, ICC(2,1) of the subjects' means.
    """
    for name, definition in STRIDE_MEASURES.items():
        rows = [
            (pair.subject, stride.test[name], stride.reference[name])
            for pair in pairs
            for stride in pair.strides
            if np.isfinite(stride.test[name]) and np.isfinite(stride.reference[name])
        ]
        subjects = np.array([row[0] for row in rows], dtype=object)
        test, reference = (np.array([row[n] for row in rows], np.float64) for n in (1, 2))

        def found(
            statistic: str, whose: str, estimate: Estimate, unit: str, name: str = name
        ) -> Result:
            return Result("measure", name, whose, statistic, unit, estimate)

        for whose in _subjects(pairs):
            mine = _of(subjects, whose)
            own = subjects[mine]
            for which, values in (("mean_test", test[mine]), ("mean_reference", reference[mine])):
                yield found(which, whose, clustered_mean(values, own), definition.unit)
            for statistic, estimate in agreement(test[mine], reference[mine], own).items():
                yield found(statistic, whose, estimate, definition.unit)
        yield found("icc", ALL, _icc(test, reference, subjects), "1")


def agreement(test: Array, reference: Array, subjects: Names) -> dict[str, Estimate]:
    """Compute bias and limits of agreement, clustered by subject where there are three or more.

    Parameters
    ----------
    test, reference : ndarray, shape (N,)
        Values of either, pair by pair.
    subjects : ndarray, shape (N,)
        Subject of each pair.

    Returns
    -------
    dict of str to Estimate
        ``bias``, ``lower_limit`` and ``upper_limit``, with their intervals; without values if
        there are fewer than 3 pairs.

    Examples
    --------
    >>> test, reference = np.array([1.0, 2.0, 3.1]), np.array([1.0, 2.1, 3.0])
    >>> found = agreement(test, reference, np.array(["a", "b", "c"], dtype=object))
    >>> round(found["bias"].value, 3) + 0.0
    0.0
    """
    names = ("bias", "lower_limit", "upper_limit")
    clusters = len(set(subjects.tolist()))
    try:
        found = bland_altman(
            test, reference, subjects=subjects if clusters >= _LEAST_CLUSTERS else None
        )
    except StatisticsError as error:
        missing = _none(len(test), "limits of agreement (Bland & Altman)", error.message)
        return dict.fromkeys(names, missing)
    estimates = dict(zip(names, (found.bias, found.lower, found.upper), strict=True))
    if clusters < _LEAST_CLUSTERS < len(test):
        warning = (
            f"pairs of {clusters} subject(s), taken as independent: the interval is too narrow"
        )
        estimates = {
            name: each.model_copy(update={"warnings": (*each.warnings, warning)})
            for name, each in estimates.items()
        }
    return estimates


def angle_results(pairs: Sequence[ComparedPair]) -> Iterator[Result]:
    """Compute how joint angles differ, stride by stride.

    Parameters
    ----------
    pairs : sequence of ComparedPair
        Movements that were recorded twice.

    Yields
    ------
    Result
        ``rmse``, ``rmse_centred`` (without the difference of the means), ``bias``,
        ``range_difference``, all in degrees, and ``correlation``, each a mean over strides, in
        which every subject counts once.
    """
    for name, found in _angles(pairs).items():
        subjects = np.array([subject for subject, _ in found], dtype=object)
        numbers = {
            statistic: np.array([compute(pair) for _, pair in found], np.float64)
            for statistic, compute in _ANGLE_STATISTICS.items()
        }
        for whose in _subjects(pairs):
            mine = _of(subjects, whose)
            for statistic, values in numbers.items():
                if statistic == "correlation":
                    estimate, unit = _mean_correlation(values[mine], subjects[mine]), "1"
                else:
                    estimate, unit = clustered_mean(values[mine], subjects[mine]), "deg"
                yield Result("angle", name, whose, statistic, unit, estimate)


@dataclass(frozen=True, eq=False)
class CurveDifference:
    """Where in the stride an angle differs: test less reference, at `POINTS` samples.

    Parameters
    ----------
    name : str
        Which angle.
    subjects : int
        Number of subjects.
    mean_deg, lower_deg, upper_deg : ndarray, shape (POINTS,)
        Mean difference, and the limits that hold 95 % of the differences at each sample.
    low_deg, high_deg : ndarray or None
        Band that holds the whole true mean difference with 95 %. None: too few subjects.
    """

    name: str
    subjects: int
    mean_deg: Array
    lower_deg: Array
    upper_deg: Array
    low_deg: Array | None
    high_deg: Array | None


def curve_differences(pairs: Sequence[ComparedPair]) -> Iterator[CurveDifference]:
    """Compute the difference of angles over the stride.

    Parameters
    ----------
    pairs : sequence of ComparedPair
        Movements that were recorded twice.

    Yields
    ------
    CurveDifference
        For each angle of strides.
    """
    for name, found in _angles(pairs).items():
        cycles = [(subject, pair) for subject, pair in found if pair.is_cycle]
        if len(cycles) < 2:
            continue
        subjects = np.array([subject for subject, _ in cycles], dtype=object)
        test, reference = (
            np.stack([getattr(pair, part) for _, pair in cycles])
            for part in ("test_deg", "reference_deg")
        )
        names = sorted(set(subjects.tolist()))
        means = [
            np.stack([values[subjects == each].mean(axis=0) for each in names])
            for values in (test, reference)
        ]
        difference = test - reference
        mean_deg = (means[0] - means[1]).mean(axis=0)
        sd = np.array([clustered_sd(difference[:, n], subjects) for n in range(POINTS)])
        low_deg = high_deg = None
        if len(names) >= _LEAST_BAND:
            band = compare_curves(*means, paired=True)
            if band.low is not None and band.high is not None:
                low_deg, high_deg = np.array(band.low), np.array(band.high)
        lower_deg, upper_deg = mean_deg - _Z95 * sd, mean_deg + _Z95 * sd
        yield CurveDifference(name, len(names), mean_deg, lower_deg, upper_deg, low_deg, high_deg)


def _rmse(pair: AnglePair) -> float:
    return float(np.sqrt(np.mean((pair.test_deg - pair.reference_deg) ** 2)))


def _centred(pair: AnglePair) -> float:
    return float(np.std(pair.test_deg - pair.reference_deg))


def _bias(pair: AnglePair) -> float:
    return float(np.mean(pair.test_deg - pair.reference_deg))


def _range(pair: AnglePair) -> float:
    return float(np.ptp(pair.test_deg) - np.ptp(pair.reference_deg))


def _correlation(pair: AnglePair) -> float:
    if not (np.ptp(pair.test_deg) and np.ptp(pair.reference_deg)):
        return float("nan")
    return float(np.corrcoef(pair.test_deg, pair.reference_deg)[0, 1])


_ANGLE_STATISTICS: dict[str, Callable[[AnglePair], float]] = {
    "rmse": _rmse,
    "rmse_centred": _centred,
    "bias": _bias,
    "range_difference": _range,
    "correlation": _correlation,
}


def _angles(pairs: Sequence[ComparedPair]) -> dict[str, list[tuple[str, AnglePair]]]:
    found: dict[str, list[tuple[str, AnglePair]]] = {}
    for pair in pairs:
        for angle in pair.angles:
            found.setdefault(angle.name, []).append((pair.subject, angle))
    return found


def _icc(test: Array, reference: Array, subjects: Names) -> Estimate:
    names = sorted(set(subjects.tolist()))
    means = np.array(
        [[test[subjects == each].mean(), reference[subjects == each].mean()] for each in names]
    )
    try:
        found = icc(means.reshape(-1, 2), "2,1")
    except StatisticsError as error:
        return _none(len(names), "ICC(2,1) of the subjects' means", error.message)
    return Estimate(**{name: getattr(found, name) for name in Estimate.model_fields})


def _mean_correlation(values: Array, subjects: Names) -> Estimate:
    """Return the mean of correlations in Fisher's z, in which an interval cannot leave ±1."""
    found = clustered_mean(np.arctanh(np.clip(values, -_NEARLY_ONE, _NEARLY_ONE)), subjects)
    if found.value is None:
        return found
    interval = found.interval
    if interval is not None:
        bounds = {"low": float(np.tanh(interval.low)), "high": float(np.tanh(interval.high))}
        interval = interval.model_copy(update=bounds)
    value = float(np.tanh(found.value))
    method = f"{found.method}, in Fisher's z"
    return found.model_copy(update={"value": value, "interval": interval, "method": method})


def _flags(pairs: Sequence[ComparedPair], told: str, kind: str) -> tuple[Bools, Names]:
    rows = [(pair.subject, flag) for pair in pairs for flag in getattr(pair, told).get(kind, ())]
    return (
        np.array([flag for _, flag in rows], dtype=bool),
        np.array([subject for subject, _ in rows], dtype=object),
    )


def _spread(values: Array, subjects: Names) -> Estimate:
    method = "√(variance between + within subjects) (Bland & Altman 2007)"
    if len(values) < 2:
        return _none(len(values), method, "fewer than two values")
    return Estimate(value=clustered_sd(values, subjects), n=len(values), method=method)


def _percent(share: Estimate) -> Estimate:
    if share.value is None:
        return share
    interval = share.interval
    if interval is not None:
        bounds: Mapping[str, float] = {"low": 100 * interval.low, "high": 100 * interval.high}
        interval = interval.model_copy(update=dict(bounds))
    return share.model_copy(update={"value": 100.0 * share.value, "interval": interval})


def _none(count: int, method: str, reason: str) -> Estimate:
    return Estimate(value=None, n=count, method=method, reason=reason)


def _subjects(pairs: Sequence[ComparedPair]) -> list[str]:
    return [ALL, *sorted({pair.subject for pair in pairs})]


def _of(subjects: Names, whose: str) -> Bools:
    return np.ones(len(subjects), bool) if whose == ALL else np.asarray(subjects == whose)
