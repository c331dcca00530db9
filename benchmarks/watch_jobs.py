"""The daemon until nothing is left to do, with a model that costs nothing, in a child process.

Run by `benchmarks.waits`: ``python benchmarks/watch_jobs.py DATA_DIR JOBS``. It is a file of its
own because the child imports it, and imports only what earlier versions have as well. No body is
fitted, so that all versions do the same.
"""

from __future__ import annotations

import sys
from pathlib import Path

from neuropose.config import Settings
from neuropose.estimator import Estimator
from neuropose.interfacer import ChildEstimator, Interfacer
from neuropose.testing import FakeModel


def make_estimator() -> Estimator:
    return Estimator(FakeModel())


def main() -> None:
    folder, jobs = Path(sys.argv[1]), int(sys.argv[2])
    settings = Settings(data_dir=folder, settle_seconds=0)
    if "reconstruct" in Settings.model_fields:
        settings = settings.model_copy(update={"reconstruct": "off"})
    child = ChildEstimator(make_estimator, stall_s=60.0)
    child.prepare()
    done = Interfacer(settings, child).run_once()
    child.close()
    if done != jobs:
        raise SystemExit(f"{done} of {jobs} jobs were done")


if __name__ == "__main__":
    main()
