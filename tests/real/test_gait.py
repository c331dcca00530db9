"""Real walks: events that others marked, patients, and the woman of the sample clip."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from benchmarks import gait_recordings
from benchmarks.gait_recordings import event_errors
from scipy.signal import find_peaks, savgol_filter
from tests.real.test_sample_clip import woman_rows

from neuropose.analyzer import GaitAnalysis, PoseSequence, analyze_gait, gait_report
from neuropose.data import Report, VideoPredictions

pytestmark = pytest.mark.real


_LEFT = ("left", "initial_contact")


@cache
def analysed(name: str) -> GaitAnalysis:
    walk, _ = gait_recordings.treadmill() if name == "treadmill" else gait_recordings.patient(name)
    return analyze_gait(walk, affected_side="left")


def value(report: Report, name: str) -> float:
    found = report.measures[name].value
    assert found is not None, report.measures[name].reason
    return found


@pytest.fixture(scope="module")
def woman(sample: VideoPredictions) -> Report:
    [track_id] = set(sample.track_ids[woman_rows(sample)].tolist())
    walk = PoseSequence.from_predictions(sample, f"track:{track_id}")
    return gait_report(analyze_gait(walk), predictions=sample.provenance)


class TestTreadmill:
    @pytest.mark.parametrize(
        ("kind", "count", "bias_ms"), [("initial_contact", 22, -2.0), ("foot_off", 21, 4.0)]
    )
    def test_every_marked_event_is_found_and_no_other(
        self, kind: str, count: int, bias_ms: float
    ) -> None:
        _, marked = gait_recordings.treadmill()
        errors = event_errors(analysed("treadmill"), marked, kind)
        assert (errors.marked, errors.found, errors.matched) == (count, count, count)
        assert errors.within(30.0) == 1.0
        assert np.median(errors.errors_ms) == pytest.approx(bias_ms, abs=3.0)
        assert errors.errors_ms.std() < 5.0

    def test_the_speed_of_the_belt(self) -> None:
        analysis = analysed("treadmill")
        assert analysis.ground is not None
        assert analysis.ground.surface.value == "treadmill"
        assert analysis.ground.confidence > 0.98
        # The heel after each marked contact, without any of this analysis.
        walk, marked = gait_recordings.treadmill()
        speeds = np.gradient(walk.joint("left_heel")[:, 1]) * 100.0
        resting = [slice(round(100 * t) + 15, round(100 * t) + 35) for t in marked[_LEFT][:-1]]
        belt_mm_s = float(np.median([np.median(speeds[rest]) for rest in resting]))
        assert 1000.0 * analysis.ground.speed_m_s == pytest.approx(belt_mm_s, rel=0.02)
        speeds_m_s = analysis.values("walking_speed")
        assert np.nanmean(speeds_m_s) == pytest.approx(0.001 * belt_mm_s, rel=0.02)

    def test_phases_are_those_of_the_marked_events(self) -> None:
        _, marked = gait_recordings.treadmill()
        for side in ("left", "right"):
            contacts, offs = marked[side, "initial_contact"], marked[side, "foot_off"]
            strides = list(pairwise(contacts))
            stance = [
                100.0 * (off - start) / (end - start)
                for start, end in strides
                for off in offs
                if start < off < end
            ]
            found = analysed("treadmill").values("stance", side)  # type: ignore[arg-type]
            assert found.mean() == pytest.approx(np.mean(stance), abs=1.5)
            times = analysed("treadmill").values("stride_time", side)  # type: ignore[arg-type]
            assert times.mean() == pytest.approx(np.diff(contacts).mean(), abs=0.003)


class TestPatients:
    def test_parkinson(self) -> None:
        analysis = analysed("parkinson")
        _, marked = gait_recordings.patient("parkinson")
        for kind, within in (("initial_contact", 5.0 / 6.0), ("foot_off", 1.0)):
            errors = event_errors(analysis, marked, kind)
            assert errors.found == errors.matched == errors.marked
            assert errors.within(50.0) >= within
        report = gait_report(analysis)
        contacts = [marked[side, "initial_contact"] for side in ("left", "right")]
        stride_s = np.concatenate([np.diff(each) for each in contacts]).mean()
        assert value(report, "stride_time") == pytest.approx(stride_s, abs=0.02)
        assert value(report, "cadence") == pytest.approx(120.0 / stride_s, abs=0.5)
        assert value(report, "step_length_symmetry_index") == pytest.approx(-31.0, abs=3.0)
        assert value(report, "step_length_symmetry_ratio") < 0.8

    def test_shuffling_contacts_are_doubted(self) -> None:
        """The foot comes down flat: O'Connor's detector confirms hardly a contact."""
        report = gait_report(analysed("parkinson"))
        contacts = [event for event in report.events if event.name == "initial_contact"]
        doubted = [
            event for event in contacts if any("second det" in why for why in event.warnings)
        ]
        assert len(doubted) >= 0.8 * len(contacts)
        assert any("events are flagged" in warning for warning in report.warnings)

    @pytest.mark.parametrize(
        ("name", "cadence", "strides"), [("healthy", 110.8, 2), ("stroke", 118.9, 4)]
    )
    def test_others(self, name: str, cadence: float, strides: int) -> None:
        analysis = analysed(name)
        report = gait_report(analysis)
        assert len(analysis.strides) == strides
        assert value(report, "cadence") == pytest.approx(cadence, abs=0.5)
        assert report.measures["cadence"].warnings[0].startswith("SD and CV of")
        assert np.isfinite(value(report, "step_length_symmetry_index"))

    def test_nothing_but_zeros(self) -> None:
        """The file of a data set without coordinates: every measure says that nobody is there."""
        report = gait_report(analysed("kuopio"))
        assert report.tables["strides"].rows == ()
        reasons = {m.reason for m in report.measures.values()}
        assert reasons == {"the body is missing in every frame, so the vertical is not known"}


class TestSampleClip:
    """A woman walks past the camera to the left; a man does jumping jacks on a roof."""

    def test_cadence_with_the_confidence_of_a_side_view(self, woman: Report) -> None:
        cadence = woman.measures["cadence"]
        assert value(woman, "cadence") == pytest.approx(98.7, abs=2.0)
        assert cadence.n == 5
        assert cadence.sd is not None
        assert cadence.sd < 4.0
        assert 0.2 < (cadence.confidence or 0.0) < 0.6

    def test_her_steps_in_the_picture_are_as_many(
        self, woman: Report, sample: VideoPredictions
    ) -> None:
        """How far her ankles are apart in pixels: no depth, no heading, no events."""
        rows = np.flatnonzero(woman_rows(sample))
        ankles = [sample.skeleton.index(f"{side}_ankle") for side in ("left", "right")]
        apart_px = np.abs(np.diff(sample.poses2d[rows][:, ankles, 0], axis=1)[:, 0])
        smooth_px = savgol_filter(apart_px, 9, 2)
        peaks, _ = find_peaks(smooth_px, distance=10, prominence=0.3 * np.ptp(smooth_px))
        step_s = np.median(np.diff(sample.time_s[sample.frame_index[rows][peaks]]))
        assert len(peaks) >= 6
        assert value(woman, "step_time") == pytest.approx(step_s, abs=0.04)

    def test_knee_range_of_both_legs(self, woman: Report) -> None:
        near, far = (woman.measures[f"knee_flexion_range_{side}"] for side in ("left", "right"))
        assert 45.0 < value(woman, "knee_flexion_range_left") < 75.0
        assert 30.0 < value(woman, "knee_flexion_range_right") < 70.0
        for knee in (near, far):  # one camera: known to some 10°, and said so
            assert 0.05 < (knee.confidence or 0.0) < 0.5
            assert 5.0 < (knee.standard_error or 0.0) < 21.0
        assert woman.choices["left_knee_flexion"].method.startswith("inclusive")

    def test_what_lies_in_depth_is_trusted_least(self, woman: Report) -> None:
        assert woman.choices["view"].method == "one camera, from the side"
        width, time = (woman.measures[name].confidence for name in ("step_width", "stride_time"))
        length = woman.measures["stride_length"].confidence
        assert (width or 0.0) < (length or 0.0) < (time or 0.0)
        assert 0.9 < value(woman, "walking_speed") < 1.5

    def test_jumping_jacks_are_no_walk(self, sample: VideoPredictions) -> None:
        man = gait_report(analyze_gait(PoseSequence.from_predictions(sample, "track:0")))
        cadence = man.measures["cadence"]
        assert cadence.value is None or (cadence.confidence or 0.0) < 0.1
        assert sum(bool(event.warnings) for event in man.events) > 0.8 * len(man.events)
