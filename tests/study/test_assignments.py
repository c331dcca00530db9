"""The grammar of ``--set``, whatever the contract."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import Field, ValidationError

from neuropose.analyzer.segmentation import SegmentSettings
from neuropose.analyzer.tasks.range_of_motion import RangeOfMotionSettings
from neuropose.analyzer.tasks.repetitions import DecaySettings
from neuropose.data.metadata import Contract
from neuropose.errors import ConfigError
from neuropose.study.contract.assignments import assign, read_assignments, validate


class Plain(Contract):
    """Fields of every kind that a value could be taken for."""

    text: str | None = None
    number: float | None = 1.0
    numbers: tuple[float, ...] = ()
    pair: tuple[str, str] | None = None
    names: list[str] = Field(default_factory=list)


def settings(kind: type[Any], *assignments: str) -> Any:
    assigned = read_assignments(assignments)
    content: dict[str, Any] = {}
    assign(content, assigned)
    return validate(kind, content, assigned)


@pytest.mark.parametrize(
    ("assignment", "field", "value"),
    [
        ("pair=[off, on]", "pair", ("off", "on")),
        ("names=no,yes", "names", ["no", "yes"]),
        ("numbers=3", "numbers", (3.0,)),
        ("numbers=3,4", "numbers", (3.0, 4.0)),
        ("numbers=[3, 4]", "numbers", (3.0, 4.0)),
        ("numbers=none", "numbers", None),
        ("pair=a,b", "pair", ("a", "b")),
        ("pair=none", "pair", None),
        ("pair=null", "pair", None),
        ("names=a", "names", ["a"]),
        ("names=a,", "names", ["a"]),
        ("text=none", "text", "none"),
        ("text=a,b", "text", "a,b"),
        ("text='8'", "text", "8"),
        ("number=None", "number", None),
        ("number=8", "number", 8.0),
        (" number =8", "number", 8.0),
        ("text=a=b", "text", "a=b"),
    ],
)
def test_values(assignment: str, field: str, value: object) -> None:
    if (field, value) == ("numbers", None):
        with pytest.raises(ValidationError, match="numbers"):
            settings(Plain, assignment)
    else:
        assert getattr(settings(Plain, assignment), field) == value


def test_one_value_where_a_list_is_wanted() -> None:
    assert settings(RangeOfMotionSettings, "angles=left_knee_flexion").angles == (
        "left_knee_flexion",
    )
    how = settings(DecaySettings, "signal.kind=speed", "signal.joints=pelvis")
    assert how.signal.joints == ("pelvis",)
    how = settings(SegmentSettings, "signal={kind: distance, joints: [a, b]}")
    assert how.signal.joints == ("a", "b")


def test_only_what_was_assigned_is_put_right() -> None:
    with pytest.raises(ValidationError):
        validate(Plain, {"names": "a"}, {("number",): 1})


def test_every_assignment_that_is_none_is_told() -> None:
    with pytest.raises(ConfigError) as caught:
        read_assignments(["a", "b=[", "c=1", "c=2", ".=1"])
    assert caught.value.message.startswith("4 mistakes: (1) --set takes key=value, not 'a'")
    assert "(2) --set b: " in caught.value.message
    assert "(3) --set c is there twice" in caught.value.message
    assert "(4) --set takes key=value, not '.=1'" in caught.value.message
