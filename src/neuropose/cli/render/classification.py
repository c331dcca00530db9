"""The validation of a classifier in lines for a person."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from neuropose.cli._console import note
from neuropose.grammar import counted

if TYPE_CHECKING:
    from neuropose.classify import ClassificationReport, ModelCard, Performance, Trials
    from neuropose.statistics import Estimate


_WIDEST = 100
_MOST_NAMES = 20


def note_columns(trials: Trials) -> None:
    """Tell on stderr what is taken as a feature, and which columns are not, and why.

    Parameters
    ----------
    trials : Trials
        Before they are trained on.
    """
    count = len(trials.features)
    what = "trial" if trials.kind == "distances" else "feature"
    some = "distances to " if trials.kind == "distances" else ""
    title = f"{some}{counted(count, what)}: "
    for line in _wrapped(title + ", ".join(trials.features)):
        note(line)
    for line in left_out_lines(trials.left_out):
        note(line)


def left_out_lines(left_out: Mapping[str, str]) -> Iterator[str]:
    """Say which columns are not features, those with the same reason together.

    Parameters
    ----------
    left_out : mapping of str to str
        Columns, and why.

    Yields
    ------
    str
    """
    by_reason: dict[str, list[str]] = {}
    for name, reason in left_out.items():
        by_reason.setdefault(reason, []).append(name or "(no name)")
    for reason, names in by_reason.items():
        few = ", ".join(names[:_MOST_NAMES])
        more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
        yield from _wrapped(f"left out: {few}{more} ({reason})")


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDEST, subsequent_indent="  ", break_on_hyphens=False)


def card_lines(card: ModelCard) -> Iterator[str]:
    """Say what a classifier is, and how well it does on subjects that it has not seen.

    Parameters
    ----------
    card : ModelCard

    Yields
    ------
    str
    """
    report = card.report
    parameters = ", ".join(f"{name} {value:g}" for name, value in card.parameters.items())
    features = counted(len(card.features), "trial" if card.kind == "distances" else "feature")
    yield f"model      {card.settings.model} ({parameters}) of {features}"
    if card.settings.model == "knn-dtw":
        yield f"distances  {_distances(card)}"
    trials, subjects = counted(report.trials, "trial"), counted(report.subjects, "subject")
    yield f"data       {trials} of {subjects}, SHA-256 {report.data_sha256[:12]}…"
    yield from left_out_lines(card.left_out)
    yield f"validated  {card.settings.validation}, {counted(len(report.folds), 'fold')}, by subject"
    yield from _performance_lines(report.by_trial, report)
    if report.by_subject is not None:
        yield from _performance_lines(report.by_subject, report)
    if report.permutation is not None:
        chance = report.permutation
        yield (
            f"chance     p = {chance.p_value:.3g}: labels exchanged {chance.exchanged} gave a mean "
            f"of {chance.mean:.3f} in {counted(chance.permutations, 'permutation')}"
        )
    if report.calibration is not None:
        calibration = report.calibration
        base = calibration.brier_of_base_rate
        yield f"Brier      {_estimate(calibration.brier)}; {base:.3f} without any features"
    else:
        yield f"Brier      none: {report.calibration_reason}"


def _performance_lines(found: Performance, report: ClassificationReport) -> Iterator[str]:
    yield f"by {found.unit:<7} balanced accuracy {_estimate(found.balanced_accuracy)}"
    yield f"           AUC {_estimate(found.auc)}"
    for row, one in enumerate(found.classes):
        yield (
            f"  {one.label}: sensitivity {_estimate(one.sensitivity)}, "
            f"specificity {_estimate(one.specificity)}"
        )
        cells = zip(report.classes, found.confusion[row], strict=True)
        yield f"    taken for {', '.join(f'{name} {count}' for name, count in cells)}"


def _distances(card: ModelCard) -> str:
    if not card.compares_series:
        return "as given in the table"
    dtw = card.settings.dtw
    band = "no band"
    if dtw.band is not None:
        band = f"a band of {100 * dtw.band:g} %"
    elif dtw.band_frames is not None:
        band = f"a band of {counted(dtw.band_frames, 'sample')}"
    return f"DTW of series of {card.samples} samples: {dtw.cost} cost, {dtw.step_pattern}, {band}"


def _estimate(estimate: Estimate) -> str:
    if estimate.value is None:
        return f"none ({estimate.reason})"
    if estimate.interval is None:
        return f"{estimate.value:.3f}"
    interval = estimate.interval
    level = f"{100 * interval.level:g} %"
    return f"{estimate.value:.3f} ({level} {interval.low:.3f} to {interval.high:.3f})"
