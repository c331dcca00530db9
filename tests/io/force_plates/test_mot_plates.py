"""Ground reactions in OpenSim's storage files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from neuropose.errors import FileFormatError
from neuropose.io.force_plates import read_force_plates

HEADER = "grf\nversion=1\nendheader\n"
RIGHT = [f"ground_force_r_{part}{axis}" for part in "vp" for axis in "xyz"]
LEFT = [f"1_ground_force_{part}{axis}" for part in "vp" for axis in "xyz"]


def write(folder: Path, names: list[str], rows: list[list[float]], header: str = HEADER) -> Path:
    lines = ["\t".join(["time", *names])]
    lines += ["\t".join(str(cell) for cell in row) for row in rows]
    path = folder / "grf.mot"
    path.write_text(header + "\n".join(lines) + "\n")
    return path


def test_forces_by_foot(tmp_path: Path) -> None:
    rows = [
        [0.5, 1, 700, 2, 0.1, 0, 0.2, 0, 0, 0, 0, 0, 0],
        [0.6, 0, 0, 0, 9, 9, 9, 3, 400, 4, 0.3, 0, -0.1],
    ]
    found = read_force_plates(write(tmp_path, [*RIGHT, *LEFT], rows))
    right, left = found.plates
    assert (right.name, left.name) == ("ground_force_r", "1_ground_force")
    np.testing.assert_array_equal(found.time_s, [0.5, 0.6])
    np.testing.assert_array_equal(right.force_n[0], [1.0, 700.0, 2.0])
    np.testing.assert_allclose(right.centre_of_pressure_mm[0], [100.0, 0.0, 200.0])
    assert np.isnan(right.centre_of_pressure_mm[1]).all()
    np.testing.assert_allclose(left.centre_of_pressure_mm[1], [300.0, 0.0, -100.0])
    assert found.warnings == ()


def test_millimetres_are_told(tmp_path: Path) -> None:
    rows = [[0.0, 1, 700, 2, 758.0, 0, -320.0]]
    found = read_force_plates(write(tmp_path, RIGHT, rows))
    np.testing.assert_allclose(found.plates[0].centre_of_pressure_mm[0], [758.0, 0.0, -320.0])
    assert found.warnings == ("ground_force_r_p: centres of pressure were taken as millimetres",)


def test_without_centres_of_pressure(tmp_path: Path) -> None:
    found = read_force_plates(write(tmp_path, ["vx", "vy", "vz"], [[0.0, 0, 700, 0]]))
    assert found.plates[0].name == "1"
    assert np.isnan(found.plates[0].centre_of_pressure_mm).all()


@pytest.mark.parametrize(
    ("names", "rows", "header", "why"),
    [
        (RIGHT, [[0.0, 1, 700]], HEADER, "line 5: expected 7 cells, found 3"),
        (RIGHT[:3], [[0.0, 1, "x", 2]], HEADER, "line 5"),
        (["knee_angle"], [[0.0, 1]], HEADER, "holds no ground reaction forces"),
        (RIGHT, [[0.0] * 7], "grf\n", "no line endheader"),
        (RIGHT, [], HEADER, "holds no rows"),
        (RIGHT, [[0.0] * 7, [0.0] * 7], HEADER, "times do not ascend"),
    ],
)
def test_what_is_no_such_file(
    tmp_path: Path, names: list[str], rows: list[list[float]], header: str, why: str
) -> None:
    with pytest.raises(FileFormatError, match=why):
        read_force_plates(write(tmp_path, names, rows, header))
