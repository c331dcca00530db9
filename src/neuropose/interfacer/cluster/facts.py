"""What must be the same on a worker as on the daemon's machine, and what its machine has."""

from __future__ import annotations

import multiprocessing
import os
import socket
import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuropose._version import __version__
from neuropose.provenance import POSE_LIBRARIES, library_versions

if TYPE_CHECKING:
    from neuropose.estimator import ModelInfo

_ASKING_S = 20.0


@dataclass(frozen=True, slots=True)
class MachineFacts:
    """What a process and its machine are.

    Parameters
    ----------
    version : str
        Version of NeuroPose.
    libraries : mapping of str to str
        Versions of Python and of the libraries that poses depend on.
    cpu : tuple of str
        Features of the processor that NumPy uses, sorted.
    host : str
        Name of the machine.
    gpus : tuple of str
        What the process may put into ``CUDA_VISIBLE_DEVICES``, one by one.
    token : str or None
        What stands in the file that it was asked to read. None: it cannot read it.
    may_have_children : bool
        Whether the process may start others.
    """

    version: str
    libraries: Mapping[str, str]
    cpu: tuple[str, ...]
    host: str
    gpus: tuple[str, ...]
    token: str | None
    may_have_children: bool


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """Which model a process has loaded.

    Parameters
    ----------
    name : str
        Of the model.
    weights_sha256 : mapping of str to str
        Hash of each file of its weights.
    settings : mapping of str to object
        What its results depend on.
    device : str
        Kind of device, ``cpu`` or ``gpu``.
    """

    name: str
    weights_sha256: Mapping[str, str]
    settings: Mapping[str, Any]
    device: str

    @classmethod
    def of(cls, info: ModelInfo) -> ModelFacts:
        """Return the facts of a model that has been loaded.

        Parameters
        ----------
        info : ModelInfo
            What the model declares.

        Returns
        -------
        ModelFacts
        """
        device = info.device.partition(":")[0]
        return cls(info.name, dict(info.weights_sha256), dict(info.settings), device)


def machine_facts(token_file: Path | None = None) -> MachineFacts:
    """Look at this process and its machine.

    Parameters
    ----------
    token_file : Path, optional
        A file to read, in the folder that workers must share.

    Returns
    -------
    MachineFacts

    Examples
    --------
    >>> facts = machine_facts()
    >>> facts.token is None, facts.may_have_children
    (True, True)
    """
    token = None
    if token_file is not None:
        with suppress(OSError):
            token = token_file.read_text(encoding="ascii")
    return MachineFacts(
        version=__version__,
        libraries=library_versions(POSE_LIBRARIES),
        cpu=cpu_features(),
        host=socket.gethostname(),
        gpus=visible_gpus(os.environ),
        token=token,
        may_have_children=not multiprocessing.current_process().daemon,
    )


def cpu_features() -> tuple[str, ...]:
    """Return the features of the processor that NumPy knows, which decide the last bits of sums.

    Returns
    -------
    tuple of str
        Sorted.
    """
    from numpy._core import _multiarray_umath  # type: ignore[attr-defined]

    features: Mapping[str, bool] = _multiarray_umath.__cpu_features__
    return tuple(sorted(name for name, is_there in features.items() if is_there))


def visible_gpus(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the GPUs of NVIDIA that a process may use.

    Parameters
    ----------
    environment : mapping of str to str
        If it has ``CUDA_VISIBLE_DEVICES``, those are meant; otherwise all of the machine.

    Returns
    -------
    tuple of str
        Numbers or names, as in ``CUDA_VISIBLE_DEVICES``.

    Examples
    --------
    >>> visible_gpus({"CUDA_VISIBLE_DEVICES": "2,3"}), visible_gpus({"CUDA_VISIBLE_DEVICES": ""})
    (('2', '3'), ())
    """
    given = environment.get("CUDA_VISIBLE_DEVICES")
    if given is not None:
        return tuple(name.strip() for name in given.split(",") if name.strip() not in ("", "-1"))
    command = ["nvidia-smi", "--query-gpu=index", "--format=csv,noheader"]
    with suppress(OSError, subprocess.TimeoutExpired):
        found = subprocess.run(
            command, check=False, capture_output=True, text=True, timeout=_ASKING_S
        )
        if found.returncode == 0:
            return tuple(found.stdout.split())
    return ()


def why_not(mine: MachineFacts, its: MachineFacts, *, any_cpu: bool = False) -> str | None:
    """Return why a worker gets no work.

    Parameters
    ----------
    mine, its : MachineFacts
        Of the daemon and of the worker.
    any_cpu : bool
        Whether the worker may have another processor.

    Returns
    -------
    str or None
        None: it may get work.

    Examples
    --------
    >>> from dataclasses import replace
    >>> mine = machine_facts()
    >>> why_not(mine, replace(mine, version="0.0.1")).partition(",")[0]
    'it has NeuroPose 0.0.1'
    """
    if its.version != mine.version:
        return f"it has NeuroPose {its.version}, not {mine.version}"
    if its.token != mine.token:
        return "it does not see the data directory"
    if not its.may_have_children:
        return (
            "it may start no process: start it with --no-nanny, or with "
            "DASK_DISTRIBUTED__WORKER__DAEMON=False"
        )
    for name in sorted({*mine.libraries, *its.libraries}):
        here, there = mine.libraries.get(name), its.libraries.get(name)
        if here != there:
            return f"it has {name} {there or '(none)'}, not {here or '(none)'}"
    differing = sorted({*mine.cpu} ^ {*its.cpu})
    if differing and not any_cpu:
        return (
            f"its processor differs in {', '.join(differing)}, so that results could differ in "
            "their last bits: cpu: any accepts that"
        )
    return None


def why_not_model(mine: ModelFacts, its: ModelFacts) -> str | None:
    """Return why a worker's model is another one.

    Parameters
    ----------
    mine, its : ModelFacts
        Of the daemon and of the worker.

    Returns
    -------
    str or None
        None: it is the same.
    """
    if its.name != mine.name:
        return f"its model is {its.name}, not {mine.name}"
    for name in sorted({*mine.weights_sha256, *its.weights_sha256}):
        here, there = (facts.weights_sha256.get(name, "none")[:12] for facts in (mine, its))
        if here != there:
            return f"its model has other weights: the SHA-256 of {name} is {there}, not {here}"
    for name in sorted({*mine.settings, *its.settings}):
        if mine.settings.get(name) != its.settings.get(name):
            return f"its model has another {name}"
    return None


def pick_gpu(gpus: tuple[str, ...], taken: Callable[[str], bool]) -> str | None:
    """Return a GPU that no other worker of the machine has.

    Parameters
    ----------
    gpus : tuple of str
        Those that the worker may use.
    taken : callable
        Returns whether another one has it.

    Returns
    -------
    str or None
        None: all are taken.

    Examples
    --------
    >>> pick_gpu(("0", "1"), {"0"}.__contains__)
    '1'
    """
    return next((gpu for gpu in gpus if not taken(gpu)), None)
