"""Knee flexion from one marker on the outer side, beside that from both epicondyles.

Run: ``python -m benchmarks.lateral_knees FILE [FILE ...]``, with C3D or TRC files that have markers
on both sides of knees and ankles. For each leg: distance of the outer marker from the middle of
both, root mean square error and error of the range, degrees, of the angle in the plane of hip,
marker and ankle and of the one that is reported, and the standard error that is reported with it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer import PoseSequence, joint_angle, joint_angles
from neuropose.errors import NeuroPoseError
from neuropose.skeletons.sides import SIDES

Array = NDArray[np.float64]


def main() -> None:
    """Print a line for each leg."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    for path in parser.parse_args().files:
        try:
            for line in legs(sequence_of(path)):
                print(f"{path.stem:20s} {line}")
        except NeuroPoseError as error:
            print(f"{path.stem:20s} {error.message}")


def sequence_of(path: Path) -> PoseSequence:
    """The trial with all of its markers."""
    read = PoseSequence.from_c3d if path.suffix.lower() == ".c3d" else PoseSequence.from_trc
    return read(path)


def legs(both: PoseSequence) -> Iterator[str]:
    """A line for each leg that has both epicondyles and malleoli."""
    paired = [
        (side, joint)
        for side in SIDES
        for joint in ("knee", "ankle")
        if both.has(f"{side}_{joint}", f"{side}_{joint}_lateral", f"{side}_{joint}_medial")
    ]
    truth, alone = joint_angles(both), joint_angles(with_outer_markers(both, paired))
    for side in SIDES:
        if (side, "knee") not in paired or (side, "ankle") not in paired:
            continue
        name = f"{side}_knee_flexion"
        points = (f"{side}_hip", f"{side}_knee", f"{side}_ankle")
        inclusive = joint_angle(with_outer_markers(both, paired), *points)
        offsets_mm = [offset_mm(both, side, joint) for joint in ("knee", "ankle")]
        known = truth[name].values_deg
        yield (
            f"{side:5s} knee {offsets_mm[0]:.0f} mm, ankle {offsets_mm[1]:.0f} mm; in the plane of "
            f"three points {errors(180.0 - inclusive.values_deg, known)}; reported "
            f"{errors(alone[name].values_deg, known)}, standard error {alone[name].error_deg:.1f}"
        )


def with_outer_markers(both: PoseSequence, paired: Sequence[tuple[str, str]]) -> PoseSequence:
    """The same trial as if the inner markers had not been there."""
    inner = {f"{side}_{joint}_medial" for side, joint in paired}
    kept = both.select(*(name for name in both.joints if name not in inner))
    positions_mm = kept.positions_mm.copy()
    for side, joint in paired:
        outer_mm = kept.joint(f"{side}_{joint}_lateral")
        positions_mm[:, kept.joints.index(f"{side}_{joint}")] = outer_mm
    return kept.with_positions(positions_mm)


def offset_mm(both: PoseSequence, side: str, joint: str) -> float:
    """From the outer marker to the middle of both, median."""
    outer, inner = both.require(f"{side}_{joint}_lateral", f"{side}_{joint}_medial")
    return 0.5 * float(np.nanmedian(np.linalg.norm(outer - inner, axis=1)))


def errors(values_deg: Array, truth_deg: Array) -> str:
    """Root mean square error, and that of the range."""
    known = np.isfinite(values_deg) & np.isfinite(truth_deg)
    rmse = float(np.sqrt(np.mean((values_deg - truth_deg)[known] ** 2)))
    range_error = float(np.ptp(values_deg[known]) - np.ptp(truth_deg[known]))
    return f"{rmse:.1f} (range {range_error:+.1f})"


if __name__ == "__main__":
    main()
