"""Force plates of C3D files, against wrenches computed by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.io.force_plates.plate_files import UPSIDE, plates_c3d

from neuropose.data.force_plates import ForcePlates
from neuropose.errors import FileFormatError, FileMissingError
from neuropose.io.force_plates import read_c3d_plates, read_force_plates

SAMPLES = 200
LOADED = slice(50, 150)
AT_MM = np.array([450.0, 120.0, 0.0])
FORCE_N = np.array([30.0, -80.0, 700.0])


def action(corners: np.ndarray, depth_mm: float = 0.0) -> np.ndarray:
    """What a plate's six channels show under `FORCE_N` at `AT_MM`, in its own axes."""
    x = (corners[0] - corners[1]) / np.linalg.norm(corners[0] - corners[1])
    y = (corners[0] - corners[3]) / np.linalg.norm(corners[0] - corners[3])
    axes = np.stack([x, y, np.cross(x, y)])
    force = axes @ -FORCE_N
    lever = axes @ (AT_MM - corners.mean(axis=0)) + [0.0, 0.0, -depth_mm]
    channels = np.zeros((SAMPLES, 6))
    channels[LOADED] = [*force, *np.cross(lever, force)]
    return channels


def read(folder: Path, data: bytes) -> ForcePlates:
    path = folder / "trial.c3d"
    path.write_bytes(data)
    return read_force_plates(path)


def test_force_and_centre_of_pressure(tmp_path: Path) -> None:
    found = read(tmp_path, plates_c3d(action(UPSIDE)))
    [plate] = found.plates
    np.testing.assert_allclose(plate.force_n[60], FORCE_N, atol=0.01)
    np.testing.assert_allclose(plate.centre_of_pressure_mm[60], AT_MM, atol=0.1)
    np.testing.assert_array_equal(plate.force_n[0], np.zeros(3))
    assert np.isnan(plate.centre_of_pressure_mm[0]).all()
    np.testing.assert_allclose(plate.corners_mm, UPSIDE)
    np.testing.assert_allclose(found.time_s, np.arange(SAMPLES) / 1000.0)
    assert (found.format, found.warnings) == ("c3d", ())


def test_a_program_that_stores_the_reaction_itself(tmp_path: Path) -> None:
    """It has both signs the other way; the force still pushes the foot up."""
    [plate] = read(tmp_path, plates_c3d(-action(UPSIDE))).plates
    np.testing.assert_allclose(plate.force_n[60], FORCE_N, atol=0.01)
    np.testing.assert_allclose(plate.centre_of_pressure_mm[60], AT_MM, atol=0.1)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_sensors_are_below_the_surface(tmp_path: Path, sign: float) -> None:
    """Programs differ in the sign of the origin; the sensors are below either way."""
    data = plates_c3d(action(UPSIDE, 40.0), origins=(0.0, 0.0, sign * 40.0))
    [plate] = read(tmp_path, data).plates
    np.testing.assert_allclose(plate.centre_of_pressure_mm[60], AT_MM, atol=0.1)


@pytest.mark.parametrize(
    ("unit", "size_mm"),
    [
        *((unit, 1000.0) for unit in ("Nm", "N-m", "N·m", "Newton meters", "Newton-metre")),
        *((unit, 1.0) for unit in ("N-mm", "Newton millimeter")),
        ("N.cm", 10.0),
    ],
)
def test_moments_in_other_units(tmp_path: Path, unit: str, size_mm: float) -> None:
    channels = action(UPSIDE) / ([1.0] * 3 + [size_mm] * 3)
    data = plates_c3d(channels, units=("N", "N", "N", unit, unit, unit))
    [plate] = read(tmp_path, data).plates
    np.testing.assert_allclose(plate.centre_of_pressure_mm[60], AT_MM, atol=0.1)


def test_calibration_of_volts(tmp_path: Path) -> None:
    matrix = np.diag([500.0, 500.0, 1000.0, 4e5, 4e5, 4e5])
    matrix[0, 2] = 3.0  # crosstalk
    volts = action(UPSIDE) @ np.linalg.inv(matrix).T
    data = plates_c3d(volts, kinds=(4,), calibration=matrix, units=("V",) * 6)
    [plate] = read(tmp_path, data).plates
    np.testing.assert_allclose(plate.force_n[60], FORCE_N, atol=0.1)
    np.testing.assert_allclose(plate.centre_of_pressure_mm[60], AT_MM, atol=0.2)


