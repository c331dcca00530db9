"""One signal, said in several ways."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from neuropose.analyzer.signals.vocabulary import Signal
from neuropose.data import SegmentSignal

SIGNAL: TypeAdapter[SegmentSignal] = TypeAdapter(Signal)
KNEE = ("left_hip", "left_knee", "left_ankle")


@pytest.mark.parametrize(
    ("said", "signal"),
    [
        (
            {"joint": "left_wrist", "axis": "forward"},
            SegmentSignal(kind="axis", joints=("left_wrist",), axis="forward"),
        ),
        (
            {"height": "left_wrist", "speed": None, "inverted": True},
            SegmentSignal(kind="axis", joints=("left_wrist",), axis="up", inverted=True),
        ),
        ({"distance": ["a", "b"]}, SegmentSignal(kind="distance", joints=("a", "b"))),
        ({"distance": "a, b"}, SegmentSignal(kind="distance", joints=("a", "b"))),
        ({"speed": "nose"}, SegmentSignal(kind="speed", joints=("nose",))),
        ({"angle": list(KNEE)}, SegmentSignal(kind="angle", joints=KNEE)),
        (
            {"angle": "left_knee_flexion"},
            SegmentSignal(kind="joint_angle", angle="left_knee_flexion"),
        ),
        ({"kind": "speed", "joints": "nose"}, SegmentSignal(kind="speed", joints=("nose",))),
        ({"kind": "angle", "joints": ",".join(KNEE)}, SegmentSignal(kind="angle", joints=KNEE)),
        (
            {"kind": "joint_angle", "angle": "left_knee_flexion"},
            SegmentSignal(kind="joint_angle", angle="left_knee_flexion"),
        ),
    ],
)
def test_the_words(said: dict[str, Any], signal: SegmentSignal) -> None:
    found = SIGNAL.validate_python(said)
    assert found == signal
    assert SIGNAL.validate_python(found.model_dump()) == signal
    assert SIGNAL.validate_python(signal) == signal


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({}, "give one signal"),
        ({"axis": "up"}, "give one signal"),
        ({"joint": "nose"}, "give one signal"),
        ({"height": "nose", "speed": "nose"}, "give one signal"),
        ({"height": "nose", "axis": "up"}, "give one signal"),
        ({"height": "a,b"}, "axis needs 1 joints, not 2"),
        ({"distance": "a"}, "distance needs 2 joints, not 1"),
        ({"angle": "a,b"}, "angle needs 3 joints, not 2"),
        ({"angle": "wing_flexion"}, "there is no angle 'wing_flexion'"),
        ({"kind": "speed", "joints": ["nose"], "height": "nose"}, "height"),
        ({"kind": "joint_angle"}, "name of an angle is needed"),
        ({"kind": "speed", "joints": ["nose"], "angle": "left_knee_flexion"}, "is needed for"),
    ],
)
def test_what_is_no_signal(said: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        SIGNAL.validate_python(said)


def test_a_file_that_older_versions_read_has_no_new_key() -> None:
    plain = SegmentSignal(kind="speed", joints=("nose",)).model_dump()
    assert plain == {"kind": "speed", "joints": ("nose",), "axis": None, "inverted": False}
    assert SegmentSignal(kind="joint_angle", angle="a").model_dump()["angle"] == "a"
