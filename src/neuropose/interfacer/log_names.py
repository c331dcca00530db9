"""Names of jobs and videos may identify patients: what of them the log may have."""

from __future__ import annotations

import json
import os
import re
import string
import threading
import traceback
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

from neuropose.errors import NeuroPoseError
from neuropose.interfacer.ingest_sources import printable
from neuropose.interfacer.layout import Layout, readable

DATA_DIR = "DATA_DIR"
"""What the log has in place of the data directory."""
WITHHELD = "(withheld, as it may name a patient; with log_names it is shown)"
_FILE = "a file"
_MOST_KNOWN = 10_000
_TRIVIAL = frozenset(string.punctuation + string.whitespace)

# Within `NamesInLogs.scrub`, these stand for the data directory and for the n-th name.
_ROOT, _OPEN, _CLOSE = "\x00\x01\x02"
_NO_MARKS = str.maketrans(dict.fromkeys((_ROOT, _OPEN, _CLOSE)))
_FOLDERS = r"(?:in|out|failed|\.staging|\.requests)"
_HARMLESS = (
    rf"(?:{_FOLDERS}|\.neuropose(?:\.lock)?|results\.json|status(?:\.damaged)?\.json"
    rf"|video_\d+\.json|{_OPEN}\d+{_CLOSE})(?![\w.-])"
)
_PATH = re.compile(rf"({_ROOT}(?:/{_HARMLESS})*+)/.+", re.DOTALL)
_RELATIVE = re.compile(rf"(?<![\w./{_ROOT}])({_FOLDERS}(?:/{_HARMLESS})*+)/[^\s:,;)].*", re.DOTALL)
_MARK = re.compile(rf"{_ROOT}|{_OPEN}(\d+){_CLOSE}")
_CODE_LINE = re.compile(
    r' *File "[^"]+\.py", line \d+(?:,? in .+)?'
    r"|Fatal Python error: (?:Segmentation fault|Aborted|Bus error|Illegal instruction"
    r"|Floating point exception)"
)


class LogName(str):
    """A name, or what stands for it, that the log may have as it is."""

    __slots__ = ()


