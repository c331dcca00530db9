"""A laboratory's own names of markers as a file: which markers each joint is the mean of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from neuropose.errors import FileFormatError, FileMissingError, FileReadError, did_you_mean
from neuropose.io.atomic import write_atomically
from neuropose.skeletons import CANONICAL_JOINTS, LANDMARKS

_NAMES = CANONICAL_JOINTS + LANDMARKS
_HINT = "write lines such as `left_heel: [HEEL_L]`, or let `neuropose markers FILE -o` write them"
_LARGEST_BYTES = 1_000_000
_HEAD = """\
# Which markers each joint is the mean of, for `neuropose analyze --markers FILE`, for
# `markers: FILE` in a pipeline file, and for neuropose.io.read_marker_map in Python.
# Joints that are not here are found by the names of the markers.
"""


def read_marker_map(path: Path) -> dict[str, tuple[str, ...]]:
    r"""Read which markers each joint is the mean of.

    Parameters
    ----------
    path : Path
        YAML: joints by their canonical names, and for each a marker or a list of markers.

    Returns
    -------
    dict of str to tuple of str
        For the parameter `markers` of `neuropose.analyzer.PoseSequence.from_c3d` and ``from_trc``.

    Raises
    ------
    FileMissingError, FileReadError
        If the file cannot be read.
    FileFormatError
        If it is something else; the message has the line, or the joint.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "ours.yaml"
    >>> _ = path.write_text("left_heel: HEEL_L\nleft_toe: [MET1_L, MET5_L]\n")
    >>> read_marker_map(path)
    {'left_heel': ('HEEL_L',), 'left_toe': ('MET1_L', 'MET5_L')}
    """
    content = _parsed(path)
    if content is None:  # comments only
        return {}
    if not isinstance(content, dict):
        raise FileFormatError(f"{path}: expected `joint: [marker]` lines", hint=_HINT)
    return {_joint(name, path): _markers(name, value, path) for name, value in content.items()}


def save_marker_map(
    path: Path, joints: Mapping[str, Sequence[str]], remarks: Sequence[str] = ()
) -> None:
    """Write which markers each joint is the mean of, as a file to edit.

    Parameters
    ----------
    path : Path
        The file to write; its folder must exist.
    joints : mapping of str to sequence of str
        Joints by their canonical names. One without markers is written as a comment.
    remarks : sequence of str
        Lines of comment before them.

    Raises
    ------
    OutputError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "ours.yaml"
    >>> save_marker_map(path, {"left_heel": ["LHEE"], "left_toe": []}, ["not used: LTHI"])
    >>> print(path.read_text().splitlines()[-3:])
    ['# not used: LTHI', 'left_heel: [LHEE]', '# left_toe: []']
    >>> read_marker_map(path)
    {'left_heel': ('LHEE',)}
    """
    remarked = "".join(f"# {remark}\n" for remark in remarks)
    lines = "".join(_line(joint, markers) for joint, markers in joints.items())
    write_atomically(path, [f"{_HEAD}{remarked}{lines}".encode()])


def _line(joint: str, markers: Sequence[str]) -> str:
    listed = yaml.safe_dump(list(markers), default_flow_style=True, width=10_000).strip()
    return f"{'' if markers else '# '}{joint}: {listed}\n"


def _parsed(path: Path) -> Any:
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_BYTES + 1)
        if len(data) > _LARGEST_BYTES:
            raise FileFormatError(f"{path} is too large to be a mapping of markers", hint=_HINT)
        return yaml.safe_load(data.decode("utf-8-sig"))
    except FileNotFoundError as error:
        raise FileMissingError(f"{path} does not exist", hint="check the path") from error
    except OSError as error:
        raise FileReadError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise FileFormatError(f"{path} is not UTF-8 text", hint="save it as UTF-8") from error
    except yaml.MarkedYAMLError as error:
        line = "" if error.problem_mark is None else f", line {error.problem_mark.line + 1}"
        raise FileFormatError(f"{path}{line}: {error.problem}", hint=_HINT) from error
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        raise FileFormatError(f"{path}: {' '.join(str(error).split())}", hint=_HINT) from error


def _joint(name: object, path: Path) -> str:
    if name in _NAMES:
        return str(name)
    hint = did_you_mean(str(name), _NAMES, also=f"the names are {', '.join(_NAMES)}")
    raise FileFormatError(f"{path}: {name!r} is not a canonical joint name", hint=hint)


def _markers(joint: str, value: object, path: Path) -> tuple[str, ...]:
    names = value if isinstance(value, list) else [value]
    # YAML reads a marker that is called 12 as a number.
    if not names or not all(isinstance(name, (str, int)) and str(name) for name in names):
        raise FileFormatError(f"{path}: {joint} needs the names of its markers", hint=_HINT)
    return tuple(map(str, names))
