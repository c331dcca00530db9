from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError
from tests.small_predictions import make_predictions

from neuropose.data import VideoPredictions


def with_value(name: str, index: tuple[int, ...], value: float) -> np.ndarray:
    array = getattr(make_predictions(), name).copy()
    array[index] = value
    return array


@pytest.mark.parametrize(
    ("name", "index", "value", "message"),
    [
        ("boxes", (4, 1), np.inf, r"frames\.frame_000004\.boxes\[1\]\[1\]: expected a finite"),
        ("boxes", (0, 4), 1.5, r"frames\.frame_000000\.boxes\[0\]\[4\]: expected .* 0 to 1"),
        ("poses3d", (2, 1, 2), -np.inf, r"frames\.frame_000001\.poses3d\[0\]\[1\]\[2\]: .*finite"),
        ("poses2d", (1, 0, 1), np.inf, r"frames\.frame_000000\.poses2d\[1\]\[0\]\[1\]: .*finite"),
        ("confidence", (5, 2), 1.01, r"frames\.frame_000005\.confidence\[0\]\[2\]: .* 0 to 1"),
        ("confidence", (5, 2), -0.01, r"frames\.frame_000005\.confidence\[0\]\[2\]: .* 0 to 1"),
        ("uncertainty_mm", (3, 0), -1.0, r"frames\.frame_000004\.uncertainty_mm\[0\]\[0\]: .* 0"),
        ("track_ids", (3,), -2, r"frames\.frame_000004\.track_ids\[0\]: expected a whole number"),
        ("track_ids", (4,), 1, r"frames\.frame_000004\.track_ids\[1\]: expected each track once"),
        ("time_s", (4,), 0.01, r"frames\.frame_000004\.time_s: expected"),
        ("time_s", (1,), np.inf, r"frames\.frame_000001\.time_s: expected"),
        ("time_s", (0,), -np.inf, r"frames\.frame_000000\.time_s: expected"),
        ("offsets", (0,), 1, "offsets must start at 0"),
        ("offsets", (3,), 9, "offsets must start at 0 and ascend"),
        ("offsets", (6,), 5, r"boxes has shape \(6, 5\), not \(5, 5\)"),
        ("offsets", (3,), 4, r"frames\.frame_000003: expected no detections, metadata\.gaps"),
    ],
)
def test_the_first_fault_is_named(
    name: str, index: tuple[int, ...], value: float, message: str
) -> None:
    changes = {name: with_value(name, index, value)}
    if "gaps" in message:  # one more detection in the third frame's place: the gap's
        changes["offsets"] = np.array([0, 2, 2, 2, 3, 5, 6])
    with pytest.raises(ValidationError, match=message):
        make_predictions(**changes)


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("time_s", (5,)),
        ("offsets", (6,)),
        ("boxes", (6, 4)),
        ("poses3d", (6, 4, 3)),
        ("poses3d", (6, 3, 2)),
        ("poses2d", (5, 3, 2)),
        ("confidence", (6,)),
        ("track_ids", (6, 1)),
        ("uncertainty_mm", (6, 2)),
    ],
)
def test_shapes_are_those_of_the_skeleton(name: str, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValidationError, match=f"{name} has shape"):
        make_predictions(**{name: np.zeros(shape)})


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("track_ids", [0, 1, 1, 1, 0, 0.5], "do not fit int32"),
        ("track_ids", [0, 1, 1, 1, 0, 2**31], "do not fit int32"),
        ("boxes", [["a"] * 5] * 6, "expected numbers"),
        ("boxes", None, "expected numbers"),
        ("poses3d", [[1.0], [1.0, 2.0]], "inhomogeneous"),
    ],
)
def test_what_is_no_array_of_numbers(name: str, value: object, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        make_predictions(**{name: value})


def test_nan_is_allowed_everywhere_but_in_ids() -> None:
    names = ("time_s", "boxes", "poses3d", "poses2d", "confidence", "uncertainty_mm")
    shapes = {name: getattr(make_predictions(), name).shape for name in names}
    unknown = make_predictions(**{name: np.full(shape, np.nan) for name, shape in shapes.items()})
    assert isinstance(unknown, VideoPredictions)
    assert all(np.isnan(getattr(unknown, name)).all() for name in names)


def test_equal_times_are_allowed_and_unknown_ones_between_do_not_hide_a_step_back() -> None:
    make_predictions(time_s=[0.0, 0.0, 0.1, np.nan, 0.1, 0.2])
    with pytest.raises(ValidationError, match="frame_000004"):
        make_predictions(time_s=[0.0, 0.1, 0.2, np.nan, 0.15, 0.3])
