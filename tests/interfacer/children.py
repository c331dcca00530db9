"""Estimators for child processes; what each does with a video, its name says."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

from neuropose.errors import AssetUnavailableError, VideoEmptyError
from neuropose.estimator import Estimator, ProcessVideoResult, Progress
from neuropose.testing import FakeModel


class Obedient(Estimator):
    """Does with a video what its file name says, and processes all others."""

    place = ""

    def __init__(self) -> None:
        super().__init__(FakeModel())

    def process_video(self, path: Path | str, **options: Any) -> ProcessVideoResult:
        word = Path(path).stem.partition("-")[0]
        show = options.get("progress")
        if word in ("segfault", "exit", "hang") and show is not None:
            show(Progress(7, 40))
        if word == "segfault":
            os.kill(os.getpid(), signal.SIGSEGV)
        if word == "exit":
            os._exit(3)
        if word == "hang":
            time.sleep(600)
        if word == "raise":
            raise KeyError("no such tensor")
        if word == "refuse":
            raise VideoEmptyError("the file is empty (0 bytes)", hint="copy it again")
        if word == "tell":
            raise VideoEmptyError(self.place)
        if word == "pid":
            raise VideoEmptyError(str(os.getpid()))
        return super().process_video(path, **options)


class Counting(Obedient):
    """Notes which videos it has worked on."""

    def __init__(self) -> None:
        super().__init__()
        self.videos: list[str] = []

    def process_video(self, path: Path | str, **options: Any) -> ProcessVideoResult:
        self.videos.append(Path(path).name)
        return super().process_video(path, **options)


def obedient() -> Estimator:
    return Obedient()


def sharing(devices: int, device: str | None = None, workers: int | None = None) -> Estimator:
    """On a machine with so many GPUs; without any, if it is but one device."""
    estimator = Obedient()
    there = ["cpu"] if devices == 1 else [f"gpu:{number}" for number in range(devices)]
    info = estimator.model.info.model_copy(
        update={"device": device or there[0], "other_devices": tuple(there[1:])}
    )
    estimator.model._info = info  # type: ignore[attr-defined]
    estimator.place = f"{info.device}, {workers} workers"
    return estimator


class Hoarding(Obedient):
    """Takes more and more memory for a video that is called so."""

    def process_video(self, path: Path | str, **options: Any) -> ProcessVideoResult:
        hoard = []
        while Path(path).stem == "hoard":
            hoard.append(b"x" * (32 << 20))
            time.sleep(0.02)
        return super().process_video(path, **options)


def weighing(
    device: str | None = None, workers: int | None = None, kind: type[Obedient] = Obedient
) -> Estimator:
    """With weights that the environment names."""
    estimator = kind()
    weights = {"a.bin": os.environ.get("WEIGHTS", "usual")}
    info = estimator.model.info.model_copy(update={"weights_sha256": weights})
    estimator.model._info = info  # type: ignore[attr-defined]
    return estimator


def hoarding(device: str | None = None, workers: int | None = None) -> Estimator:
    return weighing(kind=Hoarding)


def unloadable() -> Estimator:
    raise AssetUnavailableError("weights cannot be had", hint="add them by hand")
