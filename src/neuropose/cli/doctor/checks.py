"""What ``neuropose doctor`` examines. A check never raises: it reports."""

from __future__ import annotations

import importlib
import os
import platform
import shlex
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from neuropose._version import __version__
from neuropose.cores import available_cores
from neuropose.errors import ConfigError

if TYPE_CHECKING:
    from neuropose.config import Settings

LIBRARIES = {
    "ai-edge-litert": "ai_edge_litert.interpreter",
    "argon2-cffi": "argon2",
    "av": "av",
    "flatbuffers": "flatbuffers",
    "fpdf2": "fpdf",
    "jinja2": "jinja2",
    "joblib": "joblib",
    "markupsafe": "markupsafe",
    "matplotlib": "matplotlib",
    "msgspec": "msgspec",
    "numba": "numba",
    "numpy": "numpy",
    "opencv-python-headless": "cv2",
    "orjson": "orjson",
    "pandas": "pandas",
    "pebble": "pebble",
    "platformdirs": "platformdirs",
    "pooch": "pooch",
    "pydantic": "pydantic",
    "pydantic-settings": "pydantic_settings",
    "pyyaml": "yaml",
    "requests": "requests",
    "rich": "rich",
    "scikit-learn": "sklearn",
    "scipy": "scipy",
    "skops": "skops.io",
    "starlette": "starlette",
    "threadpoolctl": "threadpoolctl",
    "typer": "typer",
    "uvicorn": "uvicorn",
}
"""Every distribution that NeuroPose depends on, and the module whose import shows it works."""

