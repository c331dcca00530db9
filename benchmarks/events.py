"""Contacts and foot offs against force plates, laboratory by laboratory.

Run: ``python -m benchmarks.events FOLDER``. The folder holds C3D files with force plates, and TRC
files with ground reactions beside them (``NAME_grf.mot``). A treadmill trial is fetched through the
package index. Every method is compared with the same truth: 20 N, see `plate_contacts`. gaitkit's
methods are run if it is installed.

Standard errors are judged on the recordings as they are, and with fewer frames and added noise.
The shares that time the events are also chosen anew without each laboratory, from a grid, and that
laboratory is timed with what the others chose: the second table.
"""

from __future__ import annotations

import argparse
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np

from benchmarks import marker_trials
from neuropose.analyzer import PoseSequence, analyze_gait
from neuropose.analyzer.tasks.gait import GaitAnalysis, GaitSettings
from neuropose.analyzer.tasks.gait.foot_events.plate_contacts import PlateContact, plate_contacts
from neuropose.errors import NeuroPoseError
from neuropose.io import read_c3d, read_trc
from neuropose.io.force_plates import read_force_plates

KINDS = ("initial_contact", "foot_off")
SIDES = ("left", "right")
_NEAR_S = 0.25
_EDGE_S = 0.2  # where a recording begins or ends, no method can see the event whole
_CONTACT_SHARES = (0.05, 0.1, 0.2, 0.3, 0.5)
_FOOT_OFF_SHARES = (0.5, 0.66, 0.75, 0.8, 0.9)
_WORSE = ((50.0, 0.0), (25.0, 0.0), (None, 5.0), (None, 10.0), (30.0, 5.0), (30.0, 10.0))
"""Frames a second (None: as they are) and noise on every coordinate, mm."""
Events = dict[tuple[str, str], np.ndarray]


def _both(**markers: str) -> dict[str, list[str]]:
    """Return markers of both sides; @ stands for L and R."""
    return {
        f"{side}_{joint}": [name.replace("@", side[0].upper()) for name in names.split()]
        for joint, names in markers.items()
        for side in SIDES
    }


@dataclass(frozen=True)
class Laboratory:
    """Files of one laboratory, and the markers that its names do not tell."""

    name: str
    files: tuple[str, ...]
    markers: dict[str, list[str]] | None = None
    up: tuple[float, float, float] | None = None


LABORATORIES = (
    Laboratory("children (HC)", ("HC*.c3d",)),
    Laboratory(
        "Fukuchi",
        ("fukuchi_*.c3d",),
        _both(
            heel="@.Heel",
            toe="@.MT1 @.MT5",
            ankle="@.Ankle",
            knee="@.Knee",
            asis="@.ASIS",
            psis="@.PSIS",
        ),
    ),
    Laboratory(
        "Qualisys",
        ("Qualisys.c3d",),
        _both(
            heel="@_FCC",
            toe="@_FM1 @_FM5",
            ankle="@_FAL @_TAM",
            knee="@_FLE @_FME",
            asis="@_IAS",
            psis="@_IPS",
        ),
        (0.0, 0.0, 1.0),
    ),
    Laboratory("Cortex", ("evart_gait.c3d",), _both(asis="@ASI", psis="VSAC")),
    Laboratory("Plug-in Gait", ("PiG_Motion3_FF.c3d",)),
    Laboratory("flat foot", ("PiG_Motion-FlatFoot-One.c3d",)),
    Laboratory(
        "Rajagopal",
        ("motion_capture_walk.trc",),
        _both(
            heel="@.Heel",
            toe="@.Toe",
            ankle="@.Ankle",
            knee="@.Knee",
            asis="@.ASIS",
            psis="@.PSIS",
        ),
    ),
    Laboratory(
        "Gait2392",
        ("subject01_walk1.trc",),
        _both(
            heel="@.Heel",
            toe="@.Toe.Tip",
            ankle="@.Heel @.Midfoot.Lat",
            knee="@.Thigh.Rear @.Shank.Upper",
            hip="@.ASIS V.Sacral",
        ),
    ),
)


@dataclass(frozen=True)
class Trial:
    """A walk and when each foot stood on a plate alone."""

    laboratory: str
    name: str
    walk: PoseSequence
    contacts: tuple[PlateContact, ...]


