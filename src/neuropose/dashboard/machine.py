"""The machine at this moment: daemon, disk, model, graphics card."""

from __future__ import annotations

import shutil
import subprocess
import warnings
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from neuropose._version import __version__
from neuropose.config import Settings
from neuropose.cores import available_cores
from neuropose.dashboard.contract import Gpu, Machine
from neuropose.dashboard.live.watcher import daemon_state
from neuropose.data import JobEntry
from neuropose.interfacer.layout import Layout
from neuropose.interfacer.machine.forecast import forecast, sizes_of_videos

_PATIENCE_S = 3.0
_QUERY = "name,memory.used,memory.total,utilization.gpu"


def look_at_machine(settings: Settings, jobs: Mapping[str, JobEntry]) -> Machine:
    """Return the state of this machine.

    Parameters
    ----------
    settings : Settings
        Those of the daemon.
    jobs : mapping of str to JobEntry
        All jobs, which tell how long the queue will take.

    Returns
    -------
    Machine
    """
    layout = Layout(settings.data_dir)
    daemon = daemon_state(layout)
    free_gb = total_gb = None
    with suppress(OSError):
        usage = shutil.disk_usage(layout.root)
        free_gb, total_gb = usage.free / 1e9, usage.total / 1e9
    return Machine(
        version=__version__,
        daemon_running=daemon.is_running,
        daemon_since=daemon.since,
        queue_done_at=forecast(jobs, sizes_of_videos(layout, jobs), datetime.now(UTC)),
        disk_free_gb=free_gb,
        disk_total_gb=total_gb,
        disk_reserve_gb=settings.disk_reserve_gb,
        model=settings.model,
        weights=_weights(settings),
        device=settings.device,
        cores=available_cores(),
        gpus=_gpus(),
    )


def parse_gpus(text: str) -> tuple[Gpu, ...]:
    """Read what ``nvidia-smi`` says of the graphics cards.

    Parameters
    ----------
    text : str
        A line each: name, memory used and in all in MiB, and how busy it is in percent.

    Returns
    -------
    tuple of Gpu

    Examples
    --------
    >>> parse_gpus("RTX 4090, 1000, 24000, 37")[0].used_percent
    37.0
    """
    gpus = []
    for line in text.splitlines():
        name, *values = (part.strip() for part in line.rsplit(",", 3))
        numbers = [_number(value) for value in values]
        if len(numbers) == 3 and numbers[0] is not None and numbers[1] is not None:
            used_mb, total_mb = (1.048576 * number for number in numbers[:2] if number is not None)
            gpu = Gpu(
                name=name,
                memory_used_mb=used_mb,
                memory_total_mb=total_mb,
                used_percent=numbers[2],
            )
            gpus.append(gpu)
    return tuple(gpus)


def _number(text: str) -> float | None:
    return float(text) if text.isascii() and text.isdigit() else None


def _gpus() -> tuple[Gpu, ...]:
    program = shutil.which("nvidia-smi")
    if program is None:
        return ()
    command = [program, f"--query-gpu={_QUERY}", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_PATIENCE_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ()
    return parse_gpus(done.stdout)


def _weights(settings: Settings) -> str | None:
    """Return the worst state of the files that the model needs."""
    from neuropose.estimator import registry

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of other plug-ins that are broken
        registered = {model.name: model for model in registry.available()}
    model = registered.get(settings.model)
    paths = () if model is None else tuple(settings.model_cache_dir / n for n in model.artefacts)
    return _worst_state(settings.model_cache_dir, tuple((path.name, _mark(path)) for path in paths))


@lru_cache(maxsize=8)
def _worst_state(cache_dir: Path, files: tuple[tuple[str, tuple[int, ...]], ...]) -> str | None:
    """Return the worst state of files; hashed once, until one of them has changed."""
    from neuropose import assets

    known = {name: assets.ARTEFACTS[name] for name, _ in files if name in assets.ARTEFACTS}
    states = {entry.state.value for entry in assets.status(cache_dir, known=known)}
    return next((state for state in ("damaged", "missing", "present") if state in states), None)


def _mark(path: Path) -> tuple[int, ...]:
    try:
        about = path.stat()
    except OSError:
        return ()
    return about.st_mtime_ns, about.st_size
