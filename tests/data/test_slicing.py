"""Parts of predictions: the frames that were asked for, everything else as it was."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.data.test_segmentation import REACHES, WINDOW
from tests.io.strategies import ARRAYS
from tests.small_predictions import make_predictions

from neuropose.data import FrameGap, VideoMetadata, slice_frames
from neuropose.errors import SignalError


@settings(deadline=None)
@given(st.data())
def test_frames_are_those_of_the_whole(data: st.DataObject) -> None:
    whole = make_predictions()
    first = data.draw(st.integers(0, 5))
    last = data.draw(st.integers(first, 5))
    part = slice_frames(whole, first, last)
    assert part.metadata.frame_count == last - first + 1
    for number in range(last - first + 1):
        mine = part.frames[f"frame_{number:06d}"]
        yours = whole.frames[f"frame_{first + number:06d}"]
        assert mine.gap_reason == yours.gap_reason
        np.testing.assert_array_equal(mine.time_s, yours.time_s)
        for name in (*ARRAYS[2:],):
            np.testing.assert_array_equal(getattr(mine, name), getattr(yours, name))
    assert part.skeleton == whole.skeleton
    assert part.camera == whole.camera
    assert part.metadata.fps == whole.metadata.fps


def test_the_whole_is_the_whole() -> None:
    whole = make_predictions(segmentations={}, provenance=None)
    assert slice_frames(whole, 0, 5) == whole


def test_gaps_are_clipped() -> None:
    metadata = VideoMetadata(
        frame_count=6,
        fps=30.0,
        width=640,
        height=480,
        gaps=(FrameGap(first_frame=2, last_frame=3, reason="damaged"),),
    )
    whole = make_predictions(metadata=metadata)
    assert slice_frames(whole, 3, 5).metadata.gaps == (
        FrameGap(first_frame=0, last_frame=0, reason="damaged"),
    )
    assert slice_frames(whole, 4, 5).metadata.gaps == ()


def test_provenance_says_which_frames_these_are() -> None:
    twice = slice_frames(slice_frames(make_predictions(), 1, 5), 1, 3)
    assert twice.provenance is not None
    assert twice.provenance.settings["slice"] == {"first_frame": 2, "last_frame": 4}
    assert twice.provenance.settings["fov_degrees"] == 55.0


def test_windows_move_with_the_frames_and_what_is_not_ours_is_left_out() -> None:
    later = {**WINDOW, "start_frame": 1, "peak_frame": 3, "end_frame": 4}
    entry = {**REACHES, "windows": [WINDOW, later]}
    whole = make_predictions(segmentations={"reaches": entry, "by hand": [1, 4]})
    part = slice_frames(whole, 1, 5)
    assert list(part.segmentations) == ["reaches"]
    [window] = part.segmentations["reaches"].windows
    assert (window.start_frame, window.peak_frame, window.end_frame) == (0, 2, 3)
    assert window.start_s == later["start_s"]


@pytest.mark.parametrize(("first", "last"), [(-1, 3), (3, 2), (0, 6), (6, 6)])
def test_refuses_frames_that_are_not_there(first: int, last: int) -> None:
    with pytest.raises(SignalError, match=f"there are no frames {first} to {last}") as caught:
        slice_frames(make_predictions(), first, last)
    assert caught.value.hint == "the video has frames 0 to 5"
