"""The results of a job as a person corrected them: what is measured again is measured on these."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from neuropose.checksums import sha256_of
from neuropose.data import InputFile, JobResults, VideoPredictions
from neuropose.data.corrections import as_made, corrections_of
from neuropose.data.jobs import CAMERAS
from neuropose.errors import NeuroPoseError
from neuropose.interfacer.layout import CORRECTED_NAME
from neuropose.io import load_job_results
from neuropose.io.reconstruction_file import SUFFIX


class CorrectedResults:
    """The corrected results in a job's folder, if there are any.

    Parameters
    ----------
    folder : Path
        The job's folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / CORRECTED_NAME

    @cached_property
    def origin(self) -> InputFile | None:
        """The file; None if there is none that can be read."""
        if self._results is None:
            return None
        return InputFile(kind="job_results", sha256=sha256_of(self._file))

    @cached_property
    def _results(self) -> JobResults | None:
        if not self._file.is_file():
            return None
        try:
            results = load_job_results(self._file)
            for each in results.videos.values():
                corrections_of(each.provenance)
        except NeuroPoseError:
            return None
        return results

    def of(self, key: str, predictions: VideoPredictions) -> VideoPredictions | None:
        """Return the predictions of a video with the corrections that a person made.

        Parameters
        ----------
        key : str
            ``video_01``.
        predictions : VideoPredictions
            As they were made.

        Returns
        -------
        VideoPredictions or None
            None if nothing of them was corrected.
        """
        found = None if self._results is None else self._results.videos.get(key)
        if found is None or not corrections_of(found.provenance):
            return None
        return found if as_made(found.provenance) == predictions.provenance else None

    def warnings(self, key: str, predictions: VideoPredictions) -> tuple[str, ...]:
        """Return what is to be known of the corrections of a video.

        Parameters
        ----------
        key : str
            ``video_01``.
        predictions : VideoPredictions
            As they were made.

        Returns
        -------
        tuple of str
            Whether they are followed; and that those of a reconstruction are not.
        """
        said = []
        if self.of(key, predictions) is not None:
            said.append(f"{key} is measured as corrected in {CORRECTED_NAME}")
        elif self._file.is_file() and self._is_doubted(key):
            said.append(f"{CORRECTED_NAME} is not of the poses of {key}, and is not followed")
        said += [
            f"the corrections in {path.name} are not followed: correct the results of the job"
            for path in sorted(self._folder.glob(f"*.corrected{SUFFIX}"))
            if path.name.partition(".")[0] in (key, CAMERAS)
        ]
        return tuple(said)

    def _is_doubted(self, key: str) -> bool:
        """Whether there are corrections that do not belong to the video."""
        found = None if self._results is None else self._results.videos.get(key)
        return self._results is None or (
            found is not None and bool(corrections_of(found.provenance))
        )