_LITTLE_SPACE_BYTES = 1_000_000_000
_NO_SPACE_BYTES = 100_000_000
_CODEC_FRAMES = 8
_CODEC_SIDE_PX = 128
_OTHERS_MAY = 0o007


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Parameters
    ----------
    name : str
        What.
    state : str
        ``good``, ``warning`` (videos can be processed all the same) or ``problem``.
    detail : str
        What was found.
    fix : str, optional
        What to do about it.
    """

    name: str
    state: Literal["good", "warning", "problem"]
    detail: str
    fix: str | None = None


def examine(load_settings: Callable[[], Settings]) -> list[Check]:
    """Make every check that can be made.

    Parameters
    ----------
    load_settings : callable
        Gives the settings, or raises `ConfigError`.

    Returns
    -------
    list of Check
        In the order in which a person should read them.
    """
    checks = [check_program(), *check_libraries()]
    checks += [check_codec("H.264", "libx264"), check_codec("HEVC", "libx265")]
    try:
        settings = load_settings()
    except ConfigError as error:
        return [*checks, Check("settings", "problem", error.message, error.hint)]
    checks.append(Check("settings", "good", "valid"))
    checks += check_models(settings)
    checks += check_directory("data_dir", settings.data_dir)
    checks += check_directory("model_cache_dir", settings.model_cache_dir)
    checks.append(check_repository(settings))
    checks.append(check_privacy(settings.data_dir))
    return checks


def check_program() -> Check:
    """Which NeuroPose, on which Python and machine."""
    return Check(
        "neuropose",
        "good",
        f"{__version__}, Python {platform.python_version()} ({sys.executable}), "
        f"{platform.system()} {platform.machine()}, {available_cores()} CPU cores",
    )


def check_libraries() -> Iterator[Check]:
    """Whether each library is there and can be imported."""
    for name, module in LIBRARIES.items():
        try:
            version = metadata.version(name)
            importlib.import_module(module)
        except Exception as error:  # a broken library may raise anything
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            fix = f"{sys.executable} -m pip install --force-reinstall {name}"
            yield Check(name, "problem", reason, fix)
        else:
            yield Check(name, "good", version)


def check_codec(label: str, encoder: str) -> Check:
    """Whether a clip in this codec can be written, and read again frame by frame."""
    name = f"{label} video"
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.mp4"
        try:
            _encode(clip, encoder)
        except Exception as error:  # PyAV has its own errors, and may not even import
            return Check(name, "warning", f"not written, so reading was not tried: {error}")
        try:
            frame_count = _count_frames(clip)
        except Exception as error:  # as above
            frame_count, reason = 0, str(error)
        else:
            reason = f"{frame_count} of {_CODEC_FRAMES} frames read"
    if frame_count == _CODEC_FRAMES:
        return Check(name, "good", "written and read")
    return Check(
        name,
        "problem" if label == "H.264" else "warning",
        reason,
        f"{sys.executable} -m pip install --force-reinstall av",
    )


def _encode(clip: Path, encoder: str) -> None:
    import av
    import numpy as np

    with av.open(str(clip), "w") as container:
        stream = cast("av.VideoStream", container.add_stream(encoder, rate=25))
        stream.width = stream.height = _CODEC_SIDE_PX
        stream.pix_fmt = "yuv420p"
        if encoder == "libx265":
            stream.options = {"x265-params": "log-level=none"}
        for index in range(_CODEC_FRAMES):
            picture = np.full((_CODEC_SIDE_PX, _CODEC_SIDE_PX, 3), 20 * index, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))


def _count_frames(clip: Path) -> int:
    from neuropose.video.reader import VideoReader

    with VideoReader(clip) as reader:
        return sum(frame.picture is not None for frame in reader)


def check_models(settings: Settings) -> Iterator[Check]:
    """Whether the model that is set is registered, and its weights are here."""
    from neuropose import assets

    try:
        from neuropose.estimator import registry

        registered = {model.name: model for model in registry.available()}
    except Exception as error:  # a broken library, which is reported by name above
        yield Check("models", "problem", f"cannot be listed: {type(error).__name__}: {error}")
        return
    for model in registered.values():
        if model.error and model.name != settings.model:
            fix = f"reinstall or remove the package {model.package}"
            yield Check(f"model {model.name}", "warning", f"broken: {model.error}", fix)
    chosen = registered.get(settings.model)
    name = f"model {settings.model}"
    if chosen is None:
        fix = f"set model to one of {', '.join(registered)}"
        yield Check(name, "problem", "no model has this name", fix)
        return
    if chosen.error:
        fix = f"reinstall the package {chosen.package}"
        yield Check(name, "problem", f"broken: {chosen.error}", fix)
        return
    yield Check(name, "good", f"of {chosen.package} ({chosen.license or 'licence unknown'})")
    pull = f"neuropose models pull {settings.model}"
    if util.find_spec("pip") is None:
        pull += f" (without pip here only from the internet: {sys.executable} -m ensurepip)"
    for entry in assets.status(settings.model_cache_dir):
        if entry.artefact.name in chosen.artefacts:
            good = entry.state is assets.ArtefactState.PRESENT
            yield Check(
                f"weights {entry.artefact.name}",
                "good" if good else "warning",
                entry.state.value,
                None if good else pull,
            )


def check_directory(setting: str, directory: Path) -> Iterator[Check]:
    """Whether a directory can be written, or made, and how much space it has."""
    there = directory
    while not os.path.lexists(there):
        there = there.parent
    choose = f"set {setting} to another directory"
    if not there.is_dir():
        yield Check(setting, "problem", f"{there} is not a directory", choose)
        return
    if not os.access(there, os.W_OK | os.X_OK):
        fix = f"{choose}, or mend the permissions of {there}"
        yield Check(setting, "problem", f"{there} cannot be written", fix)
        return
    made = "writable" if there == directory else "will be made when it is needed"
    yield Check(setting, "good", f"{directory}: {made}")
    free_bytes = shutil.disk_usage(there).free
    detail = f"{free_bytes / 1e9:.1f} GB free"
    name = f"disk of {setting}"
    if free_bytes >= _LITTLE_SPACE_BYTES:
        yield Check(name, "good", detail)
    else:
        state: Literal["problem", "warning"] = (
            "problem" if free_bytes < _NO_SPACE_BYTES else "warning"
        )
        yield Check(name, state, detail, f"free some space, or {choose}")


def check_repository(settings: Settings) -> Check:
    """Whether patient data could be committed; unless that is allowed, the settings refuse it."""
    from neuropose.config import git_work_tree

    work_tree = git_work_tree(settings.data_dir)
    if work_tree is None:
        return Check("repository", "good", "data_dir is in no git work tree")
    return Check(
        "repository",
        "warning",
        f"data_dir is in the git work tree {work_tree}, which the settings allow",
        "set data_dir outside it, and allow_data_dir_in_repository to false",
    )


def check_privacy(data_dir: Path) -> Check:
    """Whether other users of the machine can look into the data directory."""
    try:
        mode = data_dir.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return Check("privacy", "good", "there is no data_dir yet")
    except OSError as error:
        problem = f"{data_dir} cannot be looked at: {error.strerror}"
        return Check("privacy", "warning", problem, "mend the permissions of its folder")
    if mode & _OTHERS_MAY:
        return Check(
            "privacy",
            "warning",
            f"every user of this machine can look into {data_dir}",
            f"chmod o-rwx {shlex.quote(str(data_dir))}",
        )
    return Check("privacy", "good", "data_dir is closed to other users")