@pytest.mark.parametrize("stored", ["of all", "of this one", "wider"])
def test_calibration_beside_plates_of_other_types(tmp_path: Path, stored: str) -> None:
    matrix = np.diag([500.0, 500.0, 1000.0, 4e5, 4e5, 4e5])
    matrix[0, 2] = 3.0
    volts = action(UPSIDE) @ np.linalg.inv(matrix).T
    matrices = np.stack([np.zeros((6, 6)), matrix.T])
    if stored == "of this one":
        matrices = matrices[1:]
    elif stored == "wider":
        matrices = np.pad(matrices, ((0, 0), (0, 2), (0, 0)))
    data = plates_c3d(
        np.concatenate([action(UPSIDE), volts], axis=1), kinds=(2, 4), calibration=matrices
    )
    for plate in read(tmp_path, data).plates:
        np.testing.assert_allclose(plate.force_n[60], FORCE_N, atol=0.1)
        np.testing.assert_allclose(plate.centre_of_pressure_mm[60], AT_MM, atol=0.2)


def test_a_calibration_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match="a plate of type 4 has no calibration matrix"):
        read(tmp_path, plates_c3d(action(UPSIDE), kinds=(4,)))


def test_eight_sensors(tmp_path: Path) -> None:
    """700 N in the middle of a Kistler plate, a quarter on each sensor."""
    channels = np.zeros((SAMPLES, 8))
    channels[LOADED, 4:] = 175.0
    data = plates_c3d(channels, kinds=(3,), origins=(200.0, 120.0, 50.0), units=("N",) * 8)
    [plate] = read(tmp_path, data).plates
    np.testing.assert_allclose(plate.force_n[60], [0.0, 0.0, 700.0], atol=0.01)
    np.testing.assert_allclose(plate.centre_of_pressure_mm[60], UPSIDE.mean(axis=0), atol=0.1)


def test_a_plate_with_its_own_centre_of_pressure(tmp_path: Path) -> None:
    channels = action(UPSIDE)
    lever = AT_MM - UPSIDE.mean(axis=0)
    channels[LOADED, 3:] = [lever[0], -lever[1], 0.0]
    [plate] = read(tmp_path, plates_c3d(channels, kinds=(1,))).plates
    np.testing.assert_allclose(plate.centre_of_pressure_mm[60], AT_MM, atol=0.1)


def test_an_offset_is_subtracted_and_told(tmp_path: Path) -> None:
    channels = action(UPSIDE) + np.array([1.0, -2.0, 16.0, 10.0, 20.0, 0.0])
    found = read(tmp_path, plates_c3d(channels))
    np.testing.assert_allclose(found.plates[0].force_n[60], FORCE_N, atol=0.01)
    assert found.warnings == ("force plate 1: an offset of 16 N was subtracted",)


def test_somebody_who_stands_there_all_the_time_is_no_offset(tmp_path: Path) -> None:
    channels = np.tile(action(UPSIDE)[60], (SAMPLES, 1))
    np.testing.assert_allclose(
        read(tmp_path, plates_c3d(channels)).plates[0].force_n[0], FORCE_N, atol=0.01
    )


def test_two_plates_and_one_that_is_not_known(tmp_path: Path) -> None:
    channels = np.concatenate([action(UPSIDE), action(UPSIDE)], axis=1)
    found = read(tmp_path, plates_c3d(channels, kinds=(2, 11)))
    assert [plate.name for plate in found.plates] == ["1"]
    assert found.warnings == ("force plate 2 is left out: its type 11 is not known",)


def test_volts_without_calibration_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match="its channels are volts, not newtons"):
        read(tmp_path, plates_c3d(action(UPSIDE), units=("V",) * 6))


def test_no_plates(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match="has no force plates"):
        read(tmp_path, plates_c3d(action(UPSIDE), used=0))


def test_damaged_missing_and_other_files(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match="not a C3D file"):
        read(tmp_path, b"no C3D file" * 100)
    with pytest.raises(FileMissingError):
        read_c3d_plates(tmp_path / "none.c3d")
    with pytest.raises(FileFormatError, match=r"cannot be read from a \.trc file"):
        read_force_plates(tmp_path / "walk.trc")
