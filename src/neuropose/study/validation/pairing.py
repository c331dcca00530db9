"""Which recordings are of the same movement, from where they lie and what they are called."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from neuropose.data import Assumption
from neuropose.data.metadata import Source
from neuropose.errors import FileMissingError
from neuropose.study.starting import FoundRecording, find_recordings

TEST, REFERENCE = "test", "reference"

_OPENCAP = "markerdata"
_OPENCAP_MARKERS = "mocap"
_GENERIC = re.compile(
    r"markers|raw|led|results|mocap|predictions|(cam(era)?[ _-]?)?\d{1,2}", re.IGNORECASE
)
"""What a file is called that says nothing of the movement: its folder does."""
_BIOCV = "markers.c3d"
_BIOCV_BESIDE = ("raw.c3d", "led.c3d")  # the same before it was processed, and lights
_KINDS = (".poses.json", ".poses.npz", ".reconstruction.npz", ".json", ".npz", ".c3d", ".trc")
_SEPARATOR = re.compile(r"[_\-. ]")
_NEUTRAL = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Trial:
    """A recording, and what it is of.

    Parameters
    ----------
    found : FoundRecording
        The file, and the video if it holds several.
    subject : str
        Who moves.
    name : str
        What the movement is called, the same in both folders.
    """

    found: FoundRecording
    subject: str
    name: str


@dataclass(frozen=True, slots=True)
class Pair:
    """Two recordings of one movement.

    Parameters
    ----------
    test, reference : FoundRecording
        The files.
    subject, name : str
        Who moves, and what the movement is called.
    """

    test: FoundRecording
    reference: FoundRecording
    subject: str
    name: str


@dataclass(frozen=True, slots=True)
class Exclusion:
    """What was left out of a comparison, and why.

    Parameters
    ----------
    subject, trial : str
        Whose, and of which movement.
    what : str
        What was left out: ``recording``, ``stride``, ``initial_contact``, a measure or an angle.
    count : int
        How many.
    reason : str
        Why.
    """

    subject: str
    trial: str
    what: str
    count: int
    reason: str


@dataclass(frozen=True, slots=True)
class Pairing:
    """What two folders have in common.

    Parameters
    ----------
    pairs : tuple of Pair
        In the order of their names.
    exclusions : tuple of Exclusion
        Recordings that only one of them has, or that are there several times.
    subjects : Assumption
        Where the subjects are from.
    """

    pairs: tuple[Pair, ...]
    exclusions: tuple[Exclusion, ...]
    subjects: Assumption


def pair_recordings(
    test: Path,
    reference: Path,
    *,
    test_glob: str | None = None,
    reference_glob: str | None = None,
) -> Pairing:
    """Find the recordings of the same movements in two places.

    Parameters
    ----------
    test, reference : Path
        Two files, or two folders of recordings; may be the same folder.
    test_glob, reference_glob : str, optional
        Which files of a folder are meant, such as ``**/2-cameras/*.trc``; default: all recordings.

    Returns
    -------
    Pairing

    Raises
    ------
    FileReadError, FileMissingError, FileFormatError
        If something is not there, or holds no recording.

    Notes
    -----
    A movement is called as its file, or as its folder where the file's name says nothing of it
    (``markers.c3d``, ``results.json``, ``00.poses.json``, as in BioCV's folders and those of
    jobs). Folders inside ``MarkerData`` (OpenCap) say how it was recorded: of one folder that is
    test and reference at once ``Mocap`` is the reference, and so is BioCV's ``markers.c3d``;
    ``raw.c3d`` and ``led.c3d`` beside that are not looked at, unless a glob asks for them. The
    subject is the outermost folder, or the one above ``MarkerData``; where there is none, what
    stands before the first separator of the name, which is recorded as assumed. Names are the
    same if their letters and digits are, in any case.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> for name in ("lab/s01/walk1.c3d", "video/s01/Walk1.c3d", "video/s01/walk2.c3d"):
    ...     (folder / name).parent.mkdir(parents=True, exist_ok=True)
    ...     (folder / name).touch()
    >>> found = pair_recordings(folder / "video", folder / "lab")
    >>> [(pair.subject, pair.name) for pair in found.pairs], found.exclusions[0].reason
    ([('s01', 'walk1')], 'only the test has it')
    """
    if test.is_file() or reference.is_file():
        return _of_files(test, reference)
    one_folder = test.resolve() == reference.resolve()
    mine, guessed = _trials(test, test_glob)
    theirs, also_guessed = _trials(reference, reference_glob)
    if one_folder:
        mine = [each for each in mine if not _is_reference(each.found.file)]
        theirs = [each for each in theirs if _is_reference(each.found.file)]
    pairs, exclusions = _matched(mine, theirs)
    source, value = Source.FILE, "the folders of the recordings"
    if guessed or also_guessed:
        source, value = Source.ASSUMED, "what stands before the first separator of a file's name"
    return Pairing(pairs, exclusions, Assumption(source=source, value=value))


def plates_of(recording: Path) -> Path:
    """Return the file of the force plates of a recording.

    Parameters
    ----------
    recording : Path
        Markers: C3D or TRC.

    Returns
    -------
    Path
        ``NAME_grf.mot`` or ``NAME_forces.mot`` beside it, or in OpenCap's ``ForceData`` beside
        ``MarkerData``, if there is one; else the recording itself.
    """
    sessions = [each.parent for each in recording.parents if each.name.lower() == _OPENCAP]
    for folder in (recording.parent, *(session / "ForceData" for session in sessions)):
        for ending in ("grf", "forces"):
            path = folder / f"{recording.stem}_{ending}.mot"
            if path.is_file():
                return path
    return recording


def _of_files(test: Path, reference: Path) -> Pairing:
    for path in (test, reference):
        if not path.is_file():
            raise FileMissingError(
                f"{path} is not a file", hint="give two files, or two folders of recordings"
            )
    name = _stem(reference)
    pair = Pair(FoundRecording(test), FoundRecording(reference), "subject", name)
    subjects = Assumption(source=Source.GIVEN, value="one recording of one person")
    return Pairing((pair,), (), subjects)


def _trials(folder: Path, glob: str | None) -> tuple[list[Trial], bool]:
    """Return the trials in a folder, and whether their subjects are guessed from file names."""
    found: Sequence[FoundRecording] = find_recordings(folder)
    if glob is None:
        found = [each for each in found if not _beside_markers(each.file)]
    else:
        chosen = {path.resolve() for path in folder.glob(glob)}
        found = [each for each in found if each.file.resolve() in chosen]
        if not found:
            raise FileMissingError(
                f"no recording in {folder} is called {glob}", hint="try '**/*.trc', for example"
            )
    named = [(each, *_named(each, folder)) for each in found]
    trials = [
        Trial(each, subject or _SEPARATOR.split(name)[0], name) for each, subject, name in named
    ]
    return trials, any(not subject for _, subject, _ in named)


