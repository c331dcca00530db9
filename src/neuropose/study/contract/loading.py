"""A pipeline or session from its file: whatever is wrong is said with file and line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from neuropose.data.metadata import Contract
from neuropose.errors import ConfigError
from neuropose.io import read_marker_map
from neuropose.study.contract.assignments import (
    assign,
    known_part,
    mistake,
    read_assignments,
    told_together,
    validate,
)
from neuropose.study.contract.pipeline import Output, Pipeline
from neuropose.study.contract.session import OF_ONE_PERSON, Session
from neuropose.yaml_lines import Place, YamlError, load_with_lines

_HINT = "docs/reference/pipelines.md has every key"
_SESSION_HINT = "docs/guides/jobs.md has every key"


def load_pipeline(path: Path, assignments: Sequence[str] = ()) -> Pipeline:
    r"""Read a pipeline file, and check all of it; no data is read.

    Parameters
    ----------
    path : Path
        YAML. Paths in it are relative to its folder.
    assignments : sequence of str
        ``key=value``, in place of what the file says, as
        `neuropose.study.contract.assignments` reads them.

    Returns
    -------
    Pipeline
        With absolute paths.

    Raises
    ------
    UnknownSettingError
        For a key that there is not; the hint has the nearest one.
    FileFormatError, FileMissingError, FileReadError
        If a file of markers cannot be read.
    ConfigError
        If the file cannot be read, a value is not allowed, or a file that it names is not there;
        several mistakes are told together.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "walk.trc").write_text("")
    >>> file = folder / "walk.yaml"
    >>> _ = file.write_text("version: 1\ninputs: {primary: {file: walk.trc}}\noutput: {}\n")
    >>> load_pipeline(file, ["output.report=walk.json"]).output.report.name
    'walk.json'
    >>> try:
    ...     load_pipeline(file)
    ... except ConfigError as error:
    ...     print(error.message.replace(str(folder), ""))
    /walk.yaml, line 3: output.report is missing
    """
    content, lines = _read(path)
    assigned = read_assignments(assignments)
    assign(content, assigned)
    _read_marker_maps(content, path.absolute().parent)
    origins = {place: f"--set {'.'.join(map(str, place))}" for place in assigned}
    try:
        pipeline = validate(Pipeline, content, assigned)
    except ValidationError as error:
        raise _error(Pipeline, error, path, lines, origins, _HINT) from None
    pipeline = _absolute(pipeline, path.absolute().parent)
    for key, file in pipeline.files().items():
        if not file.is_file():
            where = _where(path, lines, origins, tuple(key.split(".")))
            raise ConfigError(
                f"{where}: there is no file {file}",
                hint="paths are relative to the folder of the pipeline file",
            )
    return pipeline


def load_session(path: Path) -> Session:
    r"""Read a ``session.yaml``, and check all of it.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Session

    Raises
    ------
    UnknownSettingError
        For a key that there is not; the hint has the nearest one.
    ConfigError
        If the file cannot be read, or a value is not allowed.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "session.yaml"
    >>> _ = file.write_text("tasks: [gait]\nheight_mm: 1710\n")
    >>> load_session(file).height_mm
    1710.0
    """
    content, lines = _read(path)
    try:
        return Session.model_validate(content)
    except ValidationError as error:
        raise _error(Session, error, path, lines, {}, _SESSION_HINT) from None


def load_default_session(path: Path) -> Session:
    """Read a session that jobs without one of their own follow.

    Parameters
    ----------
    path : Path
        A file like ``session.yaml``.

    Returns
    -------
    Session

    Raises
    ------
    ConfigError
        As `load_session`, and if it says what is true of one person only.
    """
    session = load_session(path)
    said = [key for key in OF_ONE_PERSON if key in session.model_fields_set]
    if said:
        raise ConfigError(
            f"{path}: {' and '.join(said)} cannot be the same for all jobs",
            hint="say it in the session.yaml of the person's job",
        )
    return session


def _read(path: Path) -> tuple[dict[str, Any], dict[Place, int]]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"the pipeline file {path} cannot be read: {error.strerror}",
            hint="check the path",
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text", hint="save it as UTF-8") from error
    try:
        content, lines = load_with_lines(text)
    except YamlError as problem:
        line = "" if problem.line is None else f", line {problem.line}"
        raise ConfigError(f"{path}{line}: {problem}", hint=_HINT) from problem
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: expected `key: value` lines", hint=_HINT)
    if "config_version" in content:
        where = f"{path}, line {lines.get(('config_version',), 1)}"
        raise ConfigError(
            f"{where}: this is an analysis of the original NeuroPose",
            hint="neuropose migrate FOLDER --write converts it; docs/guides/original-program.md "
            "has each of its keys",
        )
    return content, lines


def _read_marker_maps(content: dict[str, Any], folder: Path) -> None:
    """Put the content of a file of markers in the place of its name."""
    inputs = content.get("inputs")
    for part in inputs.values() if isinstance(inputs, dict) else ():
        if isinstance(part, dict) and isinstance(part.get("markers"), str):
            part["markers"] = read_marker_map(folder / part["markers"])


def _error(
    kind: type[Contract],
    error: ValidationError,
    path: Path,
    lines: Mapping[Place, int],
    origins: Mapping[Place, str],
    hint: str,
) -> ConfigError:
    mistakes = sorted(error.errors(include_url=False), key=lambda each: _line(lines, each["loc"]))
    return told_together(
        [
            mistake(kind, each, _where(path, lines, origins, known_part(each["loc"])), hint=hint)
            for each in mistakes
        ]
    )


def _line(lines: Mapping[Place, int], place: Place) -> int:
    known = known_part(place)
    while known and known not in lines:
        known = known[:-1]
    return lines.get(known, 1)


def _where(
    path: Path, lines: Mapping[Place, int], origins: Mapping[Place, str], place: Place
) -> str:
    for length in range(len(place), 0, -1):
        if place[:length] in origins:
            return origins[place[:length]]
        if place[:length] in lines:
            break
    below = [said for key, said in origins.items() if place and key[: len(place)] == place]
    if below and place not in lines:
        return below[0]
    return f"{path}, line {_line(lines, place)}"


def _absolute(pipeline: Pipeline, folder: Path) -> Pipeline:
    """Take every path from the folder of the file."""
    values = pipeline.model_dump(exclude_unset=True)
    for section, keys in (
        ("primary", ("file",)),
        ("reference", ("file",)),
        ("cohort", ("table",)),
    ):
        part = values["inputs"].get(section)
        for key in keys if part else ():
            part[key] = folder / part[key]
    for key in Output.model_fields:
        if values["output"].get(key) is not None:
            values["output"][key] = folder / values["output"][key]
    return Pipeline.model_validate(values)
