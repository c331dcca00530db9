"""Settings: an explicit file > ``NEUROPOSE_*`` environment > defaults; nothing is guessed.

No file is searched for, neither in the working directory nor in the home directory, and no
``.env``.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from neuropose.errors import (
    ConfigError,
    DataDirInRepositoryError,
    UnknownSettingError,
    did_you_mean,
)

ENV_PREFIX = "NEUROPOSE_"
_FILE_SUFFIXES = (".toml", ".yaml", ".yml")
_LONGEST_VALUE = 60


def git_work_tree(path: Path) -> Path | None:
    """Find the git work tree that a path lies in.

    Parameters
    ----------
    path : Path
        Need not exist; symbolic links are followed.

    Returns
    -------
    Path or None
        The innermost directory at or above `path` that has a ``.git``.

    Examples
    --------
    >>> git_work_tree(Path("/")) is None
    True
    """
    resolved = Path(os.path.realpath(path))
    for directory in (resolved, *resolved.parents):
        if os.path.lexists(directory / ".git"):
            return directory
    return None


def _data_home(subdirectory: str) -> Path:
    from platformdirs import user_data_path

    try:
        return user_data_path("neuropose", appauthor=False) / subdirectory
    except RuntimeError as error:
        raise ConfigError(
            "the user has no home directory to keep data in",
            hint="set XDG_DATA_HOME, or both data_dir and model_cache_dir",
        ) from error


def _absolute(path: Path) -> Path:
    try:
        expanded = path.expanduser()
    except RuntimeError as error:
        raise ValueError(str(error)) from error
    if not expanded.is_absolute():
        raise ValueError("relative path")
    if "\0" in str(expanded):
        raise ValueError("no file system has such a path")
    return expanded


def _no_truth_value(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("a truth value is not a number")
    return value


def _switch(value: Any) -> Any:
    """Read ``on`` and ``off``, which are truth values in YAML."""
    return ("on" if value else "off") if isinstance(value, bool) else value


def _splittable(command: str) -> str:
    if not shlex.split(command):
        raise ValueError("no command")
    return command


_Command = Annotated[str, AfterValidator(_splittable)]
_Directory = Annotated[Path, AfterValidator(_absolute)]
_Whole = Annotated[int, BeforeValidator(_no_truth_value)]
_Number = Annotated[float, BeforeValidator(_no_truth_value), Field(allow_inf_nan=False)]


def _setting(default: Any, allowed: str, description: str, **limits: Any) -> Any:
    """Declare a field; `allowed` describes its values in error messages and the documentation."""
    default_or_factory = {"default_factory" if callable(default) else "default": default}
    return Field(
        **default_or_factory,
        description=description,
        json_schema_extra={"allowed": allowed},
        **limits,
    )


_DIRECTORY = "an absolute path or one that begins with `~`, as a relative one would be a guess"


class ClusterSettings(BaseModel):
    """Where the workers of ``engine: dask`` are, and what each of them gets.

    Parameters
    ----------
    kind : str
        ``local``: workers on this machine. ``scheduler``: an existing scheduler of dask. ``slurm``,
        ``pbs``, ``sge`` or ``lsf``: workers are jobs of that batch system.
    scheduler : str or None
        Address of the existing scheduler: ``tls://HOST:PORT``, or ``tcp://`` on this machine.
    tls_ca, tls_certificate, tls_key : Path or None
        PEM files, for ``tls://``; as in ``dask scheduler --tls-ca-file --tls-cert --tls-key``.
    workers : int
        Most workers. Each processes one job at a time.
    workers_kept : int
        Workers that are kept even if no job waits; the others are started on demand.
    idle_s : float
        Time in seconds after which a worker that is not needed is ended.
    cores : int or None
        CPU cores of a worker. None: those that it may use.
    memory_gb : float
        Memory of a worker, in gigabytes; the process that runs the model is ended if it needs more.
    queue, account, walltime : str or None
        Queue or partition, account or project, and time limit of each worker, as the batch system
        writes them.
    directives : tuple of str
        Further lines of the job script's header, such as ``--gres=gpu:1``.
    prologue : tuple of str
        Lines of the job script before the worker is started, such as ``module load python``.
    python : Path or None
        The Python that has NeuroPose, on the workers. None: the path of this one.
    interface : str or None
        Network interface of this machine that workers can reach, such as ``ib0``.
    cpu : str
        ``same``: workers must have the processor features of this machine, so that results are the
        same bits wherever they are made. ``any``: the last bits may differ between workers.
    piece_s : float or None
        A video that is longer than this, in seconds, is processed in pieces of about this length by
        several workers. None: no video is.

    Examples
    --------
    >>> ClusterSettings(kind="slurm", workers=40, walltime="12:00:00").cores
    1
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["local", "scheduler", "slurm", "pbs", "sge", "lsf"] = "local"
    scheduler: str | None = None
    tls_ca: _Directory | None = None
    tls_certificate: _Directory | None = None
    tls_key: _Directory | None = None
    workers: Annotated[_Whole, Field(ge=1)] = 2
    workers_kept: Annotated[_Whole, Field(ge=0)] = 0
    idle_s: Annotated[_Number, Field(ge=0)] = 300.0
    cores: Annotated[_Whole, Field(ge=1)] | None = 1
    memory_gb: Annotated[_Number, Field(gt=0)] = 4.0
    queue: str | None = None
    account: str | None = None
    walltime: str | None = None
    directives: tuple[str, ...] = ()
    prologue: tuple[str, ...] = ()
    python: _Directory | None = None
    interface: str | None = None
    cpu: Literal["same", "any"] = "same"
    piece_s: Annotated[_Number, Field(ge=10)] | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.kind == "scheduler") is not (self.scheduler is not None):
            raise ValueError("an address is given with kind scheduler, and only with it")
        return self


