"""Every error that NeuroPose raises on purpose.

::

    NeuroPoseError                                   exit code
      ConfigError (ValueError) ........................ 3
        UnknownSettingError
        DataDirInRepositoryError
      FileFormatError (ValueError) .................... 5
        SchemaVersionError
        UntrustedModelError
        VideoChoiceError (LookupError)
        CorrectionError
      FileReadError (OSError) ......................... 5
        FileMissingError (FileNotFoundError)
      SubjectError (LookupError) ...................... 6
      AssetError ...................................... 7
        UnknownAssetError (LookupError)
        AssetUnavailableError (OSError)
        AssetHashError (ValueError)
        ArchiveError (ValueError)
      EstimatorError .................................. 8
        VideoError (ValueError) ....................... 4
          VideoNotFoundError (FileNotFoundError)
          VideoEmptyError
          NotAVideoError
          NoVideoStreamError
          VideoTruncatedError
          VideoDecodeError
        VideoIncompleteError .......................... 15
        CameraError (ValueError) ...................... 3
        CalibrationError (ValueError) ................. 17
        ModelError .................................... 9
          UnknownModelError (LookupError)
          ModelLoadError (RuntimeError)
          ModelOutputError (ValueError)
          ModelStateError (ValueError)
          ModelRunError (RuntimeError)
          DeviceError (ValueError)
        CancelledError ................................ 130
      InterfacerError ................................. 10
        DaemonRunningError ............................ 14
        WorkerCrashedError (RuntimeError)
        WorkerStalledError (TimeoutError)
        ClusterError (RuntimeError)
          WorkerLostError
        JobError (ValueError)
          IngestError
      AnalyzerError ................................... 11
        SequenceError (ValueError)
          VerticalError
        SignalError (ValueError)
        AlignmentError (ValueError)
        MissingJointsError (LookupError)
        BodyModelError (ValueError)
        ReconstructionError (ValueError)
        MultiviewError (ValueError)
          SynchronisationError
        UnknownTaskError (LookupError)
        StatisticsError (ValueError)
        FeatureTableError (ValueError)
          FeatureMismatchError
        LeakageError (ValueError)
      OutputError (OSError) ........................... 12
      InstallationError (RuntimeError) ................ 13
        MissingLibraryError (ImportError)

Exit code 1 is an unexpected error (a bug), 2 a wrong command line, 0 success.
An error has a ``message`` (what happened), a ``hint`` (what to do about it) and the exit code that
the command line returns for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum
from functools import partial
from typing import ClassVar


class NeuroPoseError(Exception):
    """Base class of all errors of NeuroPose.

    Parameters
    ----------
    message : str
        One line: what happened.
    hint : str, optional
        One line: what to do about it.

    Examples
    --------
    >>> error = NeuroPoseError("the disk is full", hint="free some space and try again")
    >>> str(error), error.hint, error.exit_code
    ('the disk is full', 'free some space and try again', 1)
    """

    exit_code: ClassVar[int] = 1
    default_hint: ClassVar[str | None] = None

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint if hint is not None else self.default_hint

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions cross process boundaries; keyword-only arguments do not survive by themselves.
        return (_rebuild, (type(self), self.message, self.hint))


def _rebuild(kind: type[NeuroPoseError], message: str, hint: str | None) -> NeuroPoseError:
    return kind(message, hint=hint)


def did_you_mean(
    name: str,
    known: Iterable[str],
    *,
    also: str = "",
    instead: str = "",
    most: int = 1,
    cutoff: float = 0.6,
) -> str:
    """Return the hint of an error about a name that does not exist.

    Parameters
    ----------
    name : str
        As it was given.
    known : iterable of str
        The names that exist.
    also : str
        What the hint says in any case, such as a list of all names.
    instead : str
        What it says only if no name is similar.
    most : int
        How many names to suggest.
    cutoff : float
        How similar they must be, 0 to 1, as in `difflib.get_close_matches`.

    Returns
    -------
    str

    Examples
    --------
    >>> did_you_mean("gate", ["gait", "sway"], also="there are gait, sway")
    'did you mean gait? there are gait, sway'
    >>> did_you_mean("jump", ["gait", "sway"], instead="neuropose analyze --help lists all")
    'neuropose analyze --help lists all'
    """
    import difflib  # only for an error, and errors are imported first of all

    near = difflib.get_close_matches(name, list(known), n=most, cutoff=cutoff)
    first = f"did you mean {' or '.join(near)}?" if near else instead
    return " ".join(part for part in (first, also) if part)


class Caller(Enum):
    """Who reads a hint, and so in whose words it is written."""

    COMMAND_LINE = "command line"
    PIPELINE_FILE = "pipeline file"
    PYTHON = "Python"


_caller: ContextVar[Caller] = ContextVar("caller", default=Caller.PYTHON)


@contextmanager
def told_to(caller: Caller) -> Iterator[None]:
    """Write hints in the words of a caller, in this thread.

    Parameters
    ----------
    caller : Caller
        Who reads them. Default without this: who writes Python.
    """
    token = _caller.set(caller)
    try:
        yield
    finally:
        _caller.reset(token)


def said_to(option: str, value: str, *, of: str | None = None) -> str:
    """Return how the caller states something about a recording.

    Parameters
    ----------
    option : str
        Name of the option, which is the same on the command line, in a pipeline file and in Python.
    value : str
        An example of its value.
    of : str, optional
        For an option that has values by name, the name; one command-line option is for one of them.

    Returns
    -------
    str

    Examples
    --------
    >>> said_to("units", "mm"), said_to("markers", "HEEL", of="left_heel")
    ("units='mm'", "markers={'left_heel': ['HEEL']}")
    >>> with told_to(Caller.COMMAND_LINE):
    ...     said_to("units", "mm"), said_to("markers", "HEEL", of="left_heel")
    ('--units mm', '--marker left_heel=HEEL')
    >>> with told_to(Caller.PIPELINE_FILE):
    ...     said_to("units", "mm"), said_to("markers", "HEEL", of="left_heel")
    ('units: mm', 'markers: {left_heel: [HEEL]}')
    """
    caller = _caller.get()
    if caller is Caller.COMMAND_LINE:
        return f"--{option} {value}" if of is None else f"--{option[:-1]} {of}={value}"
    if caller is Caller.PIPELINE_FILE:
        return f"{option}: {value if of is None else f'{{{of}: [{value}]}}'}"
    return f"{option}={value!r}" if of is None else f"{option}={{{of!r}: [{value!r}]}}"


class ConfigError(NeuroPoseError, ValueError):
    """A setting is missing, malformed or contradictory."""

    exit_code = 3


class UnknownSettingError(ConfigError):
    """A configuration key that does not exist; the message names the nearest one that does."""


class DataDirInRepositoryError(ConfigError):
    """The data directory lies inside a git work tree, where patient data could be committed."""


class FileFormatError(NeuroPoseError, ValueError):
    """A NeuroPose file does not match its schema; the message says where."""

    exit_code = 5


class SchemaVersionError(FileFormatError):
    """A file has a newer schema version than this version of NeuroPose reads."""


class UntrustedModelError(FileFormatError):
    """A saved classifier was changed, or contains what it must not; nothing in it was run."""


class VideoChoiceError(FileFormatError, LookupError):
    """It is not clear which of a job's videos is meant, or the video does not exist."""


