"""What a file of corrections may hold."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from neuropose.data.corrections import Correction, Corrections

SIGNED = {"by": "KL", "when": "2026-03-01T08:12:00+01:00", "input_sha256": 64 * "0"}
GOOD: list[dict[str, Any]] = [
    {"kind": "subject", "track": 3},
    {"kind": "sides", "first_frame": 4, "last_frame": 4, "limbs": "legs"},
    {"kind": "contact", "event": "foot_off", "side": "left", "time_s": 1.25},
    {"kind": "leave_out", "start_s": 1.0, "end_s": 1.0},
]
ONE: TypeAdapter[Correction] = TypeAdapter(Correction)


@pytest.mark.parametrize("values", GOOD, ids=lambda each: str(each["kind"]))
def test_each_kind_is_read_as_it_was_written(values: dict[str, Any]) -> None:
    made = ONE.validate_python({**SIGNED, **values})
    assert ONE.validate_json(ONE.dump_json(made), strict=True) == made


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "subject", "track": -1},
        {"kind": "sides", "first_frame": 4, "last_frame": 3},
        {"kind": "sides", "first_frame": 4, "last_frame": 4, "limbs": "ears"},
        {"kind": "contact", "event": "turn", "side": "left", "time_s": 1.25},
        {"kind": "contact", "event": "foot_off", "side": "left", "time_s": float("nan")},
        {"kind": "leave_out", "start_s": 1.0, "end_s": 0.5},
        {"kind": "better", "track": 1},
        {"kind": "subject", "track": 1, "by": ""},
        {"kind": "subject", "track": 1, "by": "two\nlines"},
        {"kind": "subject", "track": 1, "by": 81 * "x"},
        {"kind": "subject", "track": 1, "when": "2026-03-01T08:12:00"},
        {"kind": "subject", "track": 1, "input_sha256": "walk.json"},
        {"kind": "subject", "track": 1, "name": "Anna"},
    ],
)
def test_anything_else_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ONE.validate_python({**SIGNED, **wrong})


def test_a_file_has_at_least_one() -> None:
    with pytest.raises(ValidationError):
        Corrections(corrections=())
