"""What the page says of where positions come from."""

from __future__ import annotations

from neuropose.data import Assumption, InputFile, Report, ReportProvenance, Source
from neuropose.page.methods import methods_paragraph


def test_positions_of_a_file_that_was_estimated_are_not_said_to_be_of_markers() -> None:
    provenance = ReportProvenance(
        neuropose_version="0.1.0", inputs=(InputFile(kind="trc", sha256="0" * 64),)
    )
    measured = Report(task="gait", measures={}, provenance=provenance)
    assert "come from markers (trc)" in methods_paragraph(measured)
    stated = Assumption(
        source=Source.FILE, value="one camera", detail="estimated from video by NeuroPose"
    )
    estimated = measured.model_copy(update={"assumptions": {"positions": stated}})
    said = methods_paragraph(estimated)
    assert "were estimated from video by NeuroPose (one camera)" in said
    assert "markers" not in said