class CorrectionError(FileFormatError):
    """Corrections do not belong to a file, or cannot be applied to it."""


class FileReadError(NeuroPoseError, OSError):
    """A NeuroPose file cannot be read (no permission, a folder, a failing disk)."""

    exit_code = 5


class FileMissingError(FileReadError, FileNotFoundError):
    """The file does not exist."""


class SubjectError(NeuroPoseError, LookupError):
    """The requested person cannot be picked from the predictions."""

    exit_code = 6


class AssetError(NeuroPoseError):
    """A pinned artefact (weights, sample clip) cannot be provided."""

    exit_code = 7


class UnknownAssetError(AssetError, LookupError):
    """No artefact has this name."""


class AssetUnavailableError(AssetError, OSError):
    """Every source of an artefact failed; the hint says how to add the file by hand."""


class AssetHashError(AssetError, ValueError):
    """A file's SHA-256 is not the pinned one; the file is not kept."""


class ArchiveError(AssetError, ValueError):
    """An archive is damaged, too large, or would write where it should not; nothing is kept."""


class EstimatorError(NeuroPoseError):
    """Base class of the estimator's errors."""

    exit_code = 8


class VideoError(EstimatorError, ValueError):
    """A video cannot be used; the subclasses say why."""

    exit_code = 4


class VideoNotFoundError(VideoError, FileNotFoundError):
    """The file does not exist, or cannot be read."""


class VideoEmptyError(VideoError):
    """The file has no bytes, or its video stream has no frames."""


class NotAVideoError(VideoError):
    """The file is not in any video container that can be read."""


class NoVideoStreamError(VideoError):
    """A media file without a video stream (sound only, for example)."""


class VideoTruncatedError(VideoError):
    """The file ends before its container says it does (a copy or recording was cut short)."""


class VideoDecodeError(VideoError):
    """The video stream of a container cannot be decoded."""


class VideoIncompleteError(EstimatorError):
    """Most of a video has no picture. The results of the rest are saved nevertheless."""

    exit_code = 15


class CameraError(EstimatorError, ValueError):
    """Camera intrinsics or a field of view do not describe a possible camera."""

    exit_code = 3


