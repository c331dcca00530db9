"""Repetitions of people whose movement is known, stored with their predictions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from neuropose.analyzer.segmentation import LEAST_PROMINENCE, default_settings, segment, windows
from neuropose.analyzer.signals.repetitions import RepetitionSettings
from neuropose.data import FrameGap, Segmentation, SegmentSignal, VideoPredictions
from neuropose.errors import MissingJointsError, SignalError, SubjectError
from neuropose.filters import Preparation
from neuropose.io import load_video_predictions, save_video_predictions
from neuropose.skeletons import BLAZEPOSE_33, SKELETONS, Skeleton
from neuropose.testing import synthetic_predictions

FPS = 30.0
PERIOD_S = 2.0
WRIST_UP = SegmentSignal(kind="axis", joints=("left_wrist",), axis="y", inverted=True)


def raising(
    times: int = 5,
    *,
    noise_mm: float = 0.0,
    missing: tuple[int, ...] = (),
    time_s: NDArray[np.float64] | None = None,
    people: int = 1,
) -> VideoPredictions:
    """Somebody who stands still and lifts the left hand by 600 mm, some times, 2 s each."""
    frames = round(times * PERIOD_S * FPS) + 1
    time_s = np.arange(frames) / FPS if time_s is None else time_s
    still = synthetic_predictions(frame_count=1, people=people)
    poses3d = np.repeat(still.poses3d[None], len(time_s), axis=0).astype(np.float64)
    lift = 300.0 - 300.0 * np.cos(2 * np.pi * time_s / PERIOD_S)
    for person in range(people):  # everybody later by a quarter of a second
        rolled = np.roll(lift, round(person * 0.25 * FPS))
        for joint in ("wrist", "pinky", "index", "thumb"):
            poses3d[:, person, BLAZEPOSE_33.index(f"left_{joint}"), 1] -= rolled
    poses3d += np.random.default_rng(0).normal(0.0, noise_mm, poses3d.shape)
    poses3d[list(missing)] = np.nan
    rows = len(time_s) * people
    return still.model_copy(
        update={
            "metadata": still.metadata.model_copy(update={"frame_count": len(time_s)}),
            "time_s": time_s,
            "offsets": np.arange(len(time_s) + 1) * people,
            "boxes": np.tile(still.boxes, (len(time_s), 1)),
            "poses3d": poses3d.reshape(rows, 33, 3),
            "poses2d": np.zeros((rows, 33, 2)),
            "confidence": np.ones((rows, 33)),
            "track_ids": np.tile(np.arange(people), len(time_s)),
        }
    )


def found(predictions: VideoPredictions, signal: SegmentSignal, **settings: object) -> Segmentation:
    entry = segment(predictions, signal, name="found", **settings).segmentations["found"]
    assert isinstance(entry, Segmentation)
    return entry


@pytest.mark.parametrize("noise_mm", [0.0, 5.0, 20.0])
def test_every_lift_of_the_hand_is_found(noise_mm: float) -> None:
    entry = found(raising(noise_mm=noise_mm), WRIST_UP)
    assert len(entry.windows) == 5
    peaks_s = PERIOD_S * (np.arange(5) + 0.5)
    np.testing.assert_allclose([each.peak_s for each in entry.windows], peaks_s, atol=0.15)
    np.testing.assert_allclose([each.prominence for each in entry.windows], 600.0, rtol=0.1)
    for number, each in enumerate(entry.windows):
        assert each.start_s == pytest.approx(PERIOD_S * number, abs=0.25)
        assert each.end_s == pytest.approx(PERIOD_S * (number + 1), abs=0.25)
        assert each.start_frame == round(each.start_s * FPS)


SIGNALS = [
    SegmentSignal(kind="axis", joints=("left_wrist",), axis="y", inverted=True),
    SegmentSignal(kind="axis", joints=("left_hand",), axis="y", inverted=True),
    SegmentSignal(kind="distance", joints=("left_wrist", "left_ankle")),
    SegmentSignal(kind="distance", joints=("nose", "left_wrist"), inverted=True),
]


@pytest.mark.parametrize("signal", SIGNALS, ids=lambda signal: signal.model_dump_json())
def test_kinds_of_signals_agree(signal: SegmentSignal) -> None:
    entry = found(raising(), signal)
    assert len(entry.windows) == 5
    assert entry.signal == signal


def test_speed_has_two_peaks_a_lift() -> None:
    entry = found(raising(), SegmentSignal(kind="speed", joints=("left_wrist",)))
    assert len(entry.windows) == 10
    highest = max(each.peak for each in entry.windows)
    assert highest == pytest.approx(300.0 * 2 * np.pi / PERIOD_S, rel=0.02)  # mm/s


def test_strides_of_a_walker_by_the_angle_of_the_knee() -> None:
    walk = synthetic_predictions(frame_count=300)
    knee = SegmentSignal(
        kind="angle", joints=("left_hip", "left_knee", "left_ankle"), inverted=True
    )
    entry = found(walk, knee, settings=RepetitionSettings(subframe=True))
    stride_s = np.diff([each.peak_s for each in entry.windows])
    np.testing.assert_allclose(stride_s, 120.0 / 110.0, atol=0.01)
    assert all(100.0 < each.peak < 140.0 for each in entry.windows)  # degrees, not negative


def test_what_it_was_made_with_is_stored_and_survives_the_file(tmp_path: Path) -> None:
    settings = RepetitionSettings(min_distance_s=1.0, prominence=100.0)
    preparation = Preparation(cutoff_hz=4.0)
    done = segment(raising(), WRIST_UP, settings, preparation=preparation, name="lifts")
    save_video_predictions(tmp_path / "a.json", done)
    entry = load_video_predictions(tmp_path / "a.json").segmentations["lifts"]
    assert entry == done.segmentations["lifts"]
    assert RepetitionSettings(**entry.settings["repetitions"]) == settings
    assert Preparation(**entry.settings["preparation"]["settings"]) == preparation
    assert entry.settings["subject"] == "longest"
    assert entry.track_id == 0
    again = segment(
        raising(),
        entry.signal,
        RepetitionSettings(**entry.settings["repetitions"]),
        preparation=Preparation(**entry.settings["preparation"]["settings"]),
        subject=entry.settings["subject"],
    )
    assert again.segmentations["repetitions"] == entry


def test_nothing_else_changes() -> None:
    before = raising().model_copy(update={"segmentations": {"by hand": [1, 2]}})
    once = segment(before, WRIST_UP, name="lifts")
    assert once.model_copy(update={"segmentations": before.segmentations}) == before
    twice = segment(once, WRIST_UP, RepetitionSettings(prominence=9999.0), name="lifts")
    assert list(twice.segmentations) == ["by hand", "lifts"]
    assert twice.segmentations["lifts"].windows == ()


def test_somebody_else() -> None:
    both = raising(people=2)
    first, second = (found(both, WRIST_UP, subject=f"track:{track}").windows for track in (0, 1))
    late_s = np.array([each.peak_s for each in second[:4]]) - [each.peak_s for each in first[:4]]
    np.testing.assert_allclose(late_s, 8 / FPS, atol=0.02)
    with pytest.raises(SubjectError):
        segment(both, WRIST_UP, subject="track:7")


def test_a_short_gap_is_filled_and_counted() -> None:
    entry = found(raising(missing=(40, 41)), WRIST_UP)
    assert len(entry.windows) == 5
    assert entry.windows[0].confidence == pytest.approx(1 - 2 / 61, abs=0.003)
    assert entry.windows[0].reasons == ("3 % of its samples are missing",)
    assert entry.settings["preparation"]["gaps_filled"] == 3


def test_a_long_gap_cuts() -> None:
    entry = found(raising(missing=tuple(range(40, 56))), WRIST_UP)
    assert entry.windows[0].end_frame == 39
    assert "cut off by a gap" in entry.windows[0].reasons[0]


def test_frames_and_times_of_a_variable_rate_are_the_recordings_own() -> None:
    random = np.random.default_rng(1)
    time_s = np.cumsum(random.uniform(0.6, 1.4, 300)) / FPS
    entry = found(raising(time_s=time_s), WRIST_UP)
    assert entry.settings["preparation"]["resampled"]
    assert len(entry.windows) == 5
    for each in entry.windows:
        for frame, at_s in ((each.start_frame, each.start_s), (each.peak_frame, each.peak_s)):
            assert abs(time_s[frame] - at_s) == np.abs(time_s - at_s).min()
    np.testing.assert_allclose(
        [each.peak_s for each in entry.windows], PERIOD_S * (np.arange(5) + 0.5), atol=0.03
    )


def test_frames_before_the_person_came_are_counted() -> None:
    late = synthetic_predictions(
        frame_count=150, gaps=[FrameGap(first_frame=0, last_frame=29, reason="damaged")]
    )
    knee = SegmentSignal(kind="angle", joints=("right_hip", "right_knee", "right_ankle"))
    entry = found(late, knee)
    assert entry.windows[0].start_frame >= 30
    for each in entry.windows:
        assert each.peak_s == pytest.approx(each.peak_frame / FPS)


class TestNothing:
    def test_standing_still_is_no_repetition(self) -> None:
        entry = found(raising(noise_mm=5.0), SegmentSignal(kind="axis", joints=("nose",), axis="x"))
        assert entry.windows == ()
        [warning] = entry.warnings
        assert warning.startswith("no repetition was found: the signal moves by ")
        assert warning.endswith(" mm in all")

    def test_missing_throughout(self) -> None:
        nobody = raising(missing=tuple(range(1, 300)))
        entry = found(nobody, WRIST_UP)
        assert entry.windows == ()
        assert "missing throughout" in entry.warnings[0]

    @pytest.mark.parametrize("kind", sorted(LEAST_PROMINENCE))
    def test_the_least_prominence_is_that_of_the_kind(self, kind: str) -> None:
        joints = {"axis": 1, "distance": 2, "speed": 1, "angle": 3}[kind]
        signal = SegmentSignal(
            kind=kind, joints=("a", "b", "c")[:joints], axis="x" if kind == "axis" else None
        )
        assert default_settings(signal).least_prominence == LEAST_PROMINENCE[kind]


class TestFingers:
    @pytest.mark.parametrize(
        "joints",
        [
            ("left_thumb", "left_index"),
            ("left_index", "left_thumb"),
            ("right_index_tip", "right_thumb_tip"),
            ("left_middle_finger", "left_wrist"),
            ("left_pinky", "left_wrist"),
        ],
    )
    def test_tapping_is_refused_with_the_reason(self, joints: tuple[str, str]) -> None:
        with pytest.raises(
            MissingJointsError, match="tapping of fingers cannot be measured"
        ) as caught:
            segment(raising(), SegmentSignal(kind="distance", joints=joints))
        assert "skeleton 'blazepose_33' is one of a body and has no fingertips" in str(caught.value)
        assert caught.value.hint is not None
        assert set(caught.value.missing) <= set(joints)

    @pytest.mark.parametrize(
        "joint", ["lfin", "lthu", "left_index", "thumb_left", "l_index_finger"]
    )
    def test_every_spelling(self, joint: str) -> None:
        with pytest.raises(MissingJointsError, match="no fingertips"):
            segment(raising(), SegmentSignal(kind="speed", joints=(joint,)))

    @pytest.mark.parametrize("name", sorted(SKELETONS))
    def test_no_canonical_joint_of_any_skeleton_is_taken_for_a_finger(self, name: str) -> None:
        from neuropose.analyzer.signals.selected import is_finger

        assert not [joint for joint in SKELETONS[name].canonical if is_finger(joint)]
        assert not is_finger("left_foot_index")
        assert not is_finger("mid_hip")


def test_a_joint_that_the_skeleton_lacks_is_named() -> None:
    with pytest.raises(MissingJointsError, match="skeleton 'blazepose_33' has no left_tail"):
        segment(raising(), SegmentSignal(kind="speed", joints=("left_tail",)))


def test_a_skeleton_that_nobody_knows_goes_by_its_own_names() -> None:
    joints = tuple(f"point_{number}" for number in range(33))
    unknown = raising().model_copy(update={"skeleton": Skeleton(name="mine", joints=joints)})
    wrist = f"point_{BLAZEPOSE_33.index('left_wrist')}"
    entry = found(unknown, SegmentSignal(kind="axis", joints=(wrist,), axis="y", inverted=True))
    assert len(entry.windows) == 5
    assert "is not known" in entry.warnings[0]


def test_refuses_what_cannot_be() -> None:
    with pytest.raises(SignalError, match="needs a name"):
        segment(raising(), WRIST_UP, name="")
    with pytest.raises(SignalError, match="half the sampling rate"):
        segment(raising(time_s=np.arange(40) / 10.0), WRIST_UP)
    with pytest.raises(SignalError, match="there is one"):
        segment(synthetic_predictions(frame_count=1), WRIST_UP)


def test_windows_are_cut_out_with_their_times() -> None:
    done = segment(raising(), WRIST_UP, name="lifts")
    parts = windows(done, "lifts")
    assert len(parts) == 5
    for part, window in zip(parts, done.segmentations["lifts"].windows, strict=True):
        assert part.metadata.frame_count == window.end_frame - window.start_frame + 1
        assert part.time_s[0] == done.time_s[window.start_frame]
        assert part.segmentations["lifts"].windows[0].start_frame == 0
    with pytest.raises(SignalError, match="no segmentation 'reaches'") as caught:
        windows(done, "reaches")
    assert caught.value.hint == "there are lifts"


class TestAxesOfTheBody:
    """The synthetic person faces a camera that sees them obliquely, see `synthetic_predictions`."""

    def test_up_is_away_from_the_floor(self) -> None:
        entry = found(raising(), SegmentSignal(kind="axis", joints=("left_wrist",), axis="up"))
        assert len(entry.windows) == 5
        np.testing.assert_allclose([each.prominence for each in entry.windows], 600.0, rtol=0.05)
        assert 0.0 < entry.settings["vertical"]["confidence"] <= 1.0
        assert entry.settings["vertical"]["method"]

    @pytest.mark.parametrize("side", ["left", "right"])
    def test_forward_is_from_the_pelvis(self, side: str) -> None:
        walk = synthetic_predictions(frame_count=300)
        signal = SegmentSignal(kind="axis", joints=(f"{side}_heel",), axis="forward")
        entry = found(walk, signal, settings=RepetitionSettings(subframe=True))
        stride_s = np.diff([each.peak_s for each in entry.windows])
        np.testing.assert_allclose(stride_s, 120.0 / 110.0, atol=0.02)
        assert all(150.0 < each.peak < 500.0 for each in entry.windows)
        assert entry.settings["heading"]["method"]

    @pytest.mark.parametrize(("side", "sign"), [("left", -1.0), ("right", 1.0)])
    def test_right_is_the_persons_own(self, side: str, sign: float) -> None:
        walk = synthetic_predictions(frame_count=300)
        settings = RepetitionSettings(prominence=5.0)
        hip = SegmentSignal(kind="axis", joints=(f"{side}_ankle",), axis="right")
        peaks = [each.peak for each in found(walk, hip, settings=settings).windows]
        assert peaks
        assert np.sign(np.median(peaks)) == sign

    def test_without_the_joints_for_it_a_refusal(self) -> None:
        joints = tuple(f"point_{number}" for number in range(33))
        unknown = raising().model_copy(update={"skeleton": Skeleton(name="mine", joints=joints)})
        with pytest.raises(MissingJointsError):
            segment(unknown, SegmentSignal(kind="axis", joints=("point_3",), axis="up"))
