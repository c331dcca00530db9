"""Who was measured, and the frames in which a reader must look twice."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from neuropose.data import Event, Exchange, Limbs, VideoPredictions
from neuropose.testing import synthetic_predictions, write_numbered_video
from neuropose.video.reader import VideoReader
from neuropose.viz import Measured, contact_sheet, write_contact_sheet, write_overlay
from neuropose.viz.measured import frame_notes, telling_frames

FRAMES = 60
LOST = range(20, 30)
SWAP = Exchange(first=40, last=44, limbs=Limbs.LEGS, probability=0.9)


@pytest.fixture(scope="module")
def predictions() -> VideoPredictions:
    """Two people; the first is lost for a while, and doubtful in one frame."""
    whole = synthetic_predictions(frame_count=FRAMES, people=2)
    keep = ~((whole.track_ids == 0) & np.isin(whole.frame_index, LOST))
    counts = np.bincount(whole.frame_index[keep], minlength=FRAMES)
    confidence = whole.confidence.copy()
    confidence[(whole.track_ids == 0) & (whole.frame_index == 50)] = 0.3
    rows = {
        name: getattr(whole, name)[keep] for name in ("boxes", "poses3d", "poses2d", "track_ids")
    }
    return whole.model_copy(
        update={
            **rows,
            "confidence": confidence[keep],
            "offsets": np.concatenate([[0], np.cumsum(counts)]).astype(np.int32),
        }
    )


@pytest.fixture(scope="module")
def measured() -> Measured:
    error_mm = np.full(FRAMES - 5, 10.0)
    error_mm[7] = 55.0
    times = [(0.2, "left"), (1.0, "left"), (0.6, "right")]
    return Measured(
        track_id=0,
        exchanges=(SWAP,),
        events=tuple(Event(name="initial_contact", side=s, time_s=t) for t, s in times),
        error_mm=error_mm,
        first_frame=5,
    )


def test_every_frame_says_what_is_doubtful(
    predictions: VideoPredictions, measured: Measured
) -> None:
    notes = frame_notes(predictions, measured)
    assert len(notes) == FRAMES
    assert {notes[number] for number in LOST} == {"measured person not found"}
    assert {notes[number] for number in range(40, 45)} == {"legs exchanged"}
    assert notes[50] == "doubtful: confidence 0.30"
    assert [number for number, note in enumerate(notes) if note] == [*LOST, *range(40, 45), 50]


def test_before_somebody_comes_nobody_is_missing(predictions: VideoPredictions) -> None:
    keep = predictions.frame_index >= 10
    counts = np.bincount(predictions.frame_index[keep], minlength=FRAMES)
    late = predictions.model_copy(
        update={
            "offsets": np.concatenate([[0], np.cumsum(counts)]).astype(np.int32),
            **{
                name: getattr(predictions, name)[keep]
                for name in ("boxes", "poses3d", "poses2d", "confidence", "track_ids")
            },
        }
    )
    assert set(frame_notes(late, Measured(track_id=0))[:10]) == {""}
    assert "nobody found" not in frame_notes(late, None)


def test_telling_frames_come_in_order_of_weight(
    predictions: VideoPredictions, measured: Measured
) -> None:
    chosen = telling_frames(predictions, measured, 5)
    assert [*chosen.items()][:3] == [
        (24, "measured person not found"),
        (42, "legs exchanged"),
        (12, "widest error, 55 mm"),
    ]
    assert [*chosen.values()][3:] == ["left initial contact", "right initial contact"]
    assert len(telling_frames(predictions, measured, 2)) == 2
    assert telling_frames(predictions, None, 4) == {}


def test_the_sheet_has_them_and_stays_full(
    predictions: VideoPredictions, measured: Measured
) -> None:
    chosen = contact_sheet._chosen(predictions, measured, 3)
    assert len(chosen) == 9
    assert {24, 42, 12} <= chosen.keys()
    plain = contact_sheet._chosen(predictions, None, 3)
    assert set(plain) == contact_sheet._evenly_spaced(FRAMES, 3)


def test_pictures_differ_where_somebody_is_marked(
    predictions: VideoPredictions, measured: Measured, tmp_path: Path
) -> None:
    metadata = predictions.metadata
    video = write_numbered_video(
        tmp_path / "clip.mp4", FRAMES, width=metadata.width, height=metadata.height
    )
    sheets = [tmp_path / name for name in ("plain.png", "marked.png")]
    write_contact_sheet(video, predictions, sheets[0])
    write_contact_sheet(video, predictions, sheets[1], measured=Measured(track_id=1))
    plain, marked = (cv2.imread(str(path)) for path in sheets)
    assert plain.shape == marked.shape
    assert (plain != marked).any()


def test_the_band_of_the_overlay_says_it(
    predictions: VideoPredictions, measured: Measured, tmp_path: Path
) -> None:
    metadata = predictions.metadata
    video = write_numbered_video(
        tmp_path / "clip.mp4", FRAMES, width=metadata.width, height=metadata.height
    )
    bands = []
    for name, who in (("plain.mp4", None), ("marked.mp4", measured)):
        write_overlay(video, predictions, tmp_path / name, measured=who)
        with VideoReader(tmp_path / name) as reader:
            pictures = [frame.picture for frame in reader]
        bands.append([picture[metadata.height + 1 :].astype(int) for picture in pictures])
    changed = [
        number
        for number, (plain, marked) in enumerate(zip(*bands, strict=True))
        if np.abs(plain - marked).max() > 60
    ]
    assert changed == [*LOST, *range(40, 45), 50]