@dataclass
class Score:
    """Errors against plates: of events by kind, of stance and double support; all in ms or %."""

    errors_ms: dict[str, list[float]]
    stance_ms: list[float]
    double_support_percent: list[float]
    true: int = 0
    false: int = 0

    @classmethod
    def empty(cls) -> Score:
        return cls({kind: [] for kind in KINDS}, [], [])

    def add(self, other: Score) -> None:
        for kind in KINDS:
            self.errors_ms[kind] += other.errors_ms[kind]
        self.stance_ms += other.stance_ms
        self.double_support_percent += other.double_support_percent
        self.true += other.true
        self.false += other.false


def load(folder: Path) -> list[Trial]:
    """Read every walk that can be read; say what cannot."""
    trials = [_trial("gaitalytics", marker_trials.trial(marker_trials.TREADMILL), None, None)]
    for laboratory in LABORATORIES:
        for path in sorted(each for glob in laboratory.files for each in folder.glob(glob)):
            try:
                trials.append(_trial(laboratory.name, path, laboratory.markers, laboratory.up))
            except NeuroPoseError as error:
                print(f"{path.name} is left out: {error}")
    return trials


def _trial(
    laboratory: str,
    path: Path,
    markers: dict[str, list[str]] | None,
    up: tuple[float, float, float] | None,
) -> Trial:
    recording = (read_c3d if path.suffix.lower() == ".c3d" else read_trc)(path)
    if up is not None:
        recording = recording.model_copy(update={"up": up})
    walk = PoseSequence.from_recording(recording, markers=markers)
    beside = path.with_name(f"{path.stem}_grf.mot")
    plates = read_force_plates(beside if beside.exists() else path)
    heels, toes = (
        {side: walk.joint(f"{side}_{point}") for side in SIDES} for point in ("heel", "toe")
    )
    contacts, _ = plate_contacts(plates, walk.time_s, heels, toes, np.array(walk.up))
    return Trial(laboratory, path.name, walk, contacts)


def compare(trial: Trial, events: Events) -> Score:
    """Compare events with plates: nearest first, within a quarter of a second."""
    score = Score.empty()
    last_s = float(trial.walk.time_s[-1])
    errors: dict[tuple[int, str], float] = {}
    for number, step in enumerate(trial.contacts):
        for kind, time_s in zip(KINDS, (step.contact_s, step.foot_off_s), strict=True):
            if not _EDGE_S < time_s < last_s - _EDGE_S:
                continue
            score.true += 1
            apart = events.get((step.side, kind), np.empty(0)) - time_s
            near = np.abs(apart) < _NEAR_S
            score.false += max(0, int(near.sum()) - 1)
            if near.any():
                errors[number, kind] = 1000.0 * float(apart[np.argmin(np.abs(apart))])
                score.errors_ms[kind].append(errors[number, kind])
    for number, step in enumerate(trial.contacts):
        own = [errors.get((number, kind)) for kind in KINDS]
        if None not in own:
            score.stance_ms.append(own[1] - own[0])
        for later, after in enumerate(trial.contacts):
            lasts_ms = 1000.0 * (step.foot_off_s - after.contact_s)
            ends = errors.get((number, KINDS[1])), errors.get((later, KINDS[0]))
            if after.side != step.side and 0.0 < lasts_ms < 600.0 and None not in ends:
                score.double_support_percent.append(100.0 * (ends[0] - ends[1]) / lasts_ms)
    return score


def found(analysis: GaitAnalysis) -> Events:
    return {
        (side, kind): np.array(
            [e.time_s for e in analysis.events if e.side == side and e.kind == kind]
        )
        for side, kind in product(SIDES, KINDS)
    }


def plain_zeni(analysis: GaitAnalysis) -> Events:
    return {
        (side, kind): np.array(
            [e.zeni_s for e in analysis.events if e.side == side and e.kind == kind]
        )
        for side, kind in product(SIDES, KINDS)
    }


def gaitkit(method: str) -> Callable[[GaitAnalysis], Events] | None:
    """Return a method of gaitkit, None without gaitkit."""
    try:
        import gaitkit as peer
    except ImportError:
        return None

    def detect(analysis: GaitAnalysis) -> Events:
        frames, start_s, rate_hz = _gaitkit_frames(analysis)
        if method == "ensemble":
            result = peer.detect_ensemble(frames, fps=rate_hz)
        else:
            result = peer.detect(frames, method=method, fps=rate_hz)
        times: Events = {}
        for side, (kind, name) in product(SIDES, zip(KINDS, ("hs", "to"), strict=True)):
            each = getattr(result, f"{side}_{name}")
            times[side, kind] = start_s + np.array(
                [event["time"] if isinstance(event, dict) else event.time for event in each]
            )
        return times

    return detect


