"""The summary of a video: everything that matters, on one screen."""

from __future__ import annotations

import pytest

from neuropose.cli.render.video_summary import summary_lines, video_line
from neuropose.data import FrameGap, VideoPredictions
from neuropose.estimator import Metrics, ProcessVideoResult
from neuropose.grammar import counted
from neuropose.testing import synthetic_predictions

METRICS = Metrics(
    frames=30,
    frames_with_pose=20,
    gap_frames=3,
    wall_s=2.0,
    decode_s=1.0,
    inference_s=1.0,
    frames_per_second=15.0,
    latency=None,
    workers=1,
    peak_memory_mb=100.0,
    device="cpu",
    runtime="none",
    versions={},
)
SCREEN_LINES = 24


def lines(predictions: VideoPredictions) -> list[str]:
    result = ProcessVideoResult(predictions=predictions, metrics=METRICS)
    return summary_lines(result, predictions.subject("longest"))


def single_gaps(count: int) -> list[FrameGap]:
    return [
        FrameGap(first_frame=2 * k, last_frame=2 * k, reason=f"reason {k}") for k in range(count)
    ]


def test_every_gap_is_told() -> None:
    gap = FrameGap(first_frame=3, last_frame=5, reason="the picture is damaged")
    told = [line for line in lines(synthetic_predictions(gaps=[gap])) if "gap" in line]
    assert told == ["gap       frames 3 to 5: the picture is damaged"]


def test_it_stays_on_one_screen() -> None:
    shown = lines(synthetic_predictions(people=9, gaps=single_gaps(10)))
    assert len(shown) < SCREEN_LINES
    assert shown[3].startswith("people    9 found; subject: track ")
    assert "          and 3 more" in shown
    assert "          and 6 more, listed in the metadata of the result" in shown
    assert not any(line.endswith(" ") for line in shown)


def test_poses_and_speed() -> None:
    shown = lines(synthetic_predictions())
    assert shown[1] == "pictures  30 of 30 frames"
    assert shown[2] == "poses     in 20 of 30 frames (67 %)"
    assert shown[-1] == "speed     15.0 frames/s, 2.0 s, 1 core, peak memory 100 MB"


def test_tracks_without_a_subject_are_listed() -> None:
    result = ProcessVideoResult(predictions=synthetic_predictions(people=2), metrics=METRICS)
    shown = summary_lines(result, None)
    assert shown[3] == "people    2 found; no subject"
    assert shown[4].startswith("          track 0: 30 frames (0 to 29), ")


def test_variable_frame_rate() -> None:
    metadata = synthetic_predictions(fps=29.97).metadata
    assert video_line(metadata) == "30 frames, 640×480 px, 29.97 frames/s"
    variable = metadata.model_copy(update={"variable_frame_rate": True})
    assert video_line(variable).endswith("29.97 frames/s on average, variable")


@pytest.mark.parametrize(("number", "text"), [(0, "0 runs"), (1, "1 run"), (2, "2 runs")])
def test_counted(number: int, text: str) -> None:
    assert counted(number, "run") == text
