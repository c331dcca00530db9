"""Errors of keypoints of rendered people: their size, how they last, and movements too small."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.one_camera import POINTS, View, size_px
from benchmarks.reconstruction_parts.estimates import Array
from benchmarks.reconstruction_parts.predicted import predict
from neuropose.analyzer import PoseSequence
from neuropose.data import Camera, CameraSource

_APART_S = 1.6
_PLACES_MM = (0.0, 20.0, 50.0, 100.0, 150.0, 250.0, 400.0, 900.0)
_LEAST_FRAMES = 40
_MOST_MM = 80.0  # an error that is larger counts as this: a limb that was mistaken for another
_ROOTS = {"knee": "hip", "ankle": "hip", "heel": "hip", "toe": "hip"}
_ROOTS |= {"elbow": "shoulder", "wrist": "shoulder"}


@dataclass(frozen=True)
class Seen:
    """Keypoints of one clip, mm in the plane of the picture at the depth of the true joint.

    Parameters
    ----------
    time_s : ndarray, shape (T,)
    names : tuple of str
        Canonical, K of them.
    true_mm : ndarray, shape (T, K, 3)
        In the axes of the camera, from the middle of the hips.
    across_mm, found_mm : ndarray, shape (T, K, 2)
        Where each joint is in the picture, and where it was found.
    """

    time_s: Array
    names: tuple[str, ...]
    true_mm: Array
    across_mm: Array
    found_mm: Array


def show(folder: Path, kept: Path | None) -> dict[str, Any]:
    """Print errors, their correlation seconds apart by place, and the share of movements seen."""
    clips = [
        seen
        for path in sorted(folder.glob("*.json"))
        for described in json.loads(path.read_text())["cameras"]
        if (seen := _seen(path, described, kept)) is not None
    ]
    sizes_mm = _sizes_mm(clips)
    print("root mean square error in each direction of the picture, less each clip's median, mm")
    print("  " + ", ".join(f"{kind} {size_mm:.1f}" for kind, size_mm in sizes_mm.items()))
    alike = _alike(clips)
    # The mean of each clip is taken out, so that errors that have nothing in common are below 0.
    corrected = (alike - alike[-1]) / (1.0 - alike[-1])
    print(f"correlation of errors more than {_APART_S} s apart, by how far the joint is from there")
    for low, high, one, other in zip(
        _PLACES_MM[:-1], _PLACES_MM[1:], alike, corrected, strict=True
    ):
        print(f"  {low:4.0f} to {high:4.0f} mm  {one:+.2f}; without the mean {other:+.2f}")
    shares = np.array([_shares(clips, name) for name in clips[0].names if _root(name)])
    for axis, where in enumerate(("to the sides", "up and down")):
        mean, spread = shares[:, axis].mean(), shares[:, axis].std()
        print(f"share of movements {where}: {mean:.2f} ± {spread:.2f} (between keypoints)")
    return {
        "sizes_mm": sizes_mm,
        "alike": alike.tolist(),
        "corrected": corrected.tolist(),
        "shares": shares.tolist(),
    }


def _seen(path: Path, described: dict[str, Any], kept: Path | None) -> Seen | None:
    truth = np.load(path.with_suffix(".npz"))
    camera = Camera(intrinsic_matrix=described["K"], source=CameraSource.GIVEN)
    predictions = predict(path.with_name(f"{path.stem}_{described['name']}.mp4"), camera, kept)
    sequence = PoseSequence.from_predictions(predictions)
    view = View(path.stem, described, truth, sequence, size_px(predictions))
    names = tuple(name for name in POINTS if name not in ("pelvis", "neck"))
    people = np.diff(predictions.offsets)
    rows = np.flatnonzero(people > 0)
    inside = np.zeros(len(view.true_mm), np.bool_)
    inside[view.rows] = view.inside
    rows = rows[inside[rows]]
    if len(rows) < _LEAST_FRAMES:
        return None
    skeleton = predictions.skeleton
    columns = [skeleton.index(skeleton.canonical[name][0]) for name in names]
    keypoints_px = predictions.poses2d[predictions.offsets[rows]][:, columns].astype(np.float64)
    true_mm = view.true_mm[rows][:, [POINTS.index(name) for name in names]]
    depth_mm = true_mm[..., 2:]
    middle = view.true_mm[rows, POINTS.index("pelvis")]
    return Seen(
        time_s=predictions.time_s[rows],
        names=names,
        true_mm=true_mm - middle[:, None],
        across_mm=true_mm[..., :2],
        found_mm=camera.rays(keypoints_px)[..., :2] * depth_mm,
    )


def _sizes_mm(clips: list[Seen]) -> dict[str, float]:
    """By kind of joint; each clip counts as much as another."""
    squares: dict[str, list[float]] = {}
    for seen in clips:
        for name, errors_mm in zip(seen.names, np.moveaxis(_errors_mm(seen), 1, 0), strict=True):
            squares.setdefault(name.partition("_")[2], []).append(float(np.mean(errors_mm**2)))
    return {kind: float(np.sqrt(np.mean(each))) for kind, each in squares.items()}


def _errors_mm(seen: Seen) -> Array:
    """Errors of a clip less their median, (T, K, 2)."""
    errors_mm = seen.found_mm - seen.across_mm
    return np.clip(errors_mm - np.median(errors_mm, axis=0), -_MOST_MM, _MOST_MM)


def _alike(clips: list[Seen]) -> Array:
    """Mean correlation of the errors of pairs of frames, by the distance of the joint's places."""
    total, count = np.zeros(len(_PLACES_MM) - 1), np.zeros(len(_PLACES_MM) - 1)
    for seen in clips:
        far = np.triu(np.abs(seen.time_s[:, None] - seen.time_s) > _APART_S)
        errors_mm = _errors_mm(seen)
        errors_mm -= errors_mm.mean(axis=0)
        for joint in range(len(seen.names)):
            places_mm = seen.true_mm[:, joint]
            apart_mm = np.linalg.norm(places_mm[:, None] - places_mm, axis=2)[far]
            places = np.digitize(apart_mm, _PLACES_MM[1:-1])
            for errors in errors_mm[:, joint].T:
                np.add.at(total, places, (np.outer(errors, errors) / errors.var())[far])
                np.add.at(count, places, 1.0)
    return np.asarray(total / count)


def _root(name: str) -> str | None:
    side, _, joint = name.partition("_")
    return f"{side}_{_ROOTS[joint]}" if joint in _ROOTS else None


def _shares(clips: list[Seen], name: str) -> Array:
    """Slopes of a limb's keypoint on the truth, from where the limb begins, by axis, (2,)."""
    true, found = [], []
    for seen in clips:
        column, root = seen.names.index(name), seen.names.index(_root(name) or name)
        limb_mm = seen.across_mm[:, column] - seen.across_mm[:, root]
        error_mm = seen.found_mm[:, column] - seen.found_mm[:, root] - limb_mm
        true.append(limb_mm - limb_mm.mean(axis=0))
        found.append(np.clip(error_mm - np.median(error_mm, axis=0), -_MOST_MM, _MOST_MM))
    moved_mm, errors_mm = np.concatenate(true), np.concatenate(found)
    return np.asarray(1.0 + (moved_mm * errors_mm).sum(axis=0) / (moved_mm**2).sum(axis=0))