class Settings(BaseSettings):
    """Every setting of NeuroPose, checked and frozen.

    Examples
    --------
    >>> settings = Settings(poll_interval_seconds=2)
    >>> settings.poll_interval_seconds, settings.model
    (2.0, 'blazepose')
    """

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", env_prefix=ENV_PREFIX, validate_default=True
    )

    data_dir: _Directory = _setting(
        lambda: _data_home("jobs"),
        _DIRECTORY,
        "Base directory of the job daemon (`in/`, `out/`, `failed/`); never in a git work tree.",
    )
    allow_data_dir_in_repository: bool = _setting(
        False,
        "true or false",
        "Accept a `data_dir` inside a git work tree, where patient data could be committed.",
    )
    model_cache_dir: _Directory = _setting(
        lambda: _data_home("models"),
        _DIRECTORY,
        "Where weights and sample clips are kept.",
    )
    model: str = _setting(
        "blazepose",
        "a name that `neuropose models list` shows",
        "Pose model that is used unless another is asked for.",
        min_length=1,
    )
    device: str = _setting(
        "auto",
        "`auto`, `cpu`, `gpu` or `gpu:N`",
        "Where the pose model runs.",
        pattern=r"^(auto|cpu|gpu(:\d+)?)$",
    )
    skeleton: str | None = _setting(
        None,
        "the name of a skeleton that the model has",
        "Skeleton that the model returns; unset: its default.",
        min_length=1,
    )
    uncertainty: bool = _setting(
        False,
        "true or false",
        "Standard deviation of each joint over the test-time augmentations (MeTRAbs only).",
    )
    deterministic: bool = _setting(
        False,
        "true or false",
        "The same bits on every run, even where that is slower (MeTRAbs on a GPU).",
    )
    num_aug: _Whole = _setting(
        5,
        "a whole number from 1 to 100",
        "Test-time augmentations (MeTRAbs only).",
        ge=1,
        le=100,
    )
    detector_threshold: _Number = _setting(
        0.3,
        "a number from 0 to 1",
        "Confidence below which a detection is dropped (MeTRAbs only).",
        ge=0,
        le=1,
    )
    max_detections: _Whole | None = _setting(
        None,
        "a whole number of at least 1",
        "Most people per frame, the most certain ones; unset: no limit (MeTRAbs only).",
        ge=1,
    )
    suppress_implausible_poses: bool = _setting(
        True,
        "true or false",
        "Drop anatomically impossible poses (MeTRAbs only).",
    )
    batch_size: _Whole | None = _setting(
        None,
        "a whole number from 1 to 64",
        "Number of pictures at a time; unset: from picture size and memory (MeTRAbs only).",
        ge=1,
        le=64,
    )
    default_fov_degrees: _Number = _setting(
        55.0,
        "a number greater than 0 and less than 180",
        "Field of view along the larger picture side, assumed if nothing is known of the camera.",
        gt=0,
        lt=180,
    )
    reconstruct: Annotated[Literal["auto", "on", "off"], BeforeValidator(_switch)] = _setting(
        "auto",
        "`auto`, `on` or `off`",
        "Whether a body is fitted before anything is measured: to predictions, or to markers too. "
        "Unless it is off, the daemon keeps a reconstruction of each video beside its results.",
    )
    default_session: _Directory | None = _setting(
        None,
        _DIRECTORY,
        "File like a `session.yaml`, which jobs without one of their own follow: tasks, affected "
        "side, exports. Unset: of such jobs, only poses and bodies are found.",
    )
    workers: Literal["auto"] | Annotated[_Whole, Field(ge=1)] = _setting(
        "auto",
        "`auto` or a whole number of at least 1",
        "CPU cores to use; `auto`: all there are. Does not change the result.",
    )
    poll_interval_seconds: _Number = _setting(
        5.0,
        "a number greater than 0",
        "How often the daemon looks for new jobs.",
        gt=0,
    )
    settle_seconds: _Number = _setting(
        10.0,
        "a number of at least 0",
        "How long a job's files must be unchanged before it is started.",
        ge=0,
    )
    stall_seconds: _Number = _setting(
        300.0,
        "a number greater than 0",
        "How long a job may make no progress before it is given up.",
        gt=0,
    )
    checkpoint_seconds: _Number = _setting(
        5.0,
        "a number of at least 0",
        "How often, at most, the daemon keeps the frames of the current video that are done.",
        ge=0,
    )
    allow_gaps: bool = _setting(
        False,
        "true or false",
        "Whether a video of which less than half of the frames have a picture is a success.",
    )
    stop_seconds: _Number | None = _setting(
        None,
        "a number of at least 0",
        "After the first signal to end, how long the current job may go on before it is stopped; "
        "it is continued later. Unset: until it is done.",
        ge=0,
    )
    continue_interrupted: _Whole = _setting(
        3,
        "a whole number of at least 0",
        "How often a job goes on by itself after the daemon was killed, the power failed, or its "
        "worker was lost, in the middle of it; then it fails.",
        ge=0,
    )
    disk_reserve_gb: _Number = _setting(
        1.0,
        "a number of at least 0",
        "Free space, in gigabytes, below which the daemon starts no job.",
        ge=0,
    )
    on_done: _Command | None = _setting(
        None,
        "a command",
        "Command that is run when a job has completed, with the job as JSON on its input.",
    )
    on_failed: _Command | None = _setting(
        None,
        "a command",
        "Command that is run when a job has failed, with the job as JSON on its input.",
    )
    engine: Literal["local", "dask"] = _setting(
        "local",
        "`local` or `dask`",
        "What processes the daemon's jobs: child processes on this machine, or workers of dask on "
        "one or more machines (extra `cluster`).",
    )
    cluster: ClusterSettings | None = _setting(
        None,
        "a table of [these keys](../guides/cluster.md#settings)",
        "Where the workers of `engine: dask` are, and what each of them gets; unset: two workers "
        "on this machine.",
    )
    log_format: Literal["text", "json"] = _setting(
        "text",
        "`text` or `json`",
        "How the daemon writes its log: a line for people, or a JSON object a line.",
    )
    log_names: bool = _setting(
        False,
        "true or false",
        "Whether names of jobs and videos, which may identify patients, are in the log.",
    )

    @model_validator(mode="after")
    def _keep_data_out_of_repositories(self) -> Self:
        work_tree = git_work_tree(self.data_dir)
        if work_tree is not None and not self.allow_data_dir_in_repository:
            raise DataDirInRepositoryError(
                f"data_dir {self.data_dir} lies inside the git work tree {work_tree}, "
                "where patient data could be committed",
                hint="copy it to a directory outside, and set data_dir to that; or, if no patient "
                "is in it, as in the demo's, set NEUROPOSE_ALLOW_DATA_DIR_IN_REPOSITORY=true",
            )
        return self

    @classmethod
    def settings_customise_sources(  # numpydoc ignore=PR01
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first, then the environment; no ``.env`` and no secrets directory."""
        del env_settings, dotenv_settings, file_secret_settings
        return init_settings, _StrictEnvironment(settings_cls)

    @classmethod
    def load(cls, config: Path | None = None) -> Settings:
        """Load the settings: `config` > ``NEUROPOSE_*`` > defaults.

        Parameters
        ----------
        config : Path, optional
            A TOML (``.toml``) or YAML (``.yaml``, ``.yml``) file.

        Returns
        -------
        Settings

        Raises
        ------
        UnknownSettingError
            For a key or a ``NEUROPOSE_*`` variable that is not a setting.
        DataDirInRepositoryError
            If `data_dir` lies inside a git work tree and that is not allowed.
        ConfigError
            If the file cannot be read, or a value is not allowed.

        Examples
        --------
        >>> Settings.load().default_fov_degrees
        55.0
        """
        values = {} if config is None else _read_file(config)
        try:
            return cls(**values)
        except ValidationError as error:
            _raise_config_error(error, config, values)


class _StrictEnvironment(EnvSettingsSource):
    def __call__(self) -> dict[str, Any]:
        known = [f"{ENV_PREFIX}{name}".upper() for name in self.settings_cls.model_fields]
        for name in sorted(os.environ):
            if name.upper().startswith(ENV_PREFIX) and name.upper() not in known:
                raise _unknown(name, known, "in the environment")
        return super().__call__()


def _unknown(key: str, known: Iterable[str], origin: str) -> UnknownSettingError:
    known = list(known)
    hint = did_you_mean(key, known, instead=f"known are {', '.join(known)}", cutoff=0.5)
    return UnknownSettingError(f"there is no setting {key!r} ({origin})", hint=hint)


def _raise_config_error(
    error: ValidationError, config: Path | None, values: dict[str, Any]
) -> NoReturn:
    first = error.errors()[0]
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, ConfigError):
        raise cause from None
    key = str(first["loc"][0])
    variable = f"{ENV_PREFIX}{key}".upper()
    if key in values:
        origin, hint = f"in {config}", f"change or remove {key} in {config}"
    elif variable in (name.upper() for name in os.environ):
        origin, hint = "in the environment", f"change or unset {variable}"
    else:
        origin, hint = "the default", f"set {key} in a file given with --config, or {variable}"
    place = ".".join(map(str, first["loc"] if key == "cluster" else first["loc"][:1]))
    value = first["input"]
    shown = repr(str(value) if isinstance(value, Path) else value)
    if len(shown) > _LONGEST_VALUE:
        shown = f"{shown[: _LONGEST_VALUE - 1]}…"
    extra = Settings.model_fields[key].json_schema_extra
    allowed = extra["allowed"] if isinstance(extra, dict) else "something else"
    raise ConfigError(
        f"{place} = {shown} ({origin}) is not allowed: {_demand(key, first, allowed)}", hint=hint
    ) from None


def _demand(key: str, error: ErrorDetails, allowed: object) -> str:
    """Say what a value must be; of one within a table, what pydantic says."""
    if key == "cluster" and (len(error["loc"]) > 1 or isinstance(error["input"], dict)):
        unknown = error["type"] == "extra_forbidden"
        return "there is no such key" if unknown else error["msg"].removeprefix("Value error, ")
    return f"it must be {allowed}"


def _read_file(path: Path) -> dict[str, Any]:
    if path.suffix not in _FILE_SUFFIXES:
        raise ConfigError(
            f"{path} is not a settings file: its name must end in {', '.join(_FILE_SUFFIXES)}",
            hint="use a TOML or YAML file",
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(
            f"the settings file {path} cannot be read: {error.strerror}",
            hint="check the path given with --config",
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"the settings file {path} is not UTF-8 text", hint="save it as UTF-8"
        ) from error
    content = _parse_toml(path, text) if path.suffix == ".toml" else _parse_yaml(path, text)
    for key in content:
        if key not in Settings.model_fields:
            raise _unknown(str(key), Settings.model_fields, f"in {path}")
    return content


def _parse_toml(path: Path, text: str) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _malformed(path, "TOML", str(error)) from error


def _parse_yaml(path: Path, text: str) -> dict[Any, Any]:
    from neuropose.yaml_lines import YamlError, load_with_lines

    try:
        content, _ = load_with_lines(text)
    except YamlError as error:
        line = "" if error.line is None else f" (at line {error.line})"
        raise _malformed(path, "YAML", f"{error}{line}") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise _malformed(path, "YAML", "expected `setting: value` lines")
    return content


def _malformed(path: Path, kind: str, reason: str) -> ConfigError:
    return ConfigError(
        f"the settings file {path} is not valid {kind}: {' '.join(reason.split())}",
        hint="see docs/reference/settings.md for every setting, its default and an example",
    )
