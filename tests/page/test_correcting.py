"""What a page offers to correct, by the file that it was made from."""

from __future__ import annotations

import pytest

from neuropose.analyzer import PoseSequence
from neuropose.analyzer.tasks.registry import TASKS
from neuropose.data import InputFile, Report, Subject
from neuropose.page.correcting import correctable

SHA = 64 * "a"
OTHER = {
    "frame_count": 40,
    "first_frame": 3,
    "last_frame": 50,
    "median_height_px": None,
    "median_offset": None,
}


def of_file(report: Report, kind: str, *, others: int = 0) -> Report:
    inputs = (InputFile(kind=kind, sha256=SHA),)
    subject = Subject.model_validate(
        {
            "track_id": 7,
            "strategy": "longest",
            "reason": "longest",
            "summary": {"track_id": 7, **OTHER},
            "alternatives": [{"track_id": number, **OTHER} for number in range(others)],
        }
    )
    return report.model_copy(
        update={
            "provenance": report.provenance.model_copy(update={"inputs": inputs}),
            "parameters": {**report.parameters, "recording": {"video": "video_02"}},
            "subject": subject,
        }
    )


def test_another_person_can_be_named_if_there_is_one(report: Report) -> None:
    alone, of_two = (
        correctable(of_file(report, "predictions", others=others)) for others in (0, 1)
    )
    assert alone is not None
    assert of_two is not None
    assert alone.kinds == ("sides", "contact", "leave_out")
    assert of_two.kinds == ("subject", "sides", "contact", "leave_out")
    assert of_two.others == ((0, "frames 3 to 50"),)
    assert (of_two.track, of_two.input_sha256, of_two.video) == (7, SHA, None)


def test_a_job_has_its_video(report: Report) -> None:
    found = correctable(of_file(report, "job_results"))
    assert found is not None
    assert found.video == "video_02"


def test_a_reconstruction_and_markers(report: Report) -> None:
    found = correctable(of_file(report, "reconstruction", others=1))
    assert found is not None
    assert found.kinds == ("contact", "leave_out")
    assert correctable(of_file(report, "c3d")) is None


def test_no_contact_without_one(walk: PoseSequence) -> None:
    found = correctable(of_file(TASKS["rom"].run(walk), "predictions"))
    assert found is not None
    assert found.kinds == ("sides", "leave_out")


@pytest.mark.parametrize("video", [None, 3])
def test_parameters_of_another_make(report: Report, video: object) -> None:
    odd = of_file(report, "job_results").model_copy(update={"parameters": {"recording": video}})
    found = correctable(odd)
    assert found is not None
    assert found.video is None