def _gaitkit_frames(analysis: GaitAnalysis) -> tuple[list[dict[str, object]], float, float]:
    walk = analysis.walk
    assert walk is not None
    prepared = walk.prepared
    up, forward = np.array(prepared.vertical.up), np.nanmean(prepared.heading.forward, axis=0)
    axes = np.stack([forward, np.cross(up, forward), up])
    raw = prepared.raw
    points = {
        joint: np.nan_to_num(raw.joint(joint) @ axes.T)
        for part in ("hip", "knee", "ankle", "heel", "toe")
        for joint in (f"left_{part}", f"right_{part}")
        if raw.has(joint)
    }
    angles = {
        f"{side}_{joint}_angle": 0.0 for side in SIDES for joint in ("hip", "knee", "ankle")
    } | {"trunk_angle": 0.0, "pelvis_tilt": 0.0}
    frames: list[dict[str, object]] = [
        {
            "frame_index": number,
            **angles,
            "landmark_positions": {joint: list(at[number]) for joint, at in points.items()},
            "is_valid": 1,
        }
        for number in range(len(prepared.time_s))
    ]
    return frames, float(prepared.time_s[0]), prepared.rate_hz


def table(title: str, scores: dict[str, Score]) -> None:
    """Print one row a laboratory, and all together."""
    everything = Score.empty()
    for score in scores.values():
        everything.add(score)
    print(f"\n{title}")
    print(
        f"{'':16}{'contacts':>9} {'median':>7} {'SD':>5} {'<20':>5} {'<50':>5}"
        f"{'foot offs':>11} {'median':>7} {'SD':>5} {'<20':>5} {'<50':>5}"
        f"{'stance':>8}{'double s.':>10}{'missed':>8}{'false':>6}"
    )
    for name, score in {**scores, "all": everything}.items():
        cells = f"{name:16}"
        for kind, width in zip(KINDS, (9, 11), strict=True):
            errors = np.array(score.errors_ms[kind])
            if not len(errors):
                cells += f"{0:{width}}{'':26}"
                continue
            cells += (
                f"{len(errors):{width}} {np.median(errors):+7.0f} {errors.std():5.0f} "
                + " ".join(f"{100 * (np.abs(errors) < ms).mean():4.0f}%" for ms in (20, 50))
            )
        missed = score.true - sum(len(each) for each in score.errors_ms.values())
        print(
            f"{cells}{_mean(score.stance_ms):+6.0f}ms{_mean(score.double_support_percent):+8.1f} %"
            f"{missed:8}{score.false:6}"
        )


def smoothed(trials: list[Trial]) -> None:
    """Print how fast the force rises in each laboratory: smoothed forces are a worse truth."""
    rises: dict[str, list[float]] = defaultdict(list)
    for trial in trials:
        rises[trial.laboratory] += [1000.0 * contact.rise_s for contact in trial.contacts]
    print("\nms from 20 to 50 N (median), where the threshold is 20 N")
    for name, values in rises.items():
        print(f"{name:16} {np.nanmedian(values):5.1f}")


def _mean(values: list[float]) -> float:
    return float(np.mean(values)) if values else float("nan")


def worse(trials: list[Trial]) -> Iterable[tuple[Trial, GaitAnalysis]]:
    """Analyse every walk again with fewer frames and added noise."""
    for (rate_hz, noise_mm), (number, trial) in product(_WORSE, enumerate(trials)):
        walk = trial.walk if rate_hz is None else trial.walk.resample(rate_hz)
        noise = np.random.default_rng(number).normal(0.0, noise_mm, walk.positions_mm.shape)
        analysis = analyze_gait(walk.with_positions(walk.positions_mm + noise))
        if analysis.walk:
            yield trial, analysis


