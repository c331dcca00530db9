"""C3D files against ezc3d: both read the same numbers, and what either of them writes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.io.c3d_files import DEC, INTEL, MIPS, c3d_bytes, floats, text, words

from neuropose.io import read_c3d

ezc3d = pytest.importorskip("ezc3d", reason="ezc3d is in the environment of make test-interop")

LABELS = ("LKNE", "LANK", "LHEE")
POINTS = np.random.default_rng(2).uniform(-900.0, 900.0, (40, 3, 3)).round(1)
POINTS[3:9, 1] = np.nan
ANALOG = {
    "ANALOG": [
        ("RATE", floats(100.0)),
        ("LABELS", text(*"ABCDEF")),
        ("DESCRIPTIONS", text(*"ABCDEF")),
        ("UNITS", text(*"VVVVVV")),
        ("GEN_SCALE", floats(1.0)),
        ("SCALE", floats([1.0] * 6)),
        ("OFFSET", words(0, 0, 0, 0, 0, 0)),
    ]
}
"""Without a rate, ezc3d 1.7 takes analogue samples for points; without labels it may crash."""


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"scale": 0.1},
        {"first_frame": 725, "events": [("Foot Strike", "Left", 7.3), ("Foot Off", "Right", 7.4)]},
        {"analog": 6, "channels": 6, "more": ANALOG},
        {"processor": DEC},
        {"processor": DEC, "scale": 0.1},
        {"units": "m", "up": "+Y", "rate_hz": 59.94},
    ],
    ids=lambda options: " ".join(options) or "plain",
)
def test_same_numbers(tmp_path: Path, options: Mapping[str, Any]) -> None:
    path = tmp_path / "trial.c3d"
    path.write_bytes(c3d_bytes(POINTS, LABELS, **options))
    ours, theirs = read_c3d(path), ezc3d.c3d(str(path))
    points = theirs["data"]["points"][:3].transpose(2, 1, 0)
    size_mm = 1000.0 if options.get("units") == "m" else 1.0
    np.testing.assert_allclose(ours.positions_mm, size_mm * points, atol=0.05 * size_mm)
    assert list(ours.names) == theirs["parameters"]["POINT"]["LABELS"]["value"]
    header = theirs["header"]["points"]
    assert ours.rate_hz == pytest.approx(header["frame_rate"])
    assert ours.first_frame == header["first_frame"] + 1


@pytest.mark.parametrize("processor", [INTEL, DEC, MIPS])
def test_saved_again(tmp_path: Path, processor: int) -> None:
    """An ordinary file that was opened with ezc3d, and saved."""
    original, saved = tmp_path / "original.c3d", tmp_path / "saved.c3d"
    data = c3d_bytes(POINTS, LABELS, processor=processor, analog=6, channels=6, more=ANALOG)
    original.write_bytes(data)
    if processor == MIPS:
        with pytest.raises((OSError, ValueError, RuntimeError)):
            ezc3d.c3d(str(original))
        np.testing.assert_allclose(read_c3d(original).positions_mm, POINTS, atol=0.05)
        return
    ezc3d.c3d(str(original)).write(str(saved))
    np.testing.assert_allclose(read_c3d(saved).positions_mm, POINTS, atol=0.05)
    assert read_c3d(saved).names == LABELS


def test_made_anew(tmp_path: Path) -> None:
    made = ezc3d.c3d()
    made["parameters"]["POINT"]["RATE"]["value"] = [120.0]
    made["parameters"]["POINT"]["LABELS"]["value"] = list(LABELS)
    made["parameters"]["POINT"]["UNITS"]["value"] = ["mm"]
    made["data"]["points"] = np.concatenate(
        [POINTS.transpose(2, 1, 0), np.ones((1, 3, 40))], axis=0
    )
    made.write(str(tmp_path / "made.c3d"))
    recording = read_c3d(tmp_path / "made.c3d")
    np.testing.assert_allclose(recording.positions_mm, POINTS, atol=0.05)
    assert (recording.rate_hz, recording.names) == (120.0, LABELS)
