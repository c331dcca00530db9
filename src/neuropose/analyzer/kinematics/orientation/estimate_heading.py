"""Which way the subject faces, frame by frame, on the floor plane."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.kinematics.orientation.estimate_vertical import Vertical, vertical
from neuropose.data.arrays import read_only
from neuropose.errors import MissingJointsError
from neuropose.geometry import across, dot, smooth, unit
from neuropose.sequence.data import SequenceData
from neuropose.skeletons.sides import SIDES

Array = NDArray[np.float64]

BODY_WINDOW_S, SWING_WINDOW_S = 2.4, 3.0
"""Hann windows for the body's direction and for the swing of the legs."""
LEAST_SWING_MM = 40.0
"""Standard deviation of the ankles' distance along the heading below which there is no walking."""
EXCHANGED_SHARE = 0.5
"""Share of the frames with left and right exchanged from which on nothing is of its side."""
_STRAIGHT, _CURVED = 0.8, 0.4  # anisotropy of the swing: taken alone above, not at all below
_AGREES, _CONTRADICTS = np.cos(np.radians([35.0, 60.0]))  # of the swing with the body
_FULL_BEND_MM = 100.0  # a knee this far off the line from hip to ankle counts like a foot
_SHOWN = 0.1  # mean length of what the feet show below which they say nothing, as of who lies
_OPPOSED = 0.1  # of the frames in which a cue points backwards: worth a warning


@dataclass(frozen=True, eq=False)
class Heading:
    """The subject's forward direction on the floor, T frames.

    Parameters
    ----------
    forward : ndarray, shape (T, 3)
        Unit vectors at right angles to `up`, in the axes of the sequence. NaN: not known.
    pelvis : ndarray, shape (T, 3)
        The same for the pelvis alone, not smoothed: it swings about `forward` in walking.
    up : ndarray, shape (3,)
        The vertical that was used.
    swing : ndarray, shape (T,)
        Share of `forward` that comes from the swing of the legs, 0 to 1; the rest comes from the
        body (pelvis, feet, knees).
    confidence : float
        0 to 1: median agreement of the cues of the body (length of their mean vector, over the
        mean of their lengths), times ``1 − 2⁻ⁿ`` for n cues.
    method : str
        The cues, and in how much of the recording the legs' swing was used.
    warnings : tuple of str
        Cues that point backwards, and for how long.
    exchanged_share : float
        Share of the frames in which the hips point the other way than the feet, if the knees do on
        the whole as well: left and right are exchanged, or the recording is a mirror image.
    """

    forward: Array
    pelvis: Array
    up: Array
    swing: Array
    confidence: float
    method: str
    warnings: tuple[str, ...] = ()
    exchanged_share: float = 0.0

    @property
    def right(self) -> Array:
        """The subject's right on the floor, shape (T, 3)."""
        return np.cross(self.forward, self.up)

    @property
    def exchanged(self) -> str | None:
        """Why left and right are not those of the subject; None: nothing speaks against them."""
        if self.exchanged_share <= EXCHANGED_SHARE:
            return None
        return (
            "left and right are exchanged, or the recording is a mirror image: in "
            f"{100.0 * self.exchanged_share:.0f} % of the frames the hips point the other way than "
            "feet and knees"
        )

    @property
    def turned_deg(self) -> Array:
        """Angle turned since the first known frame, shape (T,); to the left positive, unwrapped."""
        turned = np.full(len(self.forward), np.nan)
        known = np.flatnonzero(np.isfinite(self.forward).all(axis=1))
        if len(known):
            start = self.forward[known[0]]
            left = np.cross(self.up, start)
            now = self.forward[known]
            turned[known] = np.degrees(np.unwrap(np.arctan2(now @ left, now @ start)))
        return turned


