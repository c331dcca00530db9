"""TRC files of synthetic movements: what a motion-capture system would have recorded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike


def write_trc(path: Path, time_s: ArrayLike, positions_mm: ArrayLike, names: list[str]) -> None:
    """Write positions, shape (T, J, 3), Y up."""
    times, positions = np.asarray(time_s), np.asarray(positions_mm)
    rate = (len(times) - 1) / (times[-1] - times[0])
    lines = [
        f"PathFileType\t4\t(X/Y/Z)\t{path.name}",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\t"
        "OrigNumFrames",
        f"{rate:.6f}\t{rate:.6f}\t{len(times)}\t{len(names)}\tmm\t{rate:.6f}\t1\t{len(times)}",
        "Frame#\tTime\t" + "\t\t\t".join(names) + "\t\t",
        "\t\t" + "\t".join(f"{axis}{n}" for n in range(1, len(names) + 1) for axis in "XYZ"),
        "",
    ]
    for number, (moment, frame) in enumerate(zip(times, positions, strict=True), start=1):
        cells = ["" if np.isnan(x) else f"{x:.4f}" for x in frame.ravel()]
        lines.append(f"{number}\t{moment:.6f}\t" + "\t".join(cells))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
