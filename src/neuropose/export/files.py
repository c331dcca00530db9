"""Files and folders that a library writes, there whole or not at all."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from neuropose.errors import MissingLibraryError, NeuroPoseError, OutputError
from neuropose.io.atomic import PRIVATE_FILE, PRIVATE_FOLDER, cannot_write, make_private_folder


def library(module: str, extra: str, what: str) -> Any:
    """Import a library that only one format needs.

    Parameters
    ----------
    module : str
        Name of the module.
    extra : str
        Extra of NeuroPose that brings it.
    what : str
        The format, for the message.

    Returns
    -------
    module

    Raises
    ------
    MissingLibraryError
        If it cannot be imported.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise MissingLibraryError(
            f"{what} needs {module.partition('.')[0]}, which cannot be imported: {error}",
            hint=f"pip install 'neuropose[{extra}]'",
        ) from error


@contextmanager
def whole_file(path: Path, suffix: str | None = None) -> Iterator[Path]:
    """Let something write a file beside the one that is meant, and put it there when it is whole.

    Parameters
    ----------
    path : Path
        The file; an existing one is replaced.
    suffix : str, optional
        Suffix of what is written in its place until then; default: its own.

    Yields
    ------
    Path
        What is to be written.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    temporary = path.with_name(f"{_passing_name()}{suffix or path.suffix}")
    try:
        yield temporary
        temporary.chmod(PRIVATE_FILE)
        temporary.replace(path)
    except NeuroPoseError:
        raise
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Let something fill a folder, and give it its name when it is whole.

    Parameters
    ----------
    path : Path
        The folder; nothing, or an empty folder, may be there.

    Yields
    ------
    Path
        The folder to fill.

    Raises
    ------
    OutputError
        If it is there already, or cannot be written.
    """
    if path.exists() and not (path.is_dir() and not any(path.iterdir())):
        raise OutputError(f"{path} is already there", hint="choose another --output")
    with _temporary_folder(path, path.with_name(_passing_name())) as temporary:
        yield temporary
        temporary.replace(path)


@contextmanager
def added_to_folder(path: Path) -> Iterator[Path]:
    """Let something write files, and move them into a folder that is there when all are whole.

    Parameters
    ----------
    path : Path
        The folder. What else is in it stays.

    Yields
    ------
    Path
        The folder to fill, as the other one is: ``sub-01/motion/walk.tsv``.

    Raises
    ------
    OutputError
        If they cannot be written: none of them is in the folder then.
    """
    added: list[Path] = []
    with _temporary_folder(path, path / _passing_name()) as temporary:
        yield temporary
        try:
            for file in sorted(each for each in temporary.rglob("*") if each.is_file()):
                place = path / file.relative_to(temporary)
                make_private_folder(place.parent)
                file.replace(place)
                added.append(place)
        except OSError:
            for place in added:
                place.unlink(missing_ok=True)
            raise


def _passing_name() -> str:
    return f".neuropose-{secrets.token_hex(8)}"


@contextmanager
def _temporary_folder(path: Path, temporary: Path) -> Iterator[Path]:
    """Make a folder that is gone in the end, with an error that names the one that is meant."""
    try:
        temporary.mkdir(PRIVATE_FOLDER)
        yield temporary
    except OutputError as error:
        message = error.message.replace(str(temporary), str(path))
        raise OutputError(message, hint=error.hint) from error
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
