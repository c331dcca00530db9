from __future__ import annotations

import json
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from neuropose.data import VideoMetadata, VideoPredictions, check_strategy, summarise_tracks
from neuropose.data.subjects import pick_subject
from neuropose.errors import SubjectError
from neuropose.skeletons import Skeleton


def video(*tracks: tuple[int, int, float, float]) -> VideoPredictions:
    """Make a 100 px × 100 px video of (track, frames from the start, height px, centre x px)."""
    frame_count = max((frames for _, frames, _, _ in tracks), default=1)
    rows = [
        (track, height, centre)
        for frame in range(frame_count)
        for track, frames, height, centre in tracks
        if frame < frames
    ]
    counts = [sum(frame < frames for _, frames, _, _ in tracks) for frame in range(frame_count)]
    boxes = np.array(
        [[centre - 5.0, 50.0 - height / 2.0, 10.0, height, 1.0] for _, height, centre in rows]
    )
    return VideoPredictions(
        metadata=VideoMetadata(frame_count=frame_count, fps=10.0, width=100, height=100),
        skeleton=Skeleton(name="dot_1", joints=("dot",)),
        time_s=np.arange(frame_count) / 10.0,
        offsets=np.concatenate([[0], np.cumsum(counts)]),
        boxes=boxes.reshape(-1, 5),
        poses3d=np.zeros((len(rows), 1, 3)),
        poses2d=np.zeros((len(rows), 1, 2)),
        confidence=np.ones((len(rows), 1)),
        track_ids=[track for track, _, _ in rows],
    )


PATIENT, THERAPIST, PASSER_BY = (4, 100, 60.0, 30.0), (2, 95, 50.0, 50.0), (9, 20, 90.0, 80.0)


@pytest.mark.parametrize(
    ("strategy", "order"),
    [
        ("longest", [4, 2, 9]),
        ("largest", [9, 4, 2]),
        ("most_central", [2, 4, 9]),
        ("track:9", [9, 4, 2]),
    ],
)
def test_strategies_rank_everybody(strategy: str, order: list[int]) -> None:
    subject = video(PATIENT, THERAPIST, PASSER_BY).subject(strategy)
    assert [subject.track_id, *(track.track_id for track in subject.alternatives)] == order
    assert subject.summary.track_id == subject.track_id
    assert subject.strategy == strategy


def test_longest_is_the_default() -> None:
    predictions = video(PATIENT, PASSER_BY)
    assert predictions.subject() == predictions.subject("longest")


@pytest.mark.parametrize(("frames", "chosen"), [(90, 2), (89, 1)])
def test_about_equally_long_means_within_a_tenth(frames: int, chosen: int) -> None:
    subject = video((1, 100, 40.0, 50.0), (2, frames, 80.0, 50.0)).subject("longest")
    assert subject.track_id == chosen
    words = "about equally long" if chosen == 2 else "longest of 2"
    assert words in subject.reason
    assert f"{100 if chosen == 1 else frames} frames" in subject.reason


@pytest.mark.parametrize("strategy", ["longest", "largest", "most_central"])
def test_ties_go_to_the_lower_track(strategy: str) -> None:
    same = (50, 40.0, 50.0)
    subject = video((8, *same), (3, *same), (5, *same)).subject(strategy)
    assert [subject.track_id, *(track.track_id for track in subject.alternatives)] == [3, 5, 8]


def test_summaries_describe_each_track() -> None:
    short, long = summarise_tracks(video((0, 3, 40.0, 100.0), (1, 10, 60.0, 50.0)))
    assert (short.track_id, short.frame_count, short.first_frame, short.last_frame) == (0, 3, 0, 2)
    assert (long.track_id, long.frame_count, long.first_frame, long.last_frame) == (1, 10, 0, 9)
    assert short.median_height_px == 40.0
    assert short.median_offset == pytest.approx(50.0 / np.hypot(50.0, 50.0))  # at the edge
    assert long.median_offset == pytest.approx(0.0)


@pytest.mark.parametrize("strategy", ["", "track:", "track:-1", "track:x", "LONGEST", "track:1 "])
def test_unknown_strategies(strategy: str) -> None:
    with pytest.raises(SubjectError, match="unknown subject strategy") as caught:
        video(PATIENT).subject(strategy)
    assert "longest, largest, most_central, track:N" in str(caught.value.hint)


def test_a_track_that_is_not_there() -> None:
    with pytest.raises(SubjectError, match="no track 5") as caught:
        video(PATIENT, THERAPIST).subject("track:5")
    assert caught.value.hint == "the tracks are 2, 4"


def test_nobody() -> None:
    with pytest.raises(SubjectError, match="nobody"):
        video().subject()


@pytest.mark.parametrize("strategy", ["longest", "largest", "most_central", "track:0", "track:12"])
def test_strategies_that_exist(strategy: str) -> None:
    check_strategy(strategy)


def test_an_unknown_strategy_is_told_even_if_there_is_nobody() -> None:
    with pytest.raises(SubjectError, match="'tallest'"):
        video().subject("tallest")


def without_boxes(predictions: VideoPredictions, track: int, frames: slice) -> VideoPredictions:
    boxes = predictions.boxes.copy()
    boxes[np.flatnonzero(predictions.track_ids == track)[frames], :4] = np.nan
    summarised = SimpleNamespace(
        metadata=predictions.metadata,
        frame_index=predictions.frame_index,
        track_ids=predictions.track_ids,
        boxes=boxes,
    )
    return cast(VideoPredictions, summarised)


def test_frames_without_a_box_do_not_count() -> None:
    known = video((0, 10, 40.0, 60.0), (1, 10, 60.0, 50.0))
    partly = without_boxes(known, 1, slice(0, 9))
    assert summarise_tracks(partly) == summarise_tracks(known)


@pytest.mark.parametrize("strategy", ["longest", "largest", "most_central"])
def test_a_person_without_any_box_comes_last(strategy: str) -> None:
    boxless = without_boxes(video((0, 10, 90.0, 50.0), (1, 10, 40.0, 90.0)), 0, slice(None))
    subject = pick_subject(boxless, strategy)
    assert (subject.track_id, subject.alternatives[0].track_id) == (1, 0)
    written = json.loads(subject.model_dump_json())["alternatives"][0]
    assert (written["median_height_px"], written["median_offset"]) == (None, None)
    assert json.dumps(subject.model_dump(mode="json"), allow_nan=False)


def test_nobody_has_a_box() -> None:
    boxless = without_boxes(video((3, 4, 90.0, 50.0)), 3, slice(None))
    assert "unknown height" in pick_subject(boxless, "largest").reason
