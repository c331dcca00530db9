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
        JobError (ValueError)
          IngestError
      AnalyzerError ................................... 11
        SequenceError (ValueError)
          VerticalError
        SignalError (ValueError)
        AlignmentError (ValueError)
        MissingJointsError (LookupError)
        UnknownTaskError (LookupError)
        StatisticsError (ValueError)
        FeatureTableError (ValueError)
          FeatureMismatchError
        LeakageError (ValueError)
      OutputError (OSError) ........................... 12
      InstallationError (RuntimeError) ................ 13
        MissingLibraryError (ImportError)

Exit code 1 is an unexpected error (a bug), 2 a wrong command line, 0 success.
An error carries what happened (``message``), what to do about it (``hint``) and the exit code
that the command line returns for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import ClassVar


class NeuroPoseError(Exception):
    """Root of the tree.

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


class ConfigError(NeuroPoseError, ValueError):
    """A setting is missing, malformed or contradictory."""

    exit_code = 3


class UnknownSettingError(ConfigError):
    """A configuration key that does not exist; the message names the nearest one that does."""


class DataDirInRepositoryError(ConfigError):
    """The data directory lies inside a git work tree, where patient data could be committed."""


class FileFormatError(NeuroPoseError, ValueError):
    """A NeuroPose file that does not hold what its schema asks; the message says where."""

    exit_code = 5


class SchemaVersionError(FileFormatError):
    """A file written by a newer schema than this version reads."""


class UntrustedModelError(FileFormatError):
    """A saved classifier that was changed, or holds what it may not hold; nothing in it was run."""


class VideoChoiceError(FileFormatError, LookupError):
    """It is not clear which of a job's videos is meant, or there is no such video."""


class FileReadError(NeuroPoseError, OSError):
    """A NeuroPose file cannot be read (no permission, a folder, a failing disk)."""

    exit_code = 5


class FileMissingError(FileReadError, FileNotFoundError):
    """There is no file at the path."""


class SubjectError(NeuroPoseError, LookupError):
    """The person that was asked for cannot be picked from the predictions."""

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
    """Root of what the estimator raises."""

    exit_code = 8


class VideoError(EstimatorError, ValueError):
    """A video cannot be used; the subclasses say why."""

    exit_code = 4


class VideoNotFoundError(VideoError, FileNotFoundError):
    """There is no file at the path, or it cannot be read."""


class VideoEmptyError(VideoError):
    """The file has no bytes, or its video stream has no frames."""


class NotAVideoError(VideoError):
    """The file is not in any video container that can be read."""


class NoVideoStreamError(VideoError):
    """A media file without a video stream (sound only, for example)."""


class VideoTruncatedError(VideoError):
    """The file ends before its container says it does (a copy or recording was cut short)."""


class VideoDecodeError(VideoError):
    """A container whose video stream cannot be decoded."""


class VideoIncompleteError(EstimatorError):
    """Much of a video has no picture. What was found in the rest is saved all the same."""

    exit_code = 15


class CameraError(EstimatorError, ValueError):
    """Camera intrinsics or a field of view that cannot describe a camera."""

    exit_code = 3


class ModelError(EstimatorError):
    """Root of what goes wrong with a pose model."""

    exit_code = 9


class UnknownModelError(ModelError, LookupError):
    """No pose model is registered under this name."""


class ModelLoadError(ModelError, RuntimeError):
    """A pose model is registered but cannot be loaded."""


class ModelOutputError(ModelError, ValueError):
    """A pose model returned something that its contract forbids."""


class ModelStateError(ModelError, ValueError):
    """A pose model cannot go on from the state that it is given."""


class ModelRunError(ModelError, RuntimeError):
    """A pose model failed on a video; the cause is chained."""


class DeviceError(ModelError, ValueError):
    """The device that was asked for is not there, or the model cannot use it."""


class CancelledError(EstimatorError):
    """The work was cancelled by the caller before it was complete."""

    exit_code = 130


class InterfacerError(NeuroPoseError):
    """Root of what the job daemon raises."""

    exit_code = 10


class DaemonRunningError(InterfacerError):
    """Another daemon works on the data directory; the message has its process id."""

    exit_code = 14


class WorkerCrashedError(InterfacerError, RuntimeError):
    """The process that ran the model ended in the middle of a video."""


class WorkerStalledError(InterfacerError, TimeoutError):
    """The process that ran the model made no progress for too long, and was ended."""


class JobError(InterfacerError, ValueError):
    """A job cannot be made, found or processed as it is."""


class IngestError(JobError):
    """Videos cannot be made into jobs.

    Parameters
    ----------
    message : str
        The first problem, and how many there are.
    hint : str, optional
    problems : tuple of str
        All of them, a line each.
    """

    def __init__(
        self, message: str, *, hint: str | None = None, problems: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message, hint=hint)
        self.problems = problems


class AnalyzerError(NeuroPoseError):
    """Root of what the analyzer raises."""

    exit_code = 11


class SequenceError(AnalyzerError, ValueError):
    """Arrays, times, names or a frame rate that cannot be those of a movement."""


class VerticalError(SequenceError):
    """A stated vertical that the body contradicts; nobody has confirmed it."""


class SignalError(AnalyzerError, ValueError):
    """A signal, or a parameter, from which what is asked for cannot be computed."""


class AlignmentError(AnalyzerError, ValueError):
    """Points of which too few are known, or that lie so that they determine no rotation."""


class MissingJointsError(AnalyzerError, LookupError):
    """A measure needs joints that the skeleton or marker set does not give.

    Parameters
    ----------
    message : str
        Names the source and every missing joint.
    hint : str, optional
    source : str
        What was asked for the joints (``skeleton 'coco_19'``).
    missing : tuple of str
        Names of the joints that it does not give.
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


class UnknownTaskError(AnalyzerError, LookupError):
    """No task of the analyzer has this name."""


class StatisticsError(AnalyzerError, ValueError):
    """Numbers, or a parameter, from which a statistic cannot be computed."""


class FeatureTableError(AnalyzerError, ValueError):
    """A table of features from which no classifier can be trained, or that none can read."""


class FeatureMismatchError(FeatureTableError):
    """A table has other features than those that the classifier was trained on."""


class LeakageError(AnalyzerError, ValueError):
    """A validation in which the test would hold what the training has seen, or cannot be made."""


class OutputError(NeuroPoseError, OSError):
    """A result cannot be written (no space, no permission, or it would overwrite a file)."""

    exit_code = 12


class InstallationError(NeuroPoseError, RuntimeError):
    """What must be put right on this machine before videos can be processed, or a service run."""

    exit_code = 13


class MissingLibraryError(InstallationError, ImportError):
    """A library that an extra of NeuroPose brings is needed, and cannot be imported."""