def _beside_markers(path: Path) -> bool:
    """Whether a file lies beside the markers of a trial of BioCV and is of the same trial."""
    return path.name.lower() in _BIOCV_BESIDE and path.with_name(_BIOCV).is_file()


def _named(found: FoundRecording, root: Path) -> tuple[str, str]:
    """Return subject and name; an empty subject: no folder tells it."""
    folders = [root.resolve().name, *found.file.relative_to(root).parts[:-1]]
    lowered = [folder.lower() for folder in folders]
    name = _stem(found.file)
    if _OPENCAP in lowered[1:] or lowered[0] == _OPENCAP:
        inner = lowered.index(_OPENCAP)
        subject = folders[inner - 1] if inner else root.resolve().parent.name
        return subject, name
    own = folders[1:]
    if _GENERIC.fullmatch(name) and own:
        name = own.pop()
    if found.video is not None:
        name = f"{name} {found.video}"
    return (own[0] if own else ""), name


def _stem(path: Path) -> str:
    for kind in _KINDS:
        if path.name.lower().endswith(kind):
            return path.name[: -len(kind)]
    return path.stem


def _is_reference(path: Path) -> bool:
    """Whether a file is of motion capture, where one folder has both."""
    lowered = [part.lower() for part in path.parts]
    if _OPENCAP in lowered:
        return _OPENCAP_MARKERS in lowered[lowered.index(_OPENCAP) :]
    return path.suffix.lower() == ".c3d"


def _matched(
    mine: Sequence[Trial], theirs: Sequence[Trial]
) -> tuple[tuple[Pair, ...], tuple[Exclusion, ...]]:
    tests, references = _by_key(mine), _by_key(theirs)
    pairs, exclusions = [], []
    for key in sorted({*tests, *references}):
        own, other = tests.get(key, []), references.get(key, [])
        first = (other or own)[0]
        reason = None
        if not other or not own:
            reason = f"only the {REFERENCE if other else TEST} has it"
        elif len(own) > 1 or len(other) > 1:
            side, many = (TEST, own) if len(own) > 1 else (REFERENCE, other)
            reason = f"the {side} has {len(many)} recordings of it: choose with --{side}-glob"
        if reason is not None:
            count = max(len(own), len(other))
            exclusions.append(Exclusion(first.subject, first.name, "recording", count, reason))
            continue
        pairs.append(Pair(own[0].found, other[0].found, first.subject, first.name))
    return tuple(pairs), tuple(exclusions)


def _by_key(trials: Iterable[Trial]) -> dict[tuple[str, str], list[Trial]]:
    found: dict[tuple[str, str], list[Trial]] = {}
    for each in trials:
        key = (_neutral(each.subject), _neutral(each.name))
        found.setdefault(key, []).append(each)
    return found


def _neutral(name: str) -> str:
    return _NEUTRAL.sub("", name.lower())
