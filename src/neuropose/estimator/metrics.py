"""Metrics of processing a video: counts, times, memory."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict

_LINUX_STATUS = Path("/proc/self/status")


class Latency(BaseModel):
    """Time from a picture's decoding to its result, including waiting.

    Parameters
    ----------
    p50_ms, p95_ms, p99_ms : float
        Percentiles over frames in ms.
    """

    model_config = ConfigDict(frozen=True)

    p50_ms: float
    p95_ms: float
    p99_ms: float

    @classmethod
    def of(cls, latencies_s: list[float]) -> Latency | None:
        """Compute the percentiles of these times.

        Parameters
        ----------
        latencies_s : list of float
            One per frame, in seconds.

        Returns
        -------
        Latency or None
            None if there were no frames.

        Examples
        --------
        >>> Latency.of([0.001, 0.002, 0.003]).p50_ms
        2.0
        """
        if not latencies_s:
            return None
        p50_ms, p95_ms, p99_ms = 1000.0 * np.percentile(latencies_s, [50, 95, 99])
        return cls(p50_ms=p50_ms, p95_ms=p95_ms, p99_ms=p99_ms)


class Metrics(BaseModel):
    """Metrics of processing one video.

    Parameters
    ----------
    frames : int
        Number of frames, gaps included.
    frames_with_pose : int
        Frames in which at least one person was found.
    gap_frames : int
        Frames without data: without a picture, or the model failed on it.
    resumed_frames : int
        Frames whose results come from an earlier run; 0 if there was none.
    wall_s : float
        Time from opening the video to the validated result, in seconds.
    decode_s : float
        Time spent waiting for the decoder, in seconds.
    inference_s : float
        The rest of `wall_s`, spent waiting for the model. Decoding and inference run in parallel.
    frames_per_second : float
        ``(frames - resumed_frames) / wall_s``.
    latency : Latency or None
        Latency of the frames processed in this run; None if none of them had a picture.
    workers : int
        CPU cores that the model was given.
    peak_memory_mb : float
        Largest resident memory of the process so far, MB (10⁶ bytes).
    device : str
        Device that the model ran on (``cpu``, ``gpu:0``).
    runtime : str
        Library that ran the model, with its version.
    versions : mapping of str to str
        Versions of Python and of the libraries that affect the numbers.
    """

    model_config = ConfigDict(frozen=True)

    frames: int
    frames_with_pose: int
    gap_frames: int
    resumed_frames: int = 0
    wall_s: float
    decode_s: float
    inference_s: float
    frames_per_second: float
    latency: Latency | None
    workers: int
    peak_memory_mb: float
    device: str
    runtime: str
    versions: Mapping[str, str]


def peak_memory_mb() -> float:
    """Return the largest resident memory of this process so far.

    Returns
    -------
    float
        Memory in MB (10⁶ bytes).

    Examples
    --------
    >>> peak_memory_mb() > 1.0
    True
    """
    # On Linux, getrusage includes the peak of the process that started this one.
    with suppress(OSError):
        own = re.search(r"^VmHWM:\s*(\d+) kB$", _LINUX_STATUS.read_text(), re.MULTILINE)
        if own is not None:
            return int(own[1]) * 1024.0 / 1e6
    if sys.platform == "win32":
        return _peak_on_windows_mb()
    import resource

    unit = 1.0 if sys.platform == "darwin" else 1024.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def _peak_on_windows_mb() -> float:
    """Return PeakWorkingSetSize of this process (GetProcessMemoryInfo), or NaN."""
    import ctypes
    from ctypes import wintypes

    class Counters(ctypes.Structure):
        _fields_ = (
            ("cb", wintypes.DWORD),
            ("page_faults", wintypes.DWORD),
            ("peak", ctypes.c_size_t),
            ("others", ctypes.c_size_t * 7),
        )

    counters = Counters()
    counters.cb = ctypes.sizeof(counters)
    windows: Any = vars(ctypes)["windll"]
    process = wintypes.HANDLE(windows.kernel32.GetCurrentProcess())
    done = windows.psapi.GetProcessMemoryInfo(process, ctypes.byref(counters), counters.cb)
    return counters.peak / 1e6 if done else float("nan")