class NamesInLogs:
    """Gives the log the names of jobs and videos, or what stands for them.

    Parameters
    ----------
    log_names : bool
        The setting: whether the log may have them.
    data_dir : Path
        The setting: where the jobs lie.

    Notes
    -----
    A stand-in is a number in order of first appearance: the same as long as the daemon runs, and
    it tells jobs apart. A hash would not do: who knows a name can tell whether it is that one.

    Examples
    --------
    >>> names = NamesInLogs(log_names=False, data_dir=Path("/data"))
    >>> str(names.job("anna")), str(names.job("ben")), str(names.job("anna"))
    ('job 1', 'job 2', 'job 1')
    >>> names.scrub("/data/out/anna/results.json cannot be written")
    'DATA_DIR/out/job 1/results.json cannot be written'
    >>> names.scrub("/data/in/carl/walk.mp4 cannot be read")
    'DATA_DIR/in/…'
    """

    def __init__(self, log_names: bool, data_dir: Path) -> None:
        self.log_names = log_names
        self._jobs: dict[str, LogName] = {}
        # Each way in which a name may be written, and what stands for it.
        self._known_jobs: dict[str, str] = {}
        self._known_files: dict[str, str] = {}
        self._lock = threading.RLock()  # a signal may come in between
        self._roots = _places(Layout(data_dir))

    def job(self, name: str) -> LogName:
        """Give a job's name for the log.

        Parameters
        ----------
        name : str

        Returns
        -------
        LogName
            ``job 1``, ``job 2`` in order of first appearance; if names may be there, in one
            line.
        """
        if self.log_names:
            return LogName(printable(name))
        with self._lock:
            stand_in = self._jobs.setdefault(name, LogName(f"job {len(self._jobs) + 1}"))
        self._learn(self._known_jobs, name, stand_in)
        return stand_in

    def video(self, name: str, number: int) -> LogName:
        """Give a video's name for the log.

        Parameters
        ----------
        name : str
        number : int
            Which of its job it is, from 1.

        Returns
        -------
        LogName
            ``video 1``, if names may not be there.
        """
        if self.log_names:
            return LogName(printable(name))
        stand_in = LogName(f"video {number}")
        self._learn(self._known_files, name, stand_in)
        return stand_in

    def know(self, names: Iterable[str]) -> None:
        """Learn names of files, so that they are taken out of whatever is scrubbed later.

        Parameters
        ----------
        names : iterable of str
            As the file system has them; may be paths within a job.
        """
        if self.log_names:
            return
        for name in names:
            for part in {name, *name.split("/")}:
                if part not in self._known_files:
                    self._learn(self._known_files, part, _FILE)

    def scrub(self, text: str, names: Iterable[str] = ()) -> str:
        """Put text into one line, and take out the names in it, if they may not be there.

        Names that were asked for before, or are given, are replaced. A path into the data directory
        is cut where it goes on with anything else.

        Parameters
        ----------
        text : str
        names : iterable of str
            Of files, as for `know`.

        Returns
        -------
        str
        """
        if self.log_names:
            return printable(_one_line(text))
        self.know(names)
        text = text.translate(_NO_MARKS)
        known = (self._known_files, self._known_jobs, self._roots)
        with self._lock:
            found = {name: what for each in known for name, what in each.items() if name in text}
        stand_ins = list(found.values())
        if found:
            order = sorted(found, key=len, reverse=True)
            place = {variant: number for number, variant in enumerate(found)}
            pattern = "|".join(_bounded(variant) for variant in order)

            def mark(match: re.Match[str]) -> str:
                number = place[match[0]]
                root = stand_ins[number].startswith(_ROOT)
                return stand_ins[number] if root else f"{_OPEN}{number}{_CLOSE}"

            text = re.sub(pattern, mark, text)
        text = _RELATIVE.sub(r"\1/…", _PATH.sub(r"\1/…", text))
        text = _MARK.sub(lambda match: stand_ins[int(match[1])] if match[1] else DATA_DIR, text)
        return printable(_one_line(text))

    def describe(self, error: BaseException) -> str:
        """Put an error into one line: its type, and what of its message the log may have.

        Parameters
        ----------
        error : BaseException

        Returns
        -------
        str
            If names may not be there: the message of our own errors, scrubbed; of the operating
            system's the reason without the path; of others nothing.
        """
        kind = type(error).__name__
        message = str(error)
        if not self.log_names and not isinstance(error, NeuroPoseError):
            reason = error.strerror if isinstance(error, OSError) else None
            message = reason or (WITHHELD if message else "")
        return f"{kind}: {self.scrub(message)}" if message else kind

    def traceback_lines(self, error: BaseException) -> list[str]:
        """Give the traceback of an error, and of those that it came from, earliest first.

        Parameters
        ----------
        error : BaseException

        Returns
        -------
        list of str
            Without line ends.
        """
        if self.log_names:
            lines = "".join(traceback.format_exception(error)).splitlines()
            return [printable(line) for line in lines]
        lines = []
        for each in _chain(error):
            frames = traceback.extract_tb(each.__traceback__).format()
            lines += [printable(line) for frame in frames for line in frame.splitlines()]
            if not isinstance(each, NeuroPoseError):
                # The traceback that a child process sends along is the message of an error.
                lines += self.code_lines(str(each))
            lines.append(self.describe(each))
        return lines

    def code_lines(self, text: str) -> list[str]:
        """Give those lines of what Python says of a crash that name places in the code.

        Parameters
        ----------
        text : str

        Returns
        -------
        list of str
        """
        return [self.scrub(line) for line in text.splitlines() if _CODE_LINE.fullmatch(line)]

    def _learn(self, known: dict[str, str], name: str, stand_in: str) -> None:
        with self._lock:
            for variant in _variants(name):
                known.pop(variant, None)
                known[variant] = stand_in
            while len(known) > _MOST_KNOWN:
                del known[next(iter(known))]


def _places(layout: Layout) -> dict[str, str]:
    """Every way in which the data directory may be written, and its mark."""
    folders = {layout.root: ""} | {
        folder: f"/{folder.name}"
        for folder in (layout.inbox, layout.out, layout.failed, layout.staging, layout.requests)
    }
    return {
        variant: f"{_ROOT}{mark}"
        for folder, mark in reversed(folders.items())
        for path in (str(folder), os.path.realpath(folder))
        for variant in _variants(path)
        if path != "/"
    }


def _variants(name: str) -> Iterator[str]:
    """Every way in which a name may be written in a message."""
    forms = (name, readable(name), *(unicodedata.normalize(f, name) for f in ("NFC", "NFD")))
    written: dict[str, None] = {}
    for form in forms:
        raw = os.fsencode(form)
        written |= dict.fromkeys(
            (
                form,
                printable(form),
                _one_line(form),
                repr(form)[1:-1],
                ascii(form)[1:-1],
                repr(raw)[2:-1],
                json.dumps(form)[1:-1],
                quote(raw),
            )
        )
    for variant in written:
        plain = variant.translate(_NO_MARKS)
        if not _TRIVIAL.issuperset(plain):
            yield plain


def _bounded(variant: str) -> str:
    """Match a name, but not within a word or number."""
    return f"{_no_more(variant[0], '<')}{re.escape(variant)}{_no_more(variant[-1], '')}"


def _no_more(edge: str, behind: str) -> str:
    if edge.isdigit():
        return rf"(?{behind}!\d)"
    return rf"(?{behind}![^\W\d_])" if edge.isalpha() else ""


def _chain(error: BaseException) -> list[BaseException]:
    chain: list[BaseException] = []
    at: BaseException | None = error
    while at is not None and at not in chain:
        chain.append(at)
        at = at.__cause__ or (None if at.__suppress_context__ else at.__context__)
    return chain[::-1]


def _one_line(text: str) -> str:
    return " ".join(text.split())
