"""Peak memory of the estimator on a long video: it must not grow with the length but by its result.

Run: ``python -m benchmarks.memory [--frames 60000] [--json FILE]``. Each video is processed in a
process of its own, with a model that costs nothing and finds one person in every frame; the peak is
the largest resident memory of that process.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from neuropose.testing import write_numbered_video

SHORT_FRAMES = 600

_CHILD = """
import json, sys
from neuropose.estimator import Estimator
from neuropose.testing import FakeModel

result = Estimator(FakeModel()).process_video(sys.argv[1])
p = result.predictions
arrays = (p.time_s, p.offsets, p.boxes, p.poses3d, p.poses2d, p.confidence, p.track_ids)
print(json.dumps({
    "frames": p.metadata.frame_count,
    "people": len(p.track_ids),
    "result_mb": sum(array.nbytes for array in arrays) / 1e6,
    "peak_mb": result.metrics.peak_memory_mb,
}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=60_000)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    short, long = (measure(frames) for frames in (SHORT_FRAMES, arguments.frames))
    for row in (short, long):
        print(
            f"{row['frames']:6} frames: peak {row['peak_mb']:.0f} MB, "
            f"result arrays {row['result_mb']:.0f} MB"
        )
    growth_mb = long["peak_mb"] - short["peak_mb"]
    print(
        f"growth {growth_mb:.0f} MB, of it beyond the result {growth_mb - long['result_mb']:.0f} MB"
    )
    if arguments.json:
        arguments.json.write_text(json.dumps({"short": short, "long": long}, indent=2))


def measure(frames: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        path = write_numbered_video(Path(folder) / "clip.mp4", frame_count=frames)
        done = subprocess.run(
            [sys.executable, "-c", _CHILD, path], check=True, capture_output=True, text=True
        )
    row: dict[str, float] = json.loads(done.stdout)
    return row


if __name__ == "__main__":
    main()
