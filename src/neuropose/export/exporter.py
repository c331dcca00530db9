"""What a format is, and how something is written in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from neuropose.errors import OutputError
from neuropose.export.content import Content, Kind, Part
from neuropose.export.options import ExportOptions

Write = Callable[[Content, Path, ExportOptions], "Written"]

_NEEDS = {
    Kind.BODY: ("a reconstructed body", "reconstruct it first: neuropose reconstruct"),
    Kind.PEOPLE: ("predictions of a video", "give the predictions that it was made of"),
    Kind.MOVEMENT: ("a movement", "give predictions, a reconstruction, C3D or TRC"),
    Kind.REPORTS: ("reports", "measure it first: neuropose analyze"),
}


@dataclass(frozen=True)
class Written:
    """What became of an export.

    Parameters
    ----------
    files : tuple of Path
        What was written; of a folder, the folder only.
    notes : tuple of str
        What was assumed or left out for this content.
    """

    files: tuple[Path, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Exporter:
    """A format that other programs read.

    Parameters
    ----------
    name : str
        What it is called on the command line.
    title : str
        What it is, and who reads it, in a line.
    suffix : str
        Suffix of its file; empty: it is a folder.
    takes : tuple of Kind
        What can be exported in it; the first of them that there is, is.
    holds : frozenset of Part
        What it holds besides positions.
    write : callable
        Writes a content; called with the content, the path and the options.
    extra : str or None
        Extra of NeuroPose that it needs.
    modules : tuple of str
        What that extra has to bring.
    limits : str
        What else it cannot hold.
    joins : bool
        Whether several recordings go into one folder, which may be there already.
    """

    name: str
    title: str
    suffix: str
    takes: tuple[Kind, ...]
    holds: frozenset[Part]
    write: Write
    extra: str | None = None
    modules: tuple[str, ...] = ()
    limits: str = ""
    joins: bool = False

    @property
    def cannot_hold(self) -> str:
        """What is left out of every export, in words."""
        if self.takes == (Kind.REPORTS,):
            return self.limits
        lacking = [str(part) for part in Part if part not in self.holds]
        return "; ".join(text for text in (", ".join(lacking), self.limits) if text)

    @property
    def install(self) -> str | None:
        """Command that installs what it lacks here; None: it can be written."""
        if all(find_spec(module) is not None for module in self.modules):
            return None
        return f"pip install 'neuropose[{self.extra}]'"

    def export(self, content: Content, path: Path, options: ExportOptions) -> Written:
        """Write a content, and say what was left out.

        Parameters
        ----------
        content : Content
            What is exported.
        path : Path
            File or folder to write. A file is replaced.
        options : ExportOptions
            What the caller chose.

        Returns
        -------
        Written

        Raises
        ------
        OutputError
            If the format cannot hold this content, or it cannot be written.
        MissingLibraryError
            If an extra of NeuroPose is not installed.
        """
        if not content.kinds & set(self.takes):
            what, hint = _NEEDS[self.takes[0]]
            raise OutputError(f"{self.name} is a format of {what}", hint=hint)
        written = self.write(content, path, options)
        left_out = [str(part) for part in Part if part in content.parts - self.holds]
        is_of_reports = not content.kinds - {Kind.REPORTS}
        notes = list(written.notes)
        if left_out and not is_of_reports:
            notes.append(f"left out: {', '.join(left_out)}")
        return Written(written.files, tuple(dict.fromkeys(notes)))
