"""A measure whose error exceeds what it is good for is not given as a number."""

from __future__ import annotations

from collections.abc import Mapping

from neuropose.analyzer.bounds import bounds_of, within_bounds
from neuropose.analyzer.kinematics.orientation.camera_view import View
from neuropose.analyzer.limits import (
    BASES,
    TOLD_FROM_NOTHING,
    limit_of,
    not_given,
    remedy,
    seen_from,
)
from neuropose.analyzer.prepared import prepare_recording
from neuropose.data import Measure
from neuropose.errors import AnalyzerError
from neuropose.filters import Preparation
from neuropose.sequence.data import ReferenceFrame
from neuropose.sequence.pose_sequence import PoseSequence

TWO_SIDED = 1.96
"""Standard errors on either side of a value, within which the truth is in 95 % of the cases."""


class Judge:
    """Tells which measures of a recording are known well enough.

    Parameters
    ----------
    task : str
        As the report names it.
    recording : PoseSequence
        The recording that was measured.
    """

    def __init__(self, task: str, recording: PoseSequence) -> None:
        self._task = task
        in_its_axes = recording.frame is ReferenceFrame.CAMERA
        self._one_camera = in_its_axes or recording.position_error.one_camera
        self._seen_from = seen_from(recording)
        self._view = _view(recording) if self._one_camera else None
        self._recording = recording

    def judged(self, name: str, measure: Measure) -> Measure:
        """Return the measure with its interval, and without its value if its error is too large.

        Parameters
        ----------
        name : str
            Of the measure.
        measure : Measure
            With its standard error.

        Returns
        -------
        Measure
        """
        value, error = measure.value, measure.standard_error
        if value is None or error is None:
            return measure
        around = (value - TWO_SIDED * error, value + TWO_SIDED * error)
        bounds = bounds_of(name, measure.unit)
        if measure.unit == "deg" and value > bounds[1]:
            return Measure.missing(
                measure.unit,
                f"it would be {value:.0f}°, and a joint has at most {bounds[1]:g}°: left and right "
                "or front and back may be exchanged",
                n=measure.n,
                warnings=measure.warnings,
            )
        interval = within_bounds(around, value, bounds)
        limit = limit_of(self._task, name, measure.unit)
        if not limit.exceeded_by(value, error):
            return measure.model_copy(update={"interval": interval})
        unit = "" if measure.unit == "1" else f" {measure.unit}"
        good_for = str(limit) if limit.is_share else f"{limit}{unit}"
        reason = f"its standard error is above {good_for}, the most that it is good for"
        if self._one_camera:
            given = not_given(self._recording, name, measure.unit)
            reason = f"{reason}; {remedy(limit.plane, self._view, given)}"
        reason = f"cannot be told from {self._seen_from}: {reason}"
        return Measure(
            value=None,
            unit=measure.unit,
            n=measure.n,
            standard_error=error,
            interval=interval,
            warnings=measure.warnings,
            reason=reason,
        )


def with_basis(task: str, measures: Mapping[str, Measure]) -> dict[str, Measure]:
    """Take away the values of what is counted or timed in a movement that may be none.

    Parameters
    ----------
    task : str
        As the report names it.
    measures : mapping of str to Measure
        With their standard errors.

    Returns
    -------
    dict of str to Measure

    Examples
    --------
    >>> still = Measure(value=18.0, unit="mm", n=64, standard_error=8.6)
    >>> rate = Measure(value=2.1, unit="Hz", n=63, standard_error=0.4)
    >>> with_basis("repetitions", {"amplitude": still, "rate": rate})["rate"].reason
    'the amplitude, 18 ± 8.6 mm, is not told from nothing'
    """
    basis = BASES.get(task)
    size = None if basis is None else measures.get(basis.measure)
    if basis is None or size is None or size.value is None or size.standard_error is None:
        return dict(measures)
    if size.value >= TOLD_FROM_NOTHING * size.standard_error:
        return dict(measures)
    reason = (
        f"the {basis.measure.replace('_', ' ')}, {size.value:.3g} ± {size.standard_error:.2g} "
        f"{size.unit}, is not told from nothing"
    )
    return {
        name: Measure.missing(each.unit, reason, n=each.n, warnings=each.warnings)
        if name in basis.others and each.value is not None
        else each
        for name, each in measures.items()
    }


def _view(recording: PoseSequence) -> View | None:
    try:
        without_draws = recording.with_positions(recording.positions_mm)
        seen = prepare_recording(without_draws, Preparation()).viewpoint
    except AnalyzerError:
        return None
    return None if seen is None else seen.during()