def heading(sequence: SequenceData, upright: Vertical | None = None) -> Heading:
    """Find which way the subject faces.

    Parameters
    ----------
    sequence : PoseSequence
        Evenly sampled.
    upright : Vertical, optional
        Direction away from the floor; default: estimated by `vertical`.

    Returns
    -------
    Heading

    Raises
    ------
    MissingJointsError
        If there are neither both hips nor both shoulders.

    Notes
    -----
    Three cues show where the front of the body is: the line of the hips (their left and right, so
    it turns round if a model swaps them), the feet (heel to toe, as far as the shank is
    upright) and the knees (they bend forwards). Their sum is smoothed over about a stride.

    In walking the direction of progress is known better from the swing of the legs: the principal
    axis of the horizontal vector from one ankle to the other, over about a stride. It is the same
    on a treadmill, and neither sway nor pelvic rotation affects it. The body shows which end of
    that axis is forward. Legs that spread to the side (an axis more than 60° off the body's
    direction) are ignored. So the heading is the subject's own, whichever way they walk, backwards
    too, and wherever the camera stands.

    Examples
    --------
    >>> from neuropose.testing import CameraView, simulate_walk, walker_sequence
    >>> facing = heading(walker_sequence(simulate_walk(), CameraView(heading_deg=180.0)))
    >>> (facing.forward[100].round(3) + 0.0).tolist()
    [-1.0, 0.0, 0.0]
    """
    upright = vertical(sequence) if upright is None else upright
    up, rate_hz = upright.up, sequence.sampling_rate_hz
    pelvis = _pelvis_forward(sequence, up)
    cues = {"hips": pelvis} | _feet(sequence, up) | _knees(sequence, up)
    stacked = np.stack([np.nan_to_num(cue) for cue in cues.values()])
    stacked[:, np.isnan(np.stack(list(cues.values()))).all(axis=(0, 2))] = np.nan
    width = _frames(BODY_WINDOW_S, rate_hz)
    mean = smooth(stacked.sum(axis=0), width)
    lengths = smooth(np.linalg.norm(stacked, axis=2).sum(axis=0), width)
    body = unit(mean, least=1e-6)
    axis, share = _swing(sequence, up, body)
    forward = unit(share[:, None] * axis + (1.0 - share[:, None]) * body, least=1e-6)
    agreement = np.linalg.norm(mean, axis=1) / lengths
    known = np.isfinite(agreement)
    sure = float(np.median(agreement[known])) if known.any() else 0.0
    return Heading(
        forward=read_only(forward, np.float64),
        pelvis=read_only(pelvis, np.float64),
        up=up,
        swing=read_only(share, np.float64),
        confidence=min(1.0, sure * (1.0 - 0.5 ** len(cues))),
        method=f"{', '.join(cues)}; swing of the legs in {100.0 * share.mean():.0f} % of the time",
        warnings=(*upright.warnings, *_opposed(cues, forward)),
        exchanged_share=_exchanged_share(cues),
    )


def _frames(window_s: float, rate_hz: float) -> int:
    return 1 if np.isnan(rate_hz) else max(1, round(window_s * rate_hz))


def _pelvis_forward(sequence: SequenceData, up: Array) -> Array:
    """Return the pelvis's forward direction, or the chest's without hips; horizontal."""
    pairs = [("left_hip", "right_hip"), ("left_shoulder", "right_shoulder")]
    for pair in pairs:
        if sequence.has(*pair):
            left, right = sequence.require(*pair)
            return unit(np.cross(up, right - left))
    raise MissingJointsError(
        f"{sequence.source} has neither hips nor shoulders to find the heading with",
        hint="use a model or marker set with both hips",
        source=sequence.source,
        missing=pairs[0],
    )


def _feet(sequence: SequenceData, up: Array) -> dict[str, Array]:
    """Where the feet point, horizontally; weighted less, the less upright the shank is."""
    for back in ("heel", "ankle"):
        needed = [f"{side}_{joint}" for side in SIDES for joint in (back, "toe")]
        if not sequence.has(*needed):
            continue
        feet = []
        for side in SIDES:
            rear, toe = sequence.require(f"{side}_{back}", f"{side}_toe")
            feet.append(unit(across(toe - rear, up)) * _standing(sequence, side, up))
        return {"feet": _mean(feet)}
    return {}


def _standing(sequence: SequenceData, side: str, up: Array) -> Array:
    if not sequence.has(f"{side}_knee", f"{side}_ankle"):
        return np.ones((len(sequence), 1))
    knee, ankle = sequence.require(f"{side}_knee", f"{side}_ankle")
    return np.clip(unit(knee - ankle) @ up, 0.0, 1.0)[:, None]


