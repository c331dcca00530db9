"""Peers that NeuroPose must not depend on, each in a virtual environment of its own."""

from __future__ import annotations

import fcntl
import subprocess
import sys
import venv
from pathlib import Path

ENVIRONMENTS = Path(__file__).parents[1] / ".venvs"


def interpreter(peer: str, *requirements: str) -> Path:
    """Python of a peer's environment, which is made if it is not there.

    Parameters
    ----------
    peer : str
        Name of the environment.
    *requirements : str
        What pip installs in it, pinned.
    """
    folder = ENVIRONMENTS / f"peer-{peer}"
    python = folder / "bin" / "python"
    installed = folder / "installed.txt"
    wanted = "\n".join(requirements)
    ENVIRONMENTS.mkdir(exist_ok=True)
    with (ENVIRONMENTS / f"peer-{peer}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests that run at the same time make it once
        if not installed.is_file() or installed.read_text() != wanted:
            print(f"making an environment for {peer} ...", file=sys.stderr)
            venv.create(folder, clear=True)
            pip = [sys.executable, "-m", "pip", "--python", python]
            subprocess.run([*pip, "install", "--quiet", "--no-compile", *requirements], check=True)
            installed.write_text(wanted)
    return python


def mediapipe() -> Path:
    """Python with the original implementation of BlazePose; needs Python 3.11 or 3.12."""
    return interpreter("mediapipe", "mediapipe==0.10.21", "av>=17")


def spm1d() -> Path:
    """Python with statistical parametric mapping of curves. GPL: run beside, never imported."""
    return interpreter("spm1d", "spm1d==0.4.55", "numpy==2.3.5", "scipy==1.16.3")


def dtw() -> Path:
    """Python with NeuroPose, aeon and other libraries of dynamic time warping.

    aeon wants an older numpy than the tests have. dtw-python is GPL: it runs beside, never in one
    process with NeuroPose.
    """
    return interpreter(
        "dtw",
        "aeon==1.6.0",
        "dtaidistance==2.5.1",
        "dtw-python==1.9.0",
        "fastdtw==0.3.4",
        "numba==0.63.1",
        "numpy==2.3.5",
        "--editable",
        str(ENVIRONMENTS.parent),
    )


def gaitkit() -> Path:
    """Python with gaitkit's detectors of gait events."""
    return interpreter("gaitkit", "gaitkit==1.5.0", "numpy==2.3.5", "scipy==1.16.3")


def pose2sim() -> Path:
    """Python with Pose2Sim's triangulation; not its pose models, its dashboard and OpenSim."""
    return interpreter(
        "pose2sim",
        "--no-deps",
        "pose2sim==0.10.49",
        "anytree==2.13.0",
        "c3d==0.5.2",
        "contourpy==1.3.3",
        "cycler==0.12.1",
        "fonttools==4.60.1",
        "kiwisolver==1.4.9",
        "matplotlib==3.10.7",
        "numpy==2.3.5",
        "opencv-python-headless==4.12.0.88",
        "packaging==25.0",
        "pandas==2.3.3",
        "pillow==12.0.0",
        "pyparsing==3.2.5",
        "python-dateutil==2.9.0.post0",
        "pytz==2025.2",
        "rtoml==0.13.0",
        "scipy==1.16.3",
        "six==1.17.0",
        "tqdm==4.67.1",
        "tzdata==2025.2",
    )
