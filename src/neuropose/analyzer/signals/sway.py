"""Amount and speed of sway of a point on the floor plane, and of the centre of pressure."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neuropose.data.force_plates import ForcePlates
from neuropose.errors import SignalError
from neuropose.filters import low_pass

Array = NDArray[np.float64]

CHI_SQUARED = 5.991464547107979
"""95 % of a bivariate normal distribution."""
_LOADED_N = 50.0  # of all plates together: somebody stands there
_CUTOFF_HZ = 5.0


def sway_values(floor_mm: Array, rate_hz: float) -> dict[str, float]:
    """Measure the sway of a point.

    Parameters
    ----------
    floor_mm : ndarray, shape (T, 2)
        Place of the point, forwards and to the right. NaN: missing; two places or more are known.
    rate_hz : float
        Samples per second.

    Returns
    -------
    dict of str to float
        In mm, mm², mm/s and Hz; ``path_length`` is NaN if a sample is missing, and
        ``mean_frequency`` if the point does not move.

    Notes
    -----
    Prieto et al. 1996, IEEE Trans Biomed Eng 43:956; the ellipse: Schubert & Kirchner 2014, Gait
    Posture 39:518.

    Examples
    --------
    >>> angle = np.linspace(0.0, 2.0 * np.pi, 101)
    >>> circle = 10.0 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    >>> round(sway_values(circle, 100.0)["mean_velocity"], 1)
    62.8
    """
    known = np.isfinite(floor_mm).all(axis=1)
    floor_mm = floor_mm - floor_mm[known].mean(axis=0)
    there = floor_mm[known]
    steps = np.diff(floor_mm, axis=0)
    steps = steps[np.isfinite(steps).all(axis=1)]
    path_mm = float(np.linalg.norm(steps, axis=1).sum())
    away = np.linalg.norm(there, axis=1)
    speed = rate_hz * path_mm / len(steps)
    along = rate_hz * np.abs(steps).mean(axis=0)
    return {
        "rms_ap": float(np.sqrt((there[:, 0] ** 2).mean())),
        "rms_ml": float(np.sqrt((there[:, 1] ** 2).mean())),
        "rms_distance": float(np.sqrt((away**2).mean())),
        "mean_distance": float(away.mean()),
        "range_ap": float(np.ptp(there[:, 0])),
        "range_ml": float(np.ptp(there[:, 1])),
        "path_length": path_mm if known.all() else float("nan"),
        "mean_velocity": speed,
        "mean_velocity_ap": float(along[0]),
        "mean_velocity_ml": float(along[1]),
        "ellipse_area": float(
            np.pi * CHI_SQUARED * np.sqrt(max(0.0, np.linalg.det(np.cov(there.T))))
        ),
        "mean_frequency": speed / (2.0 * np.pi * float(away.mean())) if away.any() else np.nan,
    }


def centre_of_pressure(plates: ForcePlates, up: ArrayLike) -> Array:
    """Return the common centre of pressure of all plates.

    Parameters
    ----------
    plates : ForcePlates
        One plate, or one under each foot.
    up : array-like, shape (3,)
        Unit vector away from the floor, in the axes of the plates.

    Returns
    -------
    ndarray, shape (A, 3)
        Mean of the plates' centres of pressure, weighted by their vertical forces, mm. NaN:
        together they carry less than 50 N, or the centre of a loaded plate is not known.

    Examples
    --------
    >>> from neuropose.data import ForcePlate
    >>> feet = [
    ...     ForcePlate(name=name, force_n=[[0, 0, load]], centre_of_pressure_mm=[[0, at, 0]])
    ...     for name, load, at in (("1", 300.0, 100.0), ("2", 100.0, -100.0))
    ... ]
    >>> centre_of_pressure(ForcePlates(format="c3d", time_s=[0.0], plates=feet), [0, 0, 1])
    array([[ 0., 50.,  0.]])
    """
    direction = np.asarray(up, dtype=np.float64)
    total = np.zeros(len(plates.time_s))
    moment = np.zeros((len(plates.time_s), 3))
    for plate in plates.plates:
        load = np.maximum(plate.force_n @ direction, 0.0)
        centre = plate.centre_of_pressure_mm
        unknown = np.isnan(centre).any(axis=1)
        load = np.where(unknown & (load < _LOADED_N), 0.0, load)
        moment += load[:, None] * np.where((load == 0.0)[:, None], 0.0, centre)
        total += load
    stands = total >= _LOADED_N
    return np.where(stands[:, None], moment / np.where(stands, total, 1.0)[:, None], np.nan)


def pressure_sway(
    plates: ForcePlates, *, up: ArrayLike, forward: ArrayLike, cutoff_hz: float = _CUTOFF_HZ
) -> dict[str, float]:
    """Measure the sway of the centre of pressure in quiet standing.

    Parameters
    ----------
    plates : ForcePlates
        One plate, or one under each foot.
    up, forward : array-like, shape (3,)
        Away from the floor, and where the person faces, in the axes of the plates.
    cutoff_hz : float
        Low-pass, Hz; 5 in the source.

    Returns
    -------
    dict of str to float
        See `sway_values`. The centre of pressure moves more, and faster, than the body.

    Raises
    ------
    SignalError
        If nobody stands on the plates, or the cutoff is not below half the rate.

    Notes
    -----
    Prieto et al. 1996, IEEE Trans Biomed Eng 43:956.
    """
    axis = np.asarray(up, dtype=np.float64)
    ahead = np.asarray(forward, dtype=np.float64)
    ahead = ahead - (ahead @ axis) * axis
    ahead = ahead / np.linalg.norm(ahead)
    centre = centre_of_pressure(plates, axis)
    floor_mm = np.stack([centre @ ahead, centre @ np.cross(ahead, axis)], axis=1)
    rate_hz = (len(plates.time_s) - 1) / float(plates.time_s[-1] - plates.time_s[0])
    smooth = low_pass(floor_mm, rate_hz=rate_hz, cutoff_hz=cutoff_hz).values
    if np.isfinite(smooth).all(axis=1).sum() < 2:
        raise SignalError(
            "nobody stands on the force plates", hint="give a recording of quiet standing"
        )
    return sway_values(smooth, rate_hz)