def _knees(sequence: SequenceData, up: Array) -> dict[str, Array]:
    """How far the knees are off the line from hip to ankle, horizontally, as a share of 10 cm."""
    bends = []
    for side in SIDES:
        names = [f"{side}_{part}" for part in ("hip", "knee", "ankle")]
        if not sequence.has(*names):
            return {}
        hip, knee, ankle = sequence.require(*names)
        bend_mm = across(across(knee - hip, unit(ankle - hip)), up)
        length_mm = np.linalg.norm(bend_mm, axis=1, keepdims=True)
        bends.append(bend_mm / np.maximum(length_mm, _FULL_BEND_MM))
    return {"knees": _mean(bends)}


def _mean(sides: list[Array]) -> Array:
    """Mean of both sides, or the one that is known."""
    known = np.stack([np.isfinite(side).all(axis=1) for side in sides])
    total = np.nansum(np.stack(sides), axis=0)
    return np.asarray(total / np.where(known.any(axis=0), known.sum(axis=0), np.nan)[:, None])


def _swing(sequence: SequenceData, up: Array, body: Array) -> tuple[Array, Array]:
    """Return the principal axis of the ankles' horizontal distance, and its weight, 0 to 1."""
    if not sequence.has("left_ankle", "right_ankle"):
        return np.zeros_like(body), np.zeros(len(body))
    left, right = sequence.require("left_ankle", "right_ankle")
    first = unit(np.cross(up, np.eye(3)[int(np.argmin(np.abs(up)))]), least=0.0)
    second = np.cross(up, first)
    apart_mm = np.stack([(left - right) @ first, (left - right) @ second], axis=1)
    products = np.column_stack([apart_mm, apart_mm**2, apart_mm.prod(axis=1)])
    width = _frames(SWING_WINDOW_S, sequence.sampling_rate_hz)
    x, y, xx, yy, xy = smooth(products, width).T
    xx, yy, xy = xx - x * x, yy - y * y, xy - x * y
    angle = 0.5 * np.arctan2(2.0 * xy, xx - yy)
    axis = np.cos(angle)[:, None] * first + np.sin(angle)[:, None] * second
    axis *= np.where(dot(axis, body) < 0.0, -1.0, 1.0)[:, None]
    spread, total = np.hypot(xx - yy, 2.0 * xy), np.maximum(xx + yy, 1e-9)
    straight = np.clip((spread / total - _CURVED) / (_STRAIGHT - _CURVED), 0.0, 1.0)
    walking = np.clip(np.sqrt(0.5 * (total + spread)) / LEAST_SWING_MM - 1.0, 0.0, 1.0)
    # Legs that spread to the side (jumping jacks, side steps) swing across the body.
    along = np.clip((dot(axis, body) - _CONTRADICTS) / (_AGREES - _CONTRADICTS), 0.0, 1.0)
    return np.nan_to_num(axis), np.nan_to_num(straight * walking * along)


def _opposed(cues: dict[str, Array], forward: Array) -> list[str]:
    warnings = []
    for name, cue in cues.items():
        along = dot(cue, forward)
        known = np.isfinite(along)
        share = float((along[known] < 0.0).mean()) if known.any() else 0.0
        if share > _OPPOSED:
            warnings.append(
                f"the {name} point backwards in {100.0 * share:.0f} % of the frames: "
                "left and right may be exchanged"
            )
    return warnings


def _exchanged_share(cues: dict[str, Array]) -> float:
    """Share of the frames, as far as the feet stand, in which the hips oppose them; 0 if unsure."""
    if not {"feet", "knees"} <= set(cues):
        return 0.0
    by_feet, by_knees = (np.nan_to_num(dot(cues["hips"], cues[name])) for name in ("feet", "knees"))
    weight = float(np.abs(by_feet).sum())
    if not (weight > _SHOWN * len(by_feet) and by_knees.sum() < 0.0):
        return 0.0
    return float(np.abs(by_feet[by_feet < 0.0]).sum()) / weight
