"""Cameras calibrated without a board: from the people who walk through all views."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from neuropose.data import Assumption, Source
from neuropose.data.cameras import Clock, Rig, RigCamera
from neuropose.errors import CalibrationError
from neuropose.multiview.adjustment import Adjusted, adjust_views, moments_s, sightings
from neuropose.multiview.bundle import Free, residuals
from neuropose.multiview.ground import (
    STATURE_ERROR,
    STATURE_LANDMARKS,
    Ground,
    find_ground,
    stature_mm,
)
from neuropose.multiview.rays import centre, meet, whole
from neuropose.multiview.rig_check import doubts_of_clocks
from neuropose.multiview.sides import mirrored
from neuropose.multiview.structure import AGREEMENT, Structure, first_structure
from neuropose.multiview.synchronisation import synchronise
from neuropose.multiview.two_views import relative_pose
from neuropose.multiview.views import View, placed_joints
from neuropose.skeletons.stature import STATURES_MM, require_stature

Array = NDArray[np.float64]

USUAL_STATURE_MM = 1700.0
"""Assumed if neither a height nor a distance is given; most adults are within 12 % of it."""
_ASSUMED_ERROR = 0.06
_MOST_MISFIT_MM = 60.0
"""Rays of the same landmarks miss each other by 10 to 30 mm if cameras are right."""
_LEAST_AGREEING = 0.3  # of the landmarks that two views share; good ones: more than 0.5
_MIRRORED_GAIN = 0.25  # more landmarks agree in a mirror; rightly, half as many do
_LEAST_APART_DEG = 8.0
_GOOD_TRAVEL_MM = 1500.0
_UNDER_MM = 50.0
_FEW_MOMENTS = 40


@dataclass(frozen=True)
class ViewCheck:
    """How well one camera agrees with the calibration.

    Parameters
    ----------
    name : str
        Of the camera.
    reprojection_px : float
        Root mean square distance of landmarks from where the calibration puts them, px.
    misfit_mm : float
        Median distance at the person, mm.
    coverage : float
        Share of the picture that the person's landmarks reached, 0 to 1.
    height_mm : float
        Of the camera above the floor.
    """

    name: str
    reprojection_px: float
    misfit_mm: float
    coverage: float
    height_mm: float


@dataclass(frozen=True)
class PeopleCalibration:
    """Cameras as calibrated, and the verdict.

    Parameters
    ----------
    rig : Rig
        The cameras: the floor is at height 0 and z is up; x is where the first camera looks.
    checks : tuple of ViewCheck
        Of each camera.
    stature_mm : float
        Of the person, after the scale is set.
    travelled_mm : float
        How far the person walked.
    apart_deg : float
        Greatest angle between two cameras as seen from the person.
    tilt_error_deg : float
        Standard error of the vertical.
    verdict : tuple of str
        Sentences for who set up the cameras, the most serious first.
    """

    rig: Rig
    checks: tuple[ViewCheck, ...]
    stature_mm: float
    travelled_mm: float
    apart_deg: float
    tilt_error_deg: float
    verdict: tuple[str, ...]


def calibrate_from_people(
    views: Sequence[View],
    *,
    clocks: Mapping[str, Clock] | None = None,
    height_mm: float | None = None,
    distance_mm: tuple[str, str, float] | None = None,
) -> PeopleCalibration:
    """Find where cameras are from a person who walks through all views.

    Parameters
    ----------
    views : sequence of View
        One of each camera, two or more, of the same person; intrinsics are those of the views.
    clocks : mapping of str to Clock, optional
        Of each camera. Default: found from the movement too.
    height_mm : float, optional
        The person's height without shoes, which gives the scale.
    distance_mm : tuple of (str, str, float), optional
        Names of two cameras and the distance between them, which gives the scale instead.

    Returns
    -------
    PeopleCalibration

    Raises
    ------
    ConfigError
        If nobody is of this height.
    CalibrationError
        If cameras cannot be found, or those found are impossible: a mirrored video, a camera under
        the floor, a person of 4 m.
    SynchronisationError
        If there are no clocks, and they cannot be found.

    Notes
    -----
    Relative poses from the landmarks that pairs of views share (Nistér 2004), further cameras from
    triangulated landmarks, then bundle adjustment with Student's distribution. The vertical is that
    of the body and of the floor that the feet stood on.
    """
    if len(views) < 2:
        raise CalibrationError(
            "one camera has no place relative to others", hint="give two views or more"
        )
    require_stature(height_mm)
    clocks_are_stated = clocks is not None
    warnings: list[str] = []
    if clocks is None:
        synchronised = synchronise(views)
        clocks = synchronised.clocks
        warnings = [f"in the calibration, {each}" for each in synchronised.warnings]
    chosen = [clocks.get(view.name, Clock()) for view in views]
    start = first_structure(views, chosen)
    start = _require_agreement(views, chosen, start)
    found = adjust_views(views, chosen, start.rotation, start.translation_mm, Free.PLACES)
    assert found is not None
    calibrated = _World(views, found).calibrated(height_mm, distance_mm, tuple(warnings))
    return _with_doubts_of_clocks(calibrated, views) if clocks_are_stated else calibrated


def _with_doubts_of_clocks(found: PeopleCalibration, views: Sequence[View]) -> PeopleCalibration:
    verdict = (*found.verdict, *doubts_of_clocks(views, found.rig))
    return replace(found, rig=found.rig.model_copy(update={"warnings": verdict}), verdict=verdict)


def _require_agreement(
    views: Sequence[View], clocks: Sequence[Clock], start: Structure | None
) -> Structure:
    culprits = _mirrored(views, clocks)
    if culprits:
        raise CalibrationError(
            f"the video of {' or '.join(culprits)} is mirrored",
            hint="switch the mirror image of a front camera off, or flip the video, and film again",
        )
    lost = [view.name for view in views] if start is None else _disagreeing(views, start)
    if start is None or lost:
        raise CalibrationError(
            f"{', '.join(lost)}: the cameras did not see the same person move in the same way",
            hint="let one person walk through the whole room in view of all cameras at once, for "
            "ten seconds; check the clocks and the intrinsics",
        )
    return start


def _disagreeing(views: Sequence[View], start: Structure) -> list[str]:
    best = [
        max(
            (pair.agreeing / pair.shared for key, pair in start.pairs.items() if view in key),
            default=0.0,
        )
        for view in range(len(views))
    ]
    return [view.name for view, share in zip(views, best, strict=True) if share < _LEAST_AGREEING]


def _mirrored(views: Sequence[View], clocks: Sequence[Clock]) -> list[str]:
    """Name the view that agrees with the others only if its picture is flipped; of two, both.

    Who is seen in a mirror has left and right exchanged: flipped, both must be put right.
    """
    times = moments_s(views, clocks, _FEW_MOMENTS)
    if not len(times):
        return []
    landmarks = placed_joints(views)
    seen, _ = sightings(views, clocks, times, landmarks)
    other = mirrored(tuple(landmarks))
    as_is, flipped, shared = np.zeros(len(views)), np.zeros(len(views)), np.zeros(len(views))
    for pair in combinations(range(len(views)), 2):
        one, two = pair
        tolerance = AGREEMENT * min(views[one].extent, views[two].extent)
        first = seen.rays[one].reshape(-1, 2)
        for counts, second in (
            (as_is, seen.rays[two]),
            (flipped, seen.rays[two][:, other] * [-1.0, 1.0]),
        ):
            found = relative_pose(first, second.reshape(-1, 2), tolerance)
            if found is not None:
                counts[list(pair)] += found.agreeing
        shared[list(pair)] += (whole(seen.rays[one]) & whole(seen.rays[two])).sum()
    gain = flipped - as_is
    most = int(gain.argmax())
    if gain[most] <= _MIRRORED_GAIN * as_is[most] or flipped[most] < _LEAST_AGREEING * shared[most]:
        return []
    return [view.name for view, each in zip(views, gain, strict=True) if each == gain.max()]


class _World:
    """The adjusted cameras, brought to the floor and to scale."""

    def __init__(self, views: Sequence[View], found: Adjusted) -> None:
        self.views, self.found = views, found
        self.misfit_mm = (
            np.linalg.norm(residuals(found.seen, found.bundle), axis=-1) * found.seen.error_mm
        )
        self.rotation, self.translation_mm = found.bundle.rotation, found.bundle.translation_mm
        self.points_mm = found.bundle.points_mm

    def calibrated(
        self,
        height_mm: float | None,
        distance_mm: tuple[str, str, float] | None,
        warnings: tuple[str, ...],
    ) -> PeopleCalibration:
        """Set the scale, the vertical and the floor, and judge the result."""
        stature = self._stature_mm()
        factor, source, error, how = self._scale(stature, height_mm, distance_mm)
        stature *= factor
        if np.isfinite(stature) and not STATURES_MM[0] <= stature <= STATURES_MM[1]:
            raise CalibrationError(
                f"the person would be {stature / 1000.0:.1f} m tall",
                hint="check the distance between the cameras (mm) and that all saw one person",
            )
        ground = find_ground(self.found.seen.time_s, self.found.landmarks, self.points_mm * factor)
        if ground is None:
            raise CalibrationError(
                "the feet and the head were not seen by two cameras at once",
                hint="film the whole person with all cameras",
            )
        centres = centre(self.rotation, self.translation_mm) * factor
        heights = centres @ ground.up - ground.floor_mm
        under = [
            view.name
            for view, height in zip(self.views, heights, strict=True)
            if height < -_UNDER_MM
        ]
        if under:
            raise CalibrationError(
                f"{', '.join(under)} would be under the floor",
                hint="the video may be upside down or mirrored, or its intrinsics another camera's",
            )
        axes, origin = self._axes(ground, centres)
        rotation = self.rotation @ axes.T
        translation = self.translation_mm * factor + np.einsum("vij,j->vi", self.rotation, origin)
        checks = tuple(
            self._check(number, float(heights[number]), factor) for number in range(len(self.views))
        )
        apart_deg = self._apart_deg(centres, factor)
        verdict = (*warnings, *self._verdict(checks, ground, apart_deg, source))
        rig = Rig(
            cameras=tuple(
                RigCamera(
                    name=view.name,
                    camera=view.camera,
                    width=view.size_px[0],
                    height=view.size_px[1],
                    rotation=_rows(_orthonormal(rotation[number])),
                    translation_mm=tuple(float(each) for each in translation[number]),
                    clock=self.found.clocks[number],
                    reprojection_px=checks[number].reprojection_px,
                )
                for number, view in enumerate(self.views)
            ),
            up=(0.0, 0.0, 1.0),
            up_source=Source.ASSUMED,
            floor_mm=0.0,
            scale_source=source,
            scale_error=error,
            origin="people who walked through all views",
            assumptions={
                "scale": Assumption(source=source, value=how),
                "vertical": Assumption(
                    source=Source.ASSUMED,
                    value=f"that of the body and the feet, within {ground.tilt_error_deg:.1f}°",
                ),
            },
            warnings=verdict,
        )
        return PeopleCalibration(
            rig,
            checks,
            stature,
            ground.travelled_mm,
            apart_deg,
            ground.tilt_error_deg,
            verdict,
        )

    def _stature_mm(self) -> float:
        canonical = [
            {name: made[0] for name, made in view.skeleton.canonical.items() if len(made) == 1}
            for view in self.views
        ]
        if not all(set(STATURE_LANDMARKS) <= set(each) for each in canonical):
            return float("nan")
        named = {name: tuple(each[name] for each in canonical) for name in STATURE_LANDMARKS}
        seen, _ = sightings(self.views, self.found.clocks, self.found.seen.time_s, named)
        points = meet(seen.rays, seen.error_mm, self.rotation, self.translation_mm).points_mm
        return stature_mm(STATURE_LANDMARKS, points)

    def _scale(
        self,
        stature: float,
        height_mm: float | None,
        distance_mm: tuple[str, str, float] | None,
    ) -> tuple[float, Source, float, str]:
        if distance_mm is not None:
            one, other, length_mm = distance_mm
            names = [view.name for view in self.views]
            if one not in names or other not in names or one == other or length_mm <= 0.0:
                raise CalibrationError(
                    f"no distance of {length_mm:g} mm between {one!r} and {other!r}",
                    hint=f"name two of {', '.join(names)}, and a length in mm",
                )
            centres = centre(self.rotation, self.translation_mm)
            now = np.linalg.norm(centres[names.index(one)] - centres[names.index(other)])
            return (
                length_mm / float(now),
                Source.GIVEN,
                0.005,
                f"{one} to {other}: {length_mm:g} mm",
            )
        wanted = USUAL_STATURE_MM if height_mm is None else height_mm
        if not np.isfinite(stature):
            raise CalibrationError(
                "the person's height cannot be compared with anything: joints are missing",
                hint="give the distance between two cameras",
            )
        if height_mm is None:
            return wanted / stature, Source.ASSUMED, _ASSUMED_ERROR, f"a person of {wanted:.0f} mm"
        return wanted / stature, Source.GIVEN, STATURE_ERROR, f"a person of {wanted:.0f} mm"

    def _axes(self, ground: Ground, centres: Array) -> tuple[Array, Array]:
        """Rows are the axes of the world in those of the first camera; and its origin."""
        ahead = self.rotation[0][2]
        flat = ahead - (ahead @ ground.up) * ground.up
        if np.linalg.norm(flat) < 0.05:  # it looks straight down
            flat = self.rotation[0][1] - (self.rotation[0][1] @ ground.up) * ground.up
        x = flat / np.linalg.norm(flat)
        axes = np.stack([x, np.cross(ground.up, x), ground.up])
        middle = np.nanmedian(self.points_mm.reshape(-1, 3), axis=0) * (
            np.linalg.norm(centres).item()
            / max(np.linalg.norm(centre(self.rotation, self.translation_mm)).item(), 1e-9)
        )
        origin = middle - (middle @ ground.up - ground.floor_mm) * ground.up
        return axes, origin

    def _check(self, number: int, height_mm: float, factor: float) -> ViewCheck:
        view, bundle = self.views[number], self.found.bundle
        missed = self.misfit_mm[number]
        local = bundle.points_mm @ bundle.rotation[number].T + bundle.translation_mm[number]
        missed_px = missed / np.where(local[..., 2] > 0, local[..., 2], np.nan) * view.focal_px
        shown = view.points_px[view.seen].reshape(-1, 2)
        cells = np.floor(shown / np.array(view.size_px) * 8.0)
        inside = np.isfinite(cells).all(axis=1) & ((cells >= 0) & (cells < 8)).all(axis=1)
        reached = len(np.unique(cells[inside], axis=0))
        return ViewCheck(
            view.name,
            float(np.sqrt(np.nanmean(missed_px**2))),
            float(np.nanmedian(missed)) * factor,
            reached / 64.0,
            height_mm,
        )

    def _apart_deg(self, centres: Array, factor: float) -> float:
        middle = np.nanmedian(self.points_mm.reshape(-1, 3), axis=0) * factor
        towards = centres - middle
        towards /= np.linalg.norm(towards, axis=1, keepdims=True)
        cosines = np.clip(np.abs(towards @ towards.T), 0.0, 1.0)
        return float(np.degrees(np.arccos(cosines.min())))

    def _verdict(
        self, checks: Sequence[ViewCheck], ground: Ground, apart_deg: float, source: Source
    ) -> list[str]:
        found = []
        bad = [check for check in checks if check.misfit_mm > _MOST_MISFIT_MM]
        if bad:
            names = ", ".join(f"{check.name} ({check.misfit_mm:.0f} mm)" for check in bad)
            found.append(
                f"views do not agree: {names}; good cameras agree within 30 mm. Check the clocks, "
                "and that all saw the same person"
            )
        if apart_deg < _LEAST_APART_DEG:
            found.append(
                f"all cameras look from about the same direction ({apart_deg:.0f}° apart): depth "
                "is uncertain; move one to the side"
            )
        if ground.travelled_mm < _GOOD_TRAVEL_MM:
            found.append(
                f"the person moved only {ground.travelled_mm / 1000.0:.1f} m: the vertical is that "
                "of the body; let somebody walk through the room"
            )
        if source is Source.ASSUMED:
            found.append(
                f"the scale is that of a person of {USUAL_STATURE_MM:.0f} mm: give a height, or "
                "the distance between two cameras"
            )
        return found


def _orthonormal(rotation: Array) -> Array:
    u, _, vt = np.linalg.svd(rotation)
    return np.asarray(u @ vt)


def _rows(matrix: Array) -> tuple[tuple[float, float, float], ...]:
    return tuple((float(a), float(b), float(c)) for a, b, c in matrix)
