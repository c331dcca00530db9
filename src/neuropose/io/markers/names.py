"""Names of markers as files spell them: those of a chosen subject, each once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from neuropose.errors import SubjectError, did_you_mean
from neuropose.skeletons.marker_names import shared_prefix
from neuropose.skeletons.marker_sets import map_markers
from neuropose.skeletons.sides import SIDES

_SEPARATORS = "_-. "
_FEWEST_OF_A_SIDE = 3  # places on either side of the body that make a set of markers


@dataclass(frozen=True, slots=True)
class MarkerNames:
    """The markers of a file that are used.

    Parameters
    ----------
    columns : tuple of int
        Their places in the file.
    names : tuple of str
        Unique, without the name of the subject if all that have one share it.
    subjects : tuple of str
        Names of the subjects in the file, if there are several.
    subject : str or None
        The one that was chosen.
    warnings : tuple of str
        Names that occur twice, and several subjects of whom none was chosen.
    """

    columns: tuple[int, ...]
    names: tuple[str, ...]
    subjects: tuple[str, ...] = ()
    subject: str | None = None
    warnings: tuple[str, ...] = ()


def choose_markers(labels: Sequence[str], subject: str | None, kind: str) -> MarkerNames:
    """Choose the markers of a subject, and give each a name of its own.

    Parameters
    ----------
    labels : sequence of str
        As the file spells them: ``LKNE``, or with the subject before a colon, ``Ann:LKNE``. Of
        several people, or of one whose name all markers have, ``Ann_LKNE`` and the like are
        understood as well.
    subject : str or None
        Whose markers to use, of a file of several subjects.
    kind : str
        Name of the file format in messages.

    Returns
    -------
    MarkerNames

    Raises
    ------
    SubjectError
        If there is no such subject.

    Examples
    --------
    >>> choose_markers(["Ann:LKNE", "Ann:RKNE", "*3"], None, "C3D").names
    ('LKNE', 'RKNE', '*3')
    >>> choose_markers(["Ann:LKNE", "Bob:LKNE"], "Bob", "C3D").names
    ('LKNE',)
    >>> choose_markers(["LKNE", "LKNE"], None, "C3D").warnings
    ('2 markers are called LKNE',)
    """
    parts = _parts(labels)
    prefixes = list(dict.fromkeys(prefix for prefix, _ in parts if prefix))
    bare = [name for _, name in parts]
    # Parts of one body may have names of their own before the colon: they share no marker.
    owned = {(prefix, name) for prefix, name in parts if prefix}
    several = len({name for _, name in owned}) < len(owned)
    columns = list(range(len(labels)))
    notes = []
    if subject is not None:
        if subject not in prefixes:
            raise _no_such_subject(subject, prefixes, kind)
        columns = [column for column, (prefix, _) in enumerate(parts) if prefix == subject]
    elif several:
        bare = [f"{prefix}:{name}" if prefix else name for prefix, name in parts]
        notes.append(
            f"the {kind} file has markers of {len(prefixes)} subjects, of whom none was chosen"
        )
    names, seen = [], dict[str, int]()
    for column in columns:
        name = bare[column]
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    notes += _said_twice(seen, kind)
    return MarkerNames(
        columns=tuple(columns),
        names=tuple(_unique(names)),
        subjects=tuple(prefixes) if several else (),
        subject=subject,
        warnings=tuple(notes),
    )


def told_apart(
    labels: Sequence[str], descriptions: Sequence[str]
) -> tuple[list[str], tuple[str, ...]]:
    """Call markers of one name by their descriptions, where these tell them apart.

    Parameters
    ----------
    labels : sequence of str
        As the file spells them.
    descriptions : sequence of str
        Of the same markers; there may be fewer.

    Returns
    -------
    labels : list of str
        A label that is there once stays, as do those whose descriptions are not all markers that
        are known, or not all different.
    warnings : tuple of str
        Which labels were replaced.

    Examples
    --------
    >>> told_apart(["RKNE", "RKNE", "RHEE"], ["R.Knee", "R.Knee.Medial", "R.Heel"])[0]
    ['R.Knee', 'R.Knee.Medial', 'RHEE']
    """
    places: dict[str, list[int]] = {}
    for index, label in enumerate(labels):
        places.setdefault(label, []).append(index)
    names, taken, replaced = list(labels), {*labels}, list[str]()
    for label, rows in places.items():
        own = [descriptions[row] for row in rows if row < len(descriptions) and descriptions[row]]
        if len(rows) < 2 or len({*own} - taken) < len(rows):
            continue
        if not all(map_markers([name]).canonical for name in own):
            continue
        taken.update(own)
        replaced.append(f"{label} ({', '.join(own)})")
        prefix = label[: label.find(":") + 1]
        for row, name in zip(rows, own, strict=True):
            names[row] = prefix + name
    if not replaced:
        return names, ()
    return names, (f"markers of one name go by their descriptions: {', '.join(replaced)}",)


def _parts(labels: Sequence[str]) -> list[tuple[str, str]]:
    """Return the subject of each label, or nothing, and the name of the marker."""
    parts = [(label[: max(label.find(":"), 0)], label[label.find(":") + 1 :]) for label in labels]
    owned = [part for part in parts if part[0]]
    if len({name for _, name in owned}) < len(owned):  # a colon tells them apart
        return parts
    names = [name for _, name in parts]
    people = _people(names)
    if len(people) < 2:
        one = shared_prefix(names)
        if owned or not (one and _is_whole([name.removeprefix(one) for name in names])):
            return parts
        people = [one]
    return [
        next(
            ((own.rstrip(_SEPARATORS), name[len(own) :]) for own in people if name.startswith(own)),
            ("", name),
        )
        for _, name in parts
    ]


def _people(names: Sequence[str]) -> list[str]:
    """Return what the names of each of several people begin with, with the separator behind it.

    Each has a whole set of markers of either side, and so has what all of them have in common: a
    side (``L_``), a segment or a model's name before some of the markers is nobody.
    """
    sets: dict[str, set[str]] = {}
    for name in names:
        for place, letter in enumerate(name):
            if letter in _SEPARATORS and 0 < place < len(name) - 1:
                sets.setdefault(name[: place + 1], set()).add(name[place + 1 :])
    people: dict[str, set[str]] = {}
    for prefix in sorted(sets):  # the shorter one before those that it begins
        if not any(prefix.startswith(other) for other in people) and _is_whole(sets[prefix]):
            people[prefix] = sets[prefix]
    if len(people) < 2 or not _is_whole(set.intersection(*people.values())):
        return []
    return [prefix for prefix in sets if prefix in people]


def _is_whole(names: Collection[str]) -> bool:
    """Whether markers are those of a body, and not of a part or side of one."""
    if len(names) < 2 * _FEWEST_OF_A_SIDE:
        return False
    found = map_markers(sorted(names)).canonical
    return all(
        len({found[joint] for joint in found if joint.startswith(f"{side}_")}) >= _FEWEST_OF_A_SIDE
        for side in SIDES
    )


def _said_twice(counts: Mapping[str, int], kind: str) -> list[str]:
    """Name the markers that are not the only ones of their name, in a line for each number."""
    by_count: dict[int, list[str]] = {}
    for name, count in counts.items():
        by_count.setdefault(count, []).append(name)
    notes = []
    for count, names in by_count.items():
        if count > 1:
            each = "each " if len(names) > 1 else ""
            people = (
                f"the {kind} file may hold {count} people, whose markers are not told apart: put a "
                "name and a colon before each; "
                if _is_whole(names)
                else ""
            )
            notes.append(f"{people}{count} markers {each}are called {', '.join(names)}")
    return notes


def _unique(names: Sequence[str]) -> list[str]:
    """Make names unique that a file itself spells like the second of two (``LKNE#2``)."""
    unique: dict[str, None] = {}
    for name in names:
        while name in unique:
            name += "'"
        unique[name] = None
    return list(unique)


def _no_such_subject(subject: str, subjects: Sequence[str], kind: str) -> SubjectError:
    if len(subjects) < 2:
        return SubjectError(
            f"the {kind} file has no subject of that name: its markers are of one",
            hint="leave the subject out",
        )
    return SubjectError(
        f"the {kind} file has no subject of that name",  # names stay out of results
        hint=did_you_mean(subject, subjects, also=f"there are {', '.join(subjects)}"),
    )
