"""Postural sway: amount and speed of movement in quiet standing, on the floor plane."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import PositiveFloat

from neuropose.analyzer.prepared import PreparedRecording, prepare_recording
from neuropose.analyzer.signals.noise import Noise, white_noise
from neuropose.analyzer.signals.sway import CHI_SQUARED, sway_values
from neuropose.analyzer.tasks.drawn import with_standard_errors
from neuropose.analyzer.tasks.findings import Findings
from neuropose.analyzer.tasks.settings import TaskSettings
from neuropose.data import Report
from neuropose.geometry import angle_deg, unit
from neuropose.sequence.data import ReferenceFrame
from neuropose.sequence.pose_sequence import PoseSequence
from neuropose.skeletons.sides import SIDES

Array = NDArray[np.float64]

UNITS = {
    "rms_ap": "mm",
    "rms_ml": "mm",
    "rms_distance": "mm",
    "mean_distance": "mm",
    "range_ap": "mm",
    "range_ml": "mm",
    "path_length": "mm",
    "mean_velocity": "mm/s",
    "mean_velocity_ap": "mm/s",
    "mean_velocity_ml": "mm/s",
    "ellipse_area": "mm²",
    "mean_frequency": "Hz",
    "noise_ap": "mm",
    "noise_ml": "mm",
    "noise_velocity": "mm/s",
}
_DRIFT = (
    "poses from video: errors that drift slowly, of a centimetre or more along the line of sight, "
    "look like sway and are not in the noise given here"
)
_CARRIED = (
    "both feet move with the body, by {percent} % as far: the camera moves, or the poses drift; "
    "put the camera on a tripod"
)
_JUDGED_BY = {"range_ap": "rms_ap", "range_ml": "rms_ml", "mean_frequency": "mean_velocity"}
_WITHIN = 2.0  # times the noise: anything less cannot be distinguished from it
_TURNED_DEG = 30.0
_TURNS_DEG = 90.0  # from the mean direction: beyond that, forwards is backwards for a while
_SEATED_DEG = 60.0  # of the thigh from the vertical; in a crouch it is 45° or less
_SEATED = (
    "the person sits or lies: both thighs are {deg:.0f}° from the vertical, and {what} is not that "
    "of standing"
)
_WITH_FEET = 0.5
_ANKLES = ("left_ankle", "right_ankle")
_AXES = ("ap", "ml")


class _Axes(NamedTuple):
    """Forward and to the right, unit vectors, and how far the person turns from there."""

    forward: Array
    right: Array
    turned_deg: float


class SwaySettings(TaskSettings):
    """How postural sway is measured.

    Parameters
    ----------
    joint : str
        Point that represents the body; the pelvis is near the centre of mass.
    least_s : float
        Shorter recordings are refused, seconds.
    short_s : float
        Shorter recordings get a warning, seconds.
    most_step_mm : float
        If an ankle moves further from its place than this, the subject does not stand still.
    most_range_mm : float
        If the point moves further from its place than this, the subject does not stand still.
    """

    joint: str = "pelvis"
    least_s: PositiveFloat = 5.0
    short_s: PositiveFloat = 25.0
    most_step_mm: PositiveFloat = 120.0
    most_range_mm: PositiveFloat = 200.0


@with_standard_errors
def measure_sway(recording: PoseSequence, settings: SwaySettings | None = None) -> Report:
    """Measure postural sway in quiet standing.

    Parameters
    ----------
    recording : PoseSequence
        Recording of quiet standing from beginning to end.
    settings : SwaySettings, optional
        Joint, durations and limits; default: `SwaySettings()`.

    Returns
    -------
    Report
        Along (AP) and across (ML) the mean heading, from the mean position: ``rms_ap``, ``rms_ml``,
        ``range_ap``, ``range_ml``; on the plane ``rms_distance``, ``mean_distance``,
        ``path_length``, ``mean_velocity`` (path over time) and the same along either axis,
        ``ellipse_area`` (95 %), ``mean_frequency`` (mean velocity over the perimeter of the circle
        with the mean distance as radius). ``noise_ap``, ``noise_ml`` and ``noise_velocity`` are
        the values that noise of the recording alone would produce: a measure less than twice as
        large is within the noise, and has a warning.

    Raises
    ------
    MissingJointsError
        If the skeleton has no such joint, or no hips or shoulders to find the heading.

    Notes
    -----
    Prieto et al. 1996, IEEE Trans Biomed Eng 43:956 (all but the ellipse; there, of the centre of
    pressure, which moves more and faster than the body). Ellipse: Schubert & Kirchner 2014, Gait
    Posture 39:518: π χ² √det of the covariance, χ² = 5.991. 25 to 40 s: Scoppa et al. 2013, Gait
    Posture 37:290. The seat holds the pelvis of a person who sits: there is no value, as for one
    who lies. Both ankles stand still in sway: along an axis where each moves with the body,
    more than half as far, the camera moves, and there is no value. Noise:
    `neuropose.analyzer.signals.noise`, a lower bound. Power spectra are left
    out: above 1 Hz the noise of poses from video is as strong as the sway of healthy people.

    Examples
    --------
    >>> from neuropose.testing import simulate_sway
    >>> report = measure_sway(simulate_sway(forward_mm=10.0, aside_mm=5.0).sequence)
    >>> round(report.measures["rms_ap"].value, 1), round(report.measures["rms_ml"].value, 1)
    (7.1, 3.5)
    """
    settings = SwaySettings() if settings is None else settings
    found, prepared = Findings("sway", UNITS), None
    recording.require(settings.joint, "left_hip", "right_hip")
    with found.refusals():
        prepared = prepare_recording(recording, settings.preparation)
        axes = _axes(prepared, found)
        if axes is not None and _stands(prepared, settings, found):
            _measure(prepared, axes, settings, found)
    return found.report(recording, settings, prepared)


def _axes(prepared: PreparedRecording, found: Findings) -> _Axes | None:
    """Return the mean forward direction and the one to the right, and how far it is left."""
    forward = prepared.heading.forward
    known = forward[np.isfinite(forward).all(axis=1)]
    if not len(known):
        found.miss("the heading is not known: the hips are missing")
        return None
    mean_forward = unit(known.mean(axis=0), least=1e-6)
    if not np.isfinite(mean_forward).all():
        found.miss("the person turns: there is no mean direction to face")
        return None
    turned = float(np.percentile(angle_deg(known, mean_forward), 95.0))
    if turned > _TURNED_DEG:
        found.warnings.append(f"the person turns by up to {turned:.0f}° from the mean direction")
    return _Axes(mean_forward, np.cross(mean_forward, prepared.vertical.up), turned)


def _stands(prepared: PreparedRecording, settings: SwaySettings, found: Findings) -> bool:
    point = prepared.sequence.joint(settings.joint)
    known_s = float(np.isfinite(point).all(axis=1).sum()) / prepared.rate_hz
    if known_s < settings.least_s:
        found.miss(f"{known_s:.1f} s are too short: at least {settings.least_s:g} s are needed")
        return False
    if known_s < settings.short_s:
        found.warnings.append(
            f"{known_s:.0f} s are short for sway: values settle after {settings.short_s:g} s"
        )
    limits = {settings.joint: settings.most_range_mm}
    for name in _ANKLES:
        if prepared.sequence.has(name):
            limits[name] = settings.most_step_mm
    for name, limit_mm in limits.items():
        away_mm = _away_mm(prepared.sequence.joint(name), prepared.vertical.up)
        if away_mm > limit_mm:
            found.miss(
                f"the person does not stand still: the {name.replace('_', ' ')} gets "
                f"{away_mm:.0f} mm away from its place"
            )
            return False
    thighs_deg = _thighs_deg(prepared)
    if thighs_deg > _SEATED_DEG:
        if settings.joint == "pelvis":  # which the seat holds
            found.miss(_SEATED.format(deg=thighs_deg, what="sway of the pelvis"))
            return False
        found.warnings.append(_SEATED.format(deg=thighs_deg, what="this sway"))
    return True


def _thighs_deg(prepared: PreparedRecording) -> float:
    """Angle from the vertical of the thigh that is the more upright one. NaN: not known."""
    angles = []
    for side in SIDES:
        if not prepared.sequence.has(f"{side}_knee"):
            return float("nan")
        thigh = prepared.sequence.joint(f"{side}_hip") - prepared.sequence.joint(f"{side}_knee")
        known = thigh[np.isfinite(thigh).all(axis=1)]
        if not len(known):
            return float("nan")
        angles.append(float(np.median(angle_deg(known, prepared.vertical.up))))
    return min(angles)


def _away_mm(position: Array, up: Array) -> float:
    """98th percentile of the horizontal distance from the usual place."""
    known = position[np.isfinite(position).all(axis=1)]
    if not len(known):
        return 0.0
    offset = known - np.median(known, axis=0)
    level = offset - (offset @ up)[:, None] * up
    return float(np.percentile(np.linalg.norm(level, axis=1), 98.0))


def _measure(
    prepared: PreparedRecording, axes: _Axes, settings: SwaySettings, found: Findings
) -> None:
    position = prepared.sequence.joint(settings.joint)
    directions = (axes.forward, axes.right)
    floor = np.stack([position @ axis for axis in directions], axis=1)
    known = np.asarray(np.isfinite(floor).all(axis=1))
    n = int(known.sum())
    steps = int((known[1:] & known[:-1]).sum())
    values = sway_values(floor, prepared.rate_hz)
    noises = [white_noise(prepared, settings.joint, axis) for axis in directions]
    floors = _floors(noises, prepared, steps)
    trust = prepared.vertical.confidence * prepared.confidence(settings.joint)
    recording = prepared.recording
    if recording.frame is ReferenceFrame.CAMERA or recording.position_error.one_camera:
        found.warnings.append(_DRIFT)
    with_feet = {
        axis: share
        for axis, along in zip(_AXES, directions, strict=True)
        if (share := _share_of_feet(prepared, position @ along, along)) > _WITH_FEET
    }
    for name, value in values.items():
        carried = [axis for axis in _AXES if axis in with_feet and _is_of(name, axis)]
        if carried:
            share = max(with_feet[axis] for axis in carried)
            found.miss(_CARRIED.format(percent=round(100.0 * share)), name)
            continue
        if axes.turned_deg > _TURNS_DEG and name.endswith(_AXES):
            found.miss("the person turns: no direction is forward all the time", name)
            continue
        judged = _JUDGED_BY.get(name, name)
        noise = floors.get(judged, 0.0)
        sure = trust * (prepared.heading.confidence if name.endswith(("_ap", "_ml")) else 1.0)
        if noise and values[judged]:
            sure *= max(0.0, 1.0 - (noise / values[judged]) ** 2)
        within = f"{judged} is within the noise of the recording, {noise:.2g} {UNITS[judged]}"
        found.give(
            name,
            value,
            n,
            confidence=sure,
            warnings=(within,) if values[judged] < _WITHIN * noise else (),
            reason="the point does not move at all"
            if name == "mean_frequency"
            else "the point is missing in some frames: see the mean velocity",
        )
    own = {"noise_ap": "rms_ap", "noise_ml": "rms_ml", "noise_velocity": "mean_velocity"}
    for name, measure in own.items():
        found.give(
            name,
            floors.get(measure, float("nan")),
            n,
            reason="without a low-pass, noise cannot be told from sway",
        )


def _is_of(measure: str, axis: str) -> bool:
    """Whether a measure is along an axis, or of the whole plane."""
    return measure.endswith(f"_{axis}") or not measure.endswith(_AXES)


def _share_of_feet(prepared: PreparedRecording, along_mm: Array, axis: Array) -> float:
    """How far the foot that does so less moves along with the body, as a share of its way.

    Who sways on the floor has 0, whatever the noise of single joints; a camera that shakes moves
    feet and body alike. NaN if an ankle is not known.
    """
    shares = []
    for name in _ANKLES:
        if not prepared.sequence.has(name):
            return float("nan")
        ankle_mm = prepared.sequence.joint(name) @ axis
        known = np.isfinite(along_mm) & np.isfinite(ankle_mm)
        if known.sum() < 2 or not np.ptp(along_mm[known]):
            return float("nan")
        covariance = np.cov(along_mm[known], ankle_mm[known])
        shares.append(float(covariance[0, 1] / covariance[0, 0]))
    return min(shares)


def _floors(
    noises: list[Noise | None], prepared: PreparedRecording, steps: int
) -> dict[str, float]:
    """Return the value of each measure if there were only noise."""
    along, aside = noises
    if along is None or aside is None:
        return {}
    distance = float(np.hypot(along.position_mm, aside.position_mm))
    # The mean length of a vector with two normal components, exact if they are alike.
    speed = float(np.sqrt(np.pi / 4.0) * np.hypot(along.velocity_mm_s, aside.velocity_mm_s))
    mean = float(np.sqrt(2.0 / np.pi))
    return {
        "rms_ap": along.position_mm,
        "rms_ml": aside.position_mm,
        "rms_distance": distance,
        "mean_distance": float(np.sqrt(np.pi / 4.0)) * distance,
        "path_length": speed * steps / prepared.rate_hz,
        "mean_velocity": speed,
        "mean_velocity_ap": mean * along.velocity_mm_s,
        "mean_velocity_ml": mean * aside.velocity_mm_s,
        "ellipse_area": float(np.pi * CHI_SQUARED * along.position_mm * aside.position_mm),
    }
