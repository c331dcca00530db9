"""``KEY=VALUE`` as ``--set`` takes it: one grammar for pipelines, tasks and segmentations.

Keys within keys are parted by dots, values are YAML. Two things are forgiven where the contract
says what was meant: one value, or text with commas, stands for a list; ``none`` stands for null.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from neuropose.errors import ConfigError, UnknownSettingError, did_you_mean
from neuropose.yaml_lines import Place, YamlError, load_with_lines

_LISTS = ("list_type", "tuple_type")
_LONGEST_VALUE = 60

Model = TypeVar("Model", bound=BaseModel)


def read_assignments(assignments: Sequence[str]) -> dict[Place, Any]:
    """Read ``key=value``, each key once.

    Parameters
    ----------
    assignments : sequence of str
        Texts of the form ``KEY=VALUE``.

    Returns
    -------
    dict of tuple to object
        Value by the parts of its key.

    Raises
    ------
    ConfigError
        If one of them is not of this form; it names all of those.

    Examples
    --------
    >>> read_assignments(["preparation.cutoff_hz=8", "angles=[left_knee_flexion]"])
    {('preparation', 'cutoff_hz'): 8, ('angles',): ['left_knee_flexion']}
    """
    found: dict[Place, Any] = {}
    mistakes = []
    for assignment in assignments:
        key, equals, text = assignment.partition("=")
        place = tuple(part.strip() for part in key.split("."))
        if not equals or not all(place):
            mistakes.append(
                ConfigError(
                    f"--set takes key=value, not {assignment!r}", hint="quote it if need be"
                )
            )
            continue
        if place in found:
            mistakes.append(ConfigError(f"--set {key} is there twice", hint="say it once"))
            continue
        try:
            found[place], _ = load_with_lines(text)
        except YamlError as problem:
            mistakes.append(ConfigError(f"--set {key}: {problem}", hint="quote the value"))
    if mistakes:
        raise told_together(mistakes)
    return found


def assign(content: dict[str, Any], assigned: Mapping[Place, Any]) -> None:
    """Put values where their keys say, in place of what is there.

    Parameters
    ----------
    content : dict
        Changed in place.
    assigned : mapping of tuple to object
        Of `read_assignments`.

    Examples
    --------
    >>> content = {"preparation": {"cutoff_hz": 6}}
    >>> assign(content, {("preparation", "rate_hz"): 100})
    >>> content
    {'preparation': {'cutoff_hz': 6, 'rate_hz': 100}}
    """
    for place, value in assigned.items():
        within: Any = content
        for part in place[:-1]:
            if not isinstance(within.get(part), dict):
                within[part] = {}
            within = within[part]
        within[place[-1]] = value


def validate(kind: type[Model], content: dict[str, Any], assigned: Mapping[Place, Any]) -> Model:
    """Validate settings; what was assigned may say a list or null in a shorter way.

    Parameters
    ----------
    kind : type
        The contract.
    content : dict
        With what was assigned; changed in place.
    assigned : mapping of tuple to object
        What of it was assigned.

    Returns
    -------
    BaseModel
        Of `kind`.

    Raises
    ------
    pydantic.ValidationError
        With every mistake that the contract gives.

    Examples
    --------
    >>> from neuropose.analyzer.tasks.range_of_motion import RangeOfMotionSettings
    >>> assigned = read_assignments(["angles=left_knee_flexion"])
    >>> content = {}
    >>> assign(content, assigned)
    >>> validate(RangeOfMotionSettings, content, assigned).angles
    ('left_knee_flexion',)
    """
    while True:
        try:
            return kind.model_validate(content)
        except ValidationError as error:
            # A value can be put right twice at most (text to a list or null), so this ends.
            if not _put_right(content, error, assigned):
                raise


def _put_right(
    content: dict[str, Any], error: ValidationError, assigned: Mapping[Place, Any]
) -> bool:
    changed = False
    for each in error.errors(include_url=False, include_context=False):
        value, place = each["input"], known_part(each["loc"])
        if not any(place[: len(key)] == key for key in assigned):
            continue
        if isinstance(value, str) and value.lower() == "none":
            changed |= _replace(content, place, value, None)
        elif each["type"] in _LISTS and isinstance(value, (str, int, float)):
            changed |= _replace(content, place, value, _as_list(value))
    return changed


def _as_list(value: str | float) -> list[Any]:
    if not isinstance(value, str):
        return [value]
    parts = [load_with_lines(part)[0] for part in value.split(",")]
    return [part for part in parts if part is not None]


def _replace(content: dict[str, Any], place: Place, old: Any, new: Any) -> bool:
    within: Any = content
    for part in place[:-1]:
        try:
            within = within[part]
        except (KeyError, IndexError, TypeError):
            return False
    if not isinstance(within, dict) or within.get(str(place[-1])) != old:
        return False
    within[place[-1]] = new
    return True


def known_part(place: Place) -> Place:
    """Return where a mistake is, without what pydantic adds for the member of a union.

    Parameters
    ----------
    place : tuple
        Keys and indices from the top of the contract.

    Returns
    -------
    tuple
    """
    kinds = ("trial", "gait_cycles", "bilateral", "repetitions")
    return tuple(
        part
        for number, part in enumerate(place)
        if not (number == 1 and place[0] == "segmentation" and part in kinds)
    )


def mistake(kind: type[BaseModel], error: Any, where: str, hint: str | None = None) -> ConfigError:
    """Say what is wrong with a value.

    Parameters
    ----------
    kind : type
        The contract.
    error : dict
        One of those of a `pydantic.ValidationError`.
    where : str
        Where the value is from: a file and a line, or ``--set`` and a key.
    hint : str, optional
        What to do about it, if nothing better is known.

    Returns
    -------
    ConfigError
        `UnknownSettingError` for a key that there is not, with the nearest one in its hint.
    """
    place = known_part(error["loc"])
    key = ".".join(map(str, place))
    problem = error["msg"].removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        return UnknownSettingError(
            f"{where}: there is no key {key!r}", hint=_nearest(kind, error["loc"], where)
        )
    if error["type"] == "missing":
        return ConfigError(f"{where}: {key} is missing", hint=hint)
    if error["type"] == "union_tag_invalid":
        tag, known = error["ctx"]["tag"], error["ctx"]["expected_tags"].replace("'", "")
        instead = f"there are {known}"
        return ConfigError(
            f"{where}: {key}.kind = {tag!r} is none of {known}",
            hint=did_you_mean(tag, known.split(", "), instead=instead),
        )
    if error["type"] == "union_tag_not_found":
        return ConfigError(f"{where}: {key}.kind is missing", hint=hint)
    problem = problem[:1].lower() + problem[1:]
    value = error["input"]
    if isinstance(value, (dict, list, BaseModel)):
        said = f"{key}: " if key and where not in (key, f"--set {key}") else ""
        return ConfigError(f"{where}: {said}{problem}", hint=hint)
    shown = repr(value)
    if len(shown) > _LONGEST_VALUE:
        shown = f"{shown[: _LONGEST_VALUE - 1]}…"
    what = shown if where == f"--set {key}" else f"{key} = {shown}"
    return ConfigError(f"{where}: {what} is not allowed: {problem}", hint=hint)


def told_together(mistakes: Sequence[ConfigError]) -> ConfigError:
    """Make one error of several.

    Parameters
    ----------
    mistakes : sequence of ConfigError
        At least one.

    Returns
    -------
    ConfigError
        The only one, or one that has the messages and hints of all.

    Examples
    --------
    >>> both = told_together([ConfigError("no a", hint="give a"), ConfigError("no b")])
    >>> both.message
    '2 mistakes: (1) no a (give a); (2) no b'
    """
    first, *others = mistakes
    if not others:
        return first
    hints = {each.hint for each in mistakes}
    shared = first.hint if len(hints) == 1 else None
    said = "; ".join(
        f"({number}) {each.message}" + (f" ({each.hint})" if each.hint and not shared else "")
        for number, each in enumerate(mistakes, start=1)
    )
    unknown = all(isinstance(each, UnknownSettingError) for each in mistakes)
    return (UnknownSettingError if unknown else ConfigError)(
        f"{len(mistakes)} mistakes: {said}", hint=shared
    )


def _nearest(kind: type[BaseModel], place: Place, where: str) -> str:
    """Say which key was meant, or which there are; after ``--set`` as it has to be written."""
    keys = list(dict.fromkeys(_keys_at(kind, place[:-1])))
    outer = known_part(place)[:-1] if where.startswith("--set") else ()
    names = [".".join(map(str, (*outer, key))) for key in keys]
    instead = f"there are {', '.join(keys)}" if keys else "this has no keys"
    return did_you_mean(".".join(map(str, (*outer, place[-1]))), names, instead=instead)


def _keys_at(kind: type[BaseModel], place: Place) -> Iterator[str]:
    """Keys that there are at a place; none where any may be."""
    at: Any = kind
    for part in place:
        models = list(_models(at))
        if isinstance(part, int) or not models:
            continue
        tagged = [each for each in models if part in _tags(each)]
        fields = [
            each.model_fields[part].annotation for each in models if part in each.model_fields
        ]
        at = tagged[0] if tagged else fields[0] if fields else None
    for model in _models(at):
        yield from model.model_fields


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


def _tags(model: type[BaseModel]) -> tuple[Any, ...]:
    field = model.model_fields.get("kind")
    return () if field is None else get_args(field.annotation)
