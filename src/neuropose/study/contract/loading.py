"""A pipeline from its file and ``--set``: whatever is wrong is said with file and line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from neuropose.errors import ConfigError, UnknownSettingError, did_you_mean
from neuropose.study.contract.pipeline import Output, Pipeline
from neuropose.study.contract.yaml_lines import Place, YamlError, load_with_lines

_HINT = "docs/reference/pipelines.md has every key"
_LONGEST_VALUE = 60


def load_pipeline(path: Path, assignments: Sequence[str] = ()) -> Pipeline:
    r"""Read a pipeline file, and check all of it; no data is read.

    Parameters
    ----------
    path : Path
        YAML. Paths in it are relative to its folder.
    assignments : sequence of str
        ``key=value``, in place of what the file says; keys within keys are parted by dots
        (``analysis.dtw.band=0.2``), values are YAML.

    Returns
    -------
    Pipeline
        With absolute paths.

    Raises
    ------
    UnknownSettingError
        For a key that there is not; the hint has the nearest one.
    ConfigError
        If the file cannot be read, a value is not allowed, or a file that it names is not there.

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
    origins: dict[Place, str] = {}
    for assignment in assignments:
        _assign(content, assignment, origins)
    try:
        pipeline = Pipeline.model_validate(content)
    except ValidationError as error:
        raise _error(error, path, lines, origins) from None
    pipeline = _absolute(pipeline, path.absolute().parent)
    for key, file in pipeline.files().items():
        if not file.is_file():
            where = _where(path, lines, origins, tuple(key.split(".")))
            raise ConfigError(
                f"{where}: there is no file {file}",
                hint="paths are relative to the folder of the pipeline file",
            )
    return pipeline


def _read(path: Path) -> tuple[dict[str, Any], dict[Place, int]]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"the pipeline file {path} cannot be read: {error.strerror}",
            hint="check the path given with --config",
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
    return content, lines


def _assign(content: dict[str, Any], assignment: str, origins: dict[Place, str]) -> None:
    key, equals, text = assignment.partition("=")
    place = tuple(part.strip() for part in key.split("."))
    if not equals or not all(place):
        raise ConfigError(f"--set takes key=value, not {assignment!r}", hint=_HINT)
    if place in origins:
        raise ConfigError(f"--set {key} is there twice", hint="say it once")
    try:
        value, _ = load_with_lines(text)
    except YamlError as problem:
        raise ConfigError(f"--set {key}: {problem}", hint="quote the value") from problem
    within: Any = content
    for part in place[:-1]:
        if not isinstance(within.get(part), dict):
            within[part] = {}
        within = within[part]
    within[place[-1]] = value
    origins[place] = f"--set {key}"


def _error(
    error: ValidationError, path: Path, lines: Mapping[Place, int], origins: Mapping[Place, str]
) -> ConfigError:
    first = min(error.errors(include_url=False), key=lambda each: _line(lines, each["loc"]))
    place = _known_part(first["loc"])
    key, where = ".".join(map(str, place)), _where(path, lines, origins, place)
    kind, problem = first["type"], first["msg"].removeprefix("Value error, ")
    if kind == "extra_forbidden":
        hint = did_you_mean(str(place[-1]), _keys_at(first["loc"][:-1]), instead=_HINT)
        return UnknownSettingError(f"{where}: there is no key {key!r}", hint=hint)
    if kind == "missing":
        return ConfigError(f"{where}: {key} is missing", hint=_HINT)
    problem = problem[:1].lower() + problem[1:]
    value = first["input"]
    if isinstance(value, (dict, list, BaseModel)):
        return ConfigError(f"{where}: {key + ': ' if key else ''}{problem}", hint=_HINT)
    shown = repr(value)
    if len(shown) > _LONGEST_VALUE:
        shown = f"{shown[: _LONGEST_VALUE - 1]}…"
    what = shown if where == f"--set {key}" else f"{key} = {shown}"
    return ConfigError(f"{where}: {what} is not allowed: {problem}", hint=_HINT)


def _known_part(place: Place) -> Place:
    """Leave out what pydantic adds for the member of a union."""
    kinds = ("trial", "gait_cycles", "bilateral", "repetitions")
    return tuple(
        part
        for number, part in enumerate(place)
        if not (number == 1 and place[0] == "segmentation" and part in kinds)
    )


def _line(lines: Mapping[Place, int], place: Place) -> int:
    known = _known_part(place)
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
    return f"{path}, line {_line(lines, place)}"


def _keys_at(place: Place) -> list[str]:
    """Keys that there are at a place; none where any may be."""
    kind: Any = Pipeline
    for part in place:
        members = [kind, *get_args(kind)]
        models = [
            each
            for member in members
            for each in (member, *get_args(member))
            if isinstance(each, type) and issubclass(each, BaseModel)
        ]
        if isinstance(part, int) or not models:
            continue
        tagged = [each for each in models if part in _tags(each)]
        fields = [
            each.model_fields[part].annotation for each in models if part in each.model_fields
        ]
        kind = tagged[0] if tagged else fields[0] if fields else None
    found = [kind, *get_args(kind)]
    found += [inner for each in found for inner in get_args(each)]
    return [
        name
        for each in found
        if isinstance(each, type) and issubclass(each, BaseModel)
        for name in each.model_fields
    ]


def _tags(model: type[BaseModel]) -> tuple[Any, ...]:
    field = model.model_fields.get("kind")
    return () if field is None else get_args(field.annotation)


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
