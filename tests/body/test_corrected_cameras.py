"""Corrections of cameras whose clocks differ."""

from __future__ import annotations

import pytest
from tests.signed import SIGNED

from neuropose.body.corrected_cameras import (
    require_named,
    said_of_cameras,
    with_corrections_of_cameras,
)
from neuropose.corrections import (
    ContactWrong,
    LeaveOut,
    SubjectIs,
    correct_predictions,
    corrections_of,
)
from neuropose.data import Clock
from neuropose.errors import SubjectError
from neuropose.multiview.people import MatchedPerson
from neuropose.testing import synthetic_predictions

PLAIN = synthetic_predictions(frame_count=60)
CLOCKS = {"left": Clock(), "right": Clock(offset_s=0.5)}


def test_no_correction_changes_nothing() -> None:
    cameras = {"left": PLAIN, "right": PLAIN}
    assert said_of_cameras(cameras) == ()
    assert with_corrections_of_cameras(PLAIN.provenance, cameras, CLOCKS) is PLAIN.provenance


def test_those_of_every_camera_are_kept_on_the_shared_clock() -> None:
    contact = ContactWrong(**SIGNED, event="foot_off", side="left", time_s=1.0)
    stretch = LeaveOut(**SIGNED, start_s=0.5, end_s=0.6)
    cameras = {
        "left": correct_predictions(PLAIN, [stretch]),
        "right": correct_predictions(PLAIN, [contact]),
    }
    assert [each.partition(":")[0] for each in said_of_cameras(cameras)] == ["left", "right"]
    kept = corrections_of(with_corrections_of_cameras(cameras["left"].provenance, cameras, CLOCKS))
    assert kept[0] == stretch
    assert isinstance(kept[1], ContactWrong)
    assert kept[1].time_s == pytest.approx(1.5)
    assert kept[1].at_s is None


def test_whom_no_second_camera_saw_is_refused() -> None:
    named = correct_predictions(PLAIN, [SubjectIs(**SIGNED, track=0)])
    cameras = {"left": named, "right": PLAIN}
    person = MatchedPerson({}, {"left": (0,), "right": (3,)}, seen_s=2.0, apart_mm=9.0)
    require_named(person, cameras)
    somebody_else = MatchedPerson({}, {"left": (1,), "right": (3,)}, seen_s=2.0, apart_mm=9.0)
    with pytest.raises(SubjectError, match="track 0 of left, the subject by a correction"):
        require_named(somebody_else, cameras)