class CalibrationError(EstimatorError, ValueError):
    """Cameras cannot be calibrated from what was filmed; the hint says what to film again."""

    exit_code = 17


class ModelError(EstimatorError):
    """Base class of errors with a pose model."""

    exit_code = 9


class UnknownModelError(ModelError, LookupError):
    """No pose model is registered under this name."""


class ModelLoadError(ModelError, RuntimeError):
    """A pose model is registered but cannot be loaded."""


class ModelOutputError(ModelError, ValueError):
    """A pose model returned something that its contract forbids."""


class ModelStateError(ModelError, ValueError):
    """A pose model cannot resume from the given state."""


class ModelRunError(ModelError, RuntimeError):
    """A pose model failed on a video; the cause is chained."""


class DeviceError(ModelError, ValueError):
    """The requested device does not exist, or the model cannot use it."""


class CancelledError(EstimatorError):
    """The work was cancelled by the caller before it was complete."""

    exit_code = 130


class InterfacerError(NeuroPoseError):
    """Base class of the job daemon's errors."""

    exit_code = 10


class DaemonRunningError(InterfacerError):
    """Another daemon is using the data directory; the message states its process id."""

    exit_code = 14


class WorkerCrashedError(InterfacerError, RuntimeError):
    """The process that ran the model ended in the middle of a video."""


class WorkerStalledError(InterfacerError, TimeoutError):
    """The process that ran the model made no progress for too long, and was terminated."""


class ClusterError(InterfacerError, RuntimeError):
    """The workers of a cluster cannot be reached or used."""


class WorkerLostError(ClusterError):
    """The worker that processed a job is gone; its machine, not the job, is to blame."""


class JobError(InterfacerError, ValueError):
    """A job cannot be created, found or processed as it is."""


class IngestError(JobError):
    """Videos cannot be ingested as jobs.

    Parameters
    ----------
    message : str
        The first problem, and how many there are.
    hint : str, optional
        What to do about it.
    problems : tuple of str
        All problems, one line each.
    """

    def __init__(
        self, message: str, *, hint: str | None = None, problems: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message, hint=hint)
        self.problems = problems


class AnalyzerError(NeuroPoseError):
    """Base class of the analyzer's errors."""

    exit_code = 11


class SequenceError(AnalyzerError, ValueError):
    """Arrays, times, names or a frame rate cannot be those of a movement."""


class VerticalError(SequenceError):
    """A stated vertical that the body contradicts; nobody has confirmed it."""


class SignalError(AnalyzerError, ValueError):
    """A signal or a parameter does not allow the requested computation."""


class AlignmentError(AnalyzerError, ValueError):
    """Too few points are known, or they do not determine a rotation."""


class MissingJointsError(AnalyzerError, LookupError):
    """A measure needs joints that the skeleton or marker set does not provide.

    Parameters
    ----------
    message : str
        Names the source and every missing joint.
    hint : str, optional
        What to do about it.
    source : str
        The source that lacks the joints (``skeleton 'coco_19'``).
    missing : tuple of str
        Names of the missing joints.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        source: str = "",
        missing: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message, hint=hint)
        self.source = source
        self.missing = missing

    def __reduce__(self) -> tuple[object, ...]:
        rebuild = partial(type(self), hint=self.hint, source=self.source, missing=self.missing)
        return rebuild, (self.message,)


class BodyModelError(AnalyzerError, ValueError):
    """A body model cannot be read, or lacks what was asked of it."""


class ReconstructionError(AnalyzerError, ValueError):
    """No body can be fitted to a recording."""


class MultiviewError(AnalyzerError, ValueError):
    """Views of several cameras cannot be used together."""


class SynchronisationError(MultiviewError):
    """The clocks of several cameras cannot be compared."""


class UnknownTaskError(AnalyzerError, LookupError):
    """No task of the analyzer has this name."""


class StatisticsError(AnalyzerError, ValueError):
    """Numbers or a parameter do not allow a statistic to be computed."""


class FeatureTableError(AnalyzerError, ValueError):
    """A table of features cannot be used to train a classifier, or to predict with one."""


class FeatureMismatchError(FeatureTableError):
    """A table has different features from those that the classifier was trained on."""


class LeakageError(AnalyzerError, ValueError):
    """A validation would test on what the training has seen, or is impossible."""


class OutputError(NeuroPoseError, OSError):
    """A result cannot be written (no space, no permission, or it would overwrite a file)."""

    exit_code = 12


class InstallationError(NeuroPoseError, RuntimeError):
    """Something on this machine must be fixed before videos can be processed or a service run."""

    exit_code = 13


class MissingLibraryError(InstallationError, ImportError):
    """A library that an extra of NeuroPose brings is needed, and cannot be imported."""
