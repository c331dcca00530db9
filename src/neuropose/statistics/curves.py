"""Permutation tests of time-normalised curves: where along the movement they differ."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from pydantic import Field, FiniteFloat

from neuropose.data.metadata import Contract, NonNegativeInt
from neuropose.errors import StatisticsError
from neuropose.grammar import counted
from neuropose.statistics.curve_regions import find_runs, heaviest
from neuropose.statistics.curve_statistics import Curves, as_curves
from neuropose.statistics.records import Floats, Level, Missing, Share, Text
from neuropose.statistics.relabelling import Relabelling, relabelling
from neuropose.statistics.samples import check_level, too_few

Inference = Literal["maximum", "cluster"]

_FEW = 6
_ROUNDING = 1e-9


class CurveRegion(Contract):
    """A part of the curves in which they differ by more than a threshold.

    Parameters
    ----------
    first, last : int
        First and last sample, from 0, inclusive. In a circular comparison `last` can be before
        `first`: the region wraps around the end.
    direction : {"higher", "lower"} or None
        Direction of the first curves. None: the curves are vectors.
    peak : float
        Largest value of the statistic in the region.
    peak_sample : int
        Sample with the largest statistic in the region.
    mass : float
        Sum of the statistic's excess over the threshold.
    p_value : float
        P-value, corrected for all samples.
    significant : bool
        Whether the p-value is at most alpha.
    """

    first: NonNegativeInt
    last: NonNegativeInt
    direction: Literal["higher", "lower"] | None
    peak: FiniteFloat
    peak_sample: NonNegativeInt
    mass: FiniteFloat
    p_value: Share
    significant: bool


class CurveTest(Contract):
    """Where two sets of curves differ.

    Parameters
    ----------
    difference : tuple of tuple of float
        Mean of first − second, one tuple per component, one number per sample.
    low, high : tuple of float or None
        Band that contains the whole true difference with probability 1 − `alpha`. None: the curves
        are vectors, or clusters were tested.
    statistic : tuple of float
        One value per sample: t of the difference, or T² of vectors.
    kind : {"t", "T2"}
    threshold : float
        Threshold of the statistic: the critical value, or the level at which clusters begin.
    p_value : float
        P-value of the whole comparison: the smallest one, corrected for all samples.
    p_values : tuple of float or None
        One corrected p-value per sample. None: clusters were tested.
    regions : tuple of CurveRegion
        In the order of their first samples.
    inference : {"maximum", "cluster"}
    alpha : float
        Significance level.
    sizes : tuple of int
        Number of pairs, or the sizes of both groups.
    dropped : int
        Number of curves, or pairs, that were left out because a sample is missing.
    permutations : int
        Number of labellings, including the observed one.
    exact : bool
        Whether these are all possible labellings.
    seed : int or None
        Seed of the random labellings. None: all labellings were used.
    method : str
        How it was computed, with the reference.
    warnings : tuple of str
        What the reader should know before using the values.
    """

    difference: tuple[tuple[FiniteFloat, ...], ...]
    low: tuple[FiniteFloat, ...] | None
    high: tuple[FiniteFloat, ...] | None
    statistic: tuple[FiniteFloat, ...]
    kind: Literal["t", "T2"]
    threshold: FiniteFloat
    p_value: Share
    p_values: tuple[Share, ...] | None
    regions: tuple[CurveRegion, ...]
    inference: Inference
    alpha: Level
    sizes: Annotated[tuple[int, ...], Field(min_length=1)]
    dropped: NonNegativeInt
    permutations: NonNegativeInt
    exact: bool
    seed: int | None
    method: Text
    warnings: tuple[Text, ...] = ()


class _Null(NamedTuple):
    """The statistic of the observed labelling, and of every labelling its largest, or heaviest."""

    observed: Floats
    extremes: Floats


def compare_curves(
    first: ArrayLike,
    second: ArrayLike,
    *,
    paired: bool,
    inference: Inference = "maximum",
    alpha: float = 0.05,
    cluster_p: float = 0.01,
    circular: bool = False,
    permutations: int = 9999,
    seed: int = 0,
    missing: Missing = "raise",
) -> CurveTest:
    """Find where two sets of curves differ, controlling the error over the whole curve.

    Parameters
    ----------
    first, second : array_like, shape (N, T) or (N, T, C)
        One curve per subject, on the same T samples (percent of the cycle). With C components the
        curves are vectors, tested together. NaN: missing.
    paired : bool
        Whether the curves belong together in pairs, both of one subject.
    inference : {"maximum", "cluster"}
        ``maximum``: a sample differs if its statistic is beyond what the largest one anywhere
        reaches by chance; true for every sample. ``cluster``: a run of samples beyond a lower
        threshold differs if it is heavier than the heaviest one by chance; finds long, weak
        differences, but says only that there is one somewhere in the run, not where it begins.
    alpha : float
        Family-wise error rate over the whole curve.
    cluster_p : float
        Two-sided, uncorrected p-value at which clusters begin.
    circular : bool
        Whether the last sample is followed by the first, as in a gait cycle of 0 to 99 %.
    permutations : int
        Number of labellings; all are used if there are no more.
    seed : int
        Seed of the random generator.
    missing : {"raise", "drop"}
        ``drop`` leaves out curves with missing samples, with their pair, and counts them.

    Returns
    -------
    CurveTest

    Raises
    ------
    StatisticsError
        If shapes do not fit, there are too few curves, or something is missing.

    Notes
    -----
    Nichols & Holmes 2002, Hum Brain Mapp 15:1 (maximum statistic; mass of clusters, Bullmore et al.
    1999, IEEE Trans Med Imaging 18:32). Statistics as in statistical parametric mapping of
    biomechanical curves (Pataky 2010, J Biomech 43:1976; Pataky et al. 2015, J Biomech 48:1277):
    paired t; for two groups t with both variances, not pooled (Welch), since patients vary more;
    for vectors Hotelling's T² with the same (co)variances. Tests are two-sided.

    Examples
    --------
    >>> time = np.linspace(0.0, 1.0, 101)
    >>> rng = np.random.default_rng(0)
    >>> controls = 60 * np.sin(np.pi * time) + rng.normal(0, 4, (10, 1))
    >>> patients = controls - 20 * np.exp(-(((time - 0.7) / 0.05) ** 2)) + rng.normal(0, 4, (10, 1))
    >>> test = compare_curves(patients, controls, paired=False)
    >>> [(region.first, region.last, region.direction) for region in test.regions]
    [(63, 77, 'lower')]
    """
    check_level(alpha, "alpha")
    check_level(cluster_p, "cluster_p")
    if inference not in ("maximum", "cluster"):
        raise StatisticsError(f"inference is {inference!r}", hint="give 'maximum' or 'cluster'")
    curves = as_curves(first, second, paired=paired, missing=missing)
    labels = relabelling(curves.first, curves.second, permutations, seed)
    begin = curves.critical(cluster_p)
    null = _null(curves, labels, begin if inference == "cluster" else None, circular=circular)
    threshold = begin if inference == "cluster" else _critical(null.extremes, alpha)
    p_values = None
    if inference == "maximum":
        p_values = tuple(_share_beyond(null.extremes, abs(value)) for value in null.observed)
    regions = _regions(curves, null, threshold, p_values, alpha, circular=circular)
    if p_values is not None:
        smallest = min(p_values)
    else:
        smallest = min((region.p_value for region in regions), default=1.0)
    return _result(curves, labels, null, threshold, smallest, p_values, regions, inference, alpha)


def _null(curves: Curves, labels: Relabelling, begin: float | None, *, circular: bool) -> _Null:
    """Compute the statistic of all labellings; `begin` None: the largest value, not clusters."""
    _, samples, components = curves.values.shape
    observed, extremes = None, []
    for mask in labels.masks(columns=samples * components * (components + 1)):
        found = curves.statistics(mask)
        observed = found[0] if observed is None else observed
        if begin is None:
            extremes.append(np.abs(found).max(axis=1))
        else:
            extremes.append(heaviest(found, begin, signed=curves.scalar, circular=circular))
    assert observed is not None
    return _Null(observed, np.concatenate(extremes))


def _critical(extremes: Floats, alpha: float) -> float:
    """Return the value that at most a share `alpha` exceeds (Nichols & Holmes 2002, section 2)."""
    ranked = np.sort(extremes)[::-1]
    return float(ranked[int(alpha * len(ranked) + _ROUNDING)])


def _share_beyond(extremes: Floats, value: float) -> float:
    return float((extremes >= value * (1.0 - _ROUNDING)).mean())


def _regions(
    curves: Curves,
    null: _Null,
    threshold: float,
    p_values: tuple[float, ...] | None,
    alpha: float,
    *,
    circular: bool,
) -> tuple[CurveRegion, ...]:
    regions = []
    signs = {"higher": 1.0, "lower": -1.0} if curves.scalar else {None: 1.0}
    samples = np.arange(len(null.observed))
    # What is equal to the threshold but for rounding is not beyond it.
    beyond = threshold * (1.0 + _ROUNDING)
    for direction, sign in signs.items():
        runs = find_runs(sign * null.observed[None], beyond, circular=circular)
        for first, last, mass in zip(runs.first, runs.last, runs.masses, strict=True):
            inside = samples[first : last + 1]
            if last < first:
                inside = np.concatenate([samples[first:], samples[: last + 1]])
            peak = int(inside[np.argmax(sign * null.observed[inside])])
            p = _share_beyond(null.extremes, mass) if p_values is None else p_values[peak]
            regions.append(
                CurveRegion(
                    first=int(first),
                    last=int(last),
                    direction=direction,
                    peak=float(null.observed[peak]),
                    peak_sample=peak,
                    mass=float(mass),
                    p_value=p,
                    significant=p <= alpha,
                )
            )
    return tuple(sorted(regions, key=lambda region: region.first))


def _result(
    curves: Curves,
    labels: Relabelling,
    null: _Null,
    threshold: float,
    smallest: float,
    p_values: tuple[float, ...] | None,
    regions: tuple[CurveRegion, ...],
    inference: Inference,
    alpha: float,
) -> CurveTest:
    means, covariance = curves.moments(next(labels.masks())[:1])
    low = high = None
    if curves.scalar and inference == "maximum":
        half = threshold * np.sqrt(np.maximum(covariance[0, :, 0, 0], 0.0))
        low, high = tuple(means[0, :, 0] - half), tuple(means[0, :, 0] + half)
    sizes = (curves.first, curves.second) if curves.second else (curves.first,)
    warnings = list(too_few(min(sizes), _FEW, "curves of a group" if curves.second else "pairs"))
    if (still := int(curves.still.sum())) > 0:
        warnings.append(
            f"nothing varies at {counted(still, 'sample')}: no difference is found there"
        )
    if labels.total * alpha < 1.0:
        warnings.append(f"{labels.total} labellings are too few for a p-value of {alpha:g}")
    design = "exchanged pairs" if not curves.second else "permuted groups"
    drawn = "all labellings" if labels.exact else "random labellings"
    what = "maximum statistic" if inference == "maximum" else "mass of clusters"
    return CurveTest(
        difference=tuple(tuple(component) for component in means[0].T),
        low=low,
        high=high,
        statistic=tuple(null.observed),
        kind="t" if curves.scalar else "T2",
        threshold=threshold,
        p_value=smallest,
        p_values=p_values,
        regions=regions,
        inference=inference,
        alpha=alpha,
        sizes=sizes,
        dropped=curves.dropped,
        permutations=labels.total,
        exact=labels.exact,
        seed=labels.seed,
        method=f"{what} (Nichols & Holmes 2002), {design}, {drawn}",
        warnings=tuple(warnings),
    )