def coverage(title: str, pairs: Iterable[tuple[Trial, GaitAnalysis]]) -> None:
    """Print how often intervals of ±1.96 standard errors cover, and whether the errors order."""
    ratios: dict[str, list[float]] = defaultdict(list)
    events: list[tuple[float, float]] = []
    for trial, analysis in pairs:
        last_s = float(trial.walk.time_s[-1])
        known = {}
        for number, step in enumerate(trial.contacts):
            for kind, time_s in zip(KINDS, (step.contact_s, step.foot_off_s), strict=True):
                near = [
                    event
                    for event in analysis.events
                    if (event.side, event.kind) == (step.side, kind)
                    and abs(event.time_s - time_s) < _NEAR_S
                ]
                if near and _EDGE_S < time_s < last_s - _EDGE_S:
                    event = min(near, key=lambda each, at=time_s: abs(each.time_s - at))
                    known[number, kind] = event, time_s
                    error_s = event.time_s - time_s
                    ratios[kind].append(error_s / event.standard_error_s)
                    events.append((event.standard_error_s, abs(error_s)))
        for (number, kind), (event, time_s) in known.items():
            for (later, kind_later), (after, after_s) in known.items():
                off_s = (after.time_s - event.time_s) - (after_s - time_s)
                apart_s = after_s - time_s
                own_s = float(np.hypot(event.random_s, after.random_s))
                again = kind == kind_later == KINDS[0] and event.side == after.side
                if again and later != number and 0.5 < apart_s < 2.0:
                    ratios["stride time"].append(off_s / own_s)
                crossed = (kind, kind_later) == KINDS and event.side != after.side
                if crossed and 0.0 < apart_s < 0.6:
                    shared_s = float(np.hypot(event.systematic_s, after.systematic_s))
                    ratios["double support"].append(off_s / np.hypot(own_s, shared_s))
    print(f"\nintervals of ±1.96 standard errors cover, {title}")
    for name, values in ratios.items():
        share = 100.0 * float((np.abs(values) < 1.96).mean())
        print(f"{name:16} {share:4.0f} % of {len(values)}")
    sizes, errors = np.array(events).T
    above = sizes > np.median(sizes)
    halves = [1000.0 * np.sqrt(np.mean(errors[part] ** 2)) for part in (~above, above)]
    print("errors below and above the median standard error: {:.1f} and {:.1f} ms".format(*halves))


def score_all(trials: Iterable[tuple[Trial, Events]]) -> dict[str, Score]:
    scores: dict[str, Score] = defaultdict(Score.empty)
    for trial, events in trials:
        scores[trial.laboratory].add(compare(trial, events))
    return dict(scores)


def left_out(trials: list[Trial]) -> dict[str, Score]:
    """Choose the shares without each laboratory, and time that laboratory with them."""
    scored = {}
    for contact, foot_off in zip(_CONTACT_SHARES, _FOOT_OFF_SHARES, strict=True):
        settings = GaitSettings(toe_fall_share=contact, foot_off_share=foot_off)
        scored[contact, foot_off] = score_all(
            (trial, found(analyze_gait(trial.walk, settings))) for trial in trials
        )
    names = list(next(iter(scored.values())))
    result = {}
    for name in names:
        chosen = Score.empty()
        shares = []
        for number, kind in enumerate(KINDS):
            best = min(scored, key=lambda each: _bias(scored[each], kind, without=name))
            shares.append(best[number])
            chosen.errors_ms[kind] = scored[best][name].errors_ms[kind]
            chosen.true += len(chosen.errors_ms[kind])
        result[f"{name} {shares[0]:g} {shares[1]:g}"] = chosen
    return result


def _bias(scores: dict[str, Score], kind: str, *, without: str) -> float:
    medians = [
        np.median(score.errors_ms[kind])
        for name, score in scores.items()
        if name != without and score.errors_ms[kind]
    ]
    return float(abs(np.mean(medians)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    warnings.simplefilter("ignore")
    trials = load(parser.parse_args().folder)
    analyses = [(trial, analyze_gait(trial.walk)) for trial in trials]
    methods: dict[str, Callable[[GaitAnalysis], Events] | None] = {
        "NeuroPose": found,
        "plain Zeni": plain_zeni,
        "gaitkit bike": gaitkit("bike"),
        "gaitkit ensemble": gaitkit("ensemble"),
    }
    for name, method in methods.items():
        if method is None:
            print(f"\n{name}: gaitkit is not installed")
            continue
        table(
            name,
            score_all((trial, method(analysis)) for trial, analysis in analyses if analysis.walk),
        )
    smoothed(trials)
    usable = [(trial, analysis) for trial, analysis in analyses if analysis.walk]
    coverage("recordings as they are", usable)
    coverage("and with fewer frames and noise", [*usable, *worse(trials)])
    table("NeuroPose, shares chosen without the laboratory", left_out(trials))


if __name__ == "__main__":
    main()
