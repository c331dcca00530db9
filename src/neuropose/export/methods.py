"""The methods section of a paper: what was done to get some reports, and whom to cite."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neuropose.analyzer.tasks.gait.definitions import STRIDE_MEASURES
from neuropose.data import Report, Source
from neuropose.export.bibliography import SOFTWARE, bibtex, cited
from neuropose.io.atomic import write_atomically

_KEYS = {
    "Whittle 2007": "whittle2007",
    "Perry & Burnfield 2010": "perry2010",
    "Huxham et al. 2006": "huxham2006",
    "Winter 1992": "winter1992",
    "Hof et al. 2005": "hof2005",
    "McAndrew Young et al. 2012": "mcandrewyoung2012",
    "Robinson et al. 1987": "robinson1987",
    "Patterson et al. 2010": "patterson2010",
}
"""Keys of the entries, by how the definitions of measures name their sources."""
_TASKS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "gait": (
        "Initial contacts and foot-offs were found where heel and toe turn back relative to the "
        "pelvis {}, timed by how heel and toe are accelerated and by the speed of the toe over the "
        "floor {}, and checked against a second detector {}",
        ("zeni2008", "bruening2014", "oconnor2007"),
    ),
    "reach": (
        "Onset, end, movement units and trunk displacement of the reach were measured after {}; "
        "its smoothness is the spectral arc length {}",
        ("altmurphy2011", "balasubramanian2015"),
    ),
    "sit_to_stand": (
        "Rises from a chair were measured; the time of five of them is that until upright {} and "
        "until seated again {}",
        ("guralnik1994", "whitney2005"),
    ),
    "tug": (
        "The timed up and go {} was divided into its phases {}",
        ("podsiadlo1991", "salarian2010"),
    ),
    "repetitions": (
        "Rhythm, amplitude and decay of repeated movements were measured, the signs that item 3 of "
        "the MDS-UPDRS assesses {}",
        ("goetz2008",),
    ),
    "rom": ("Ranges of joint angles were measured in axes after the ISB {}", ("wu2002",)),
    "sway": (
        "Sway was measured by the amplitude, speed and frequency of the movement of the body {} "
        "and the area of its prediction ellipse {}",
        ("prieto1996", "schubert2014"),
    ),
    "arm_swing": ("Amplitude and asymmetry of arm swing were measured {}", ("lewek2010",)),
}
_ALIASES = {"timed_up_and_go": "tug", "range_of_motion": "rom", "decay": "repetitions"}
_MODELS = {"blazepose": "bazarevsky2020", "metrabs": "sarandi2021"}
_MARKERS = ("c3d", "trc")
_HASH_DIGITS = 12


@dataclass(frozen=True)
class MethodsText:
    """A paragraph, and what it cites.

    Parameters
    ----------
    text : str
        Sentences in the past tense.
    keys : tuple of str
        Keys of the entries, in the order in which they are cited.
    """

    text: str
    keys: tuple[str, ...]

    @property
    def bibtex(self) -> str:
        """The entries, as a BibTeX file."""
        return bibtex(self.keys)


class _Paragraph:
    """Sentences, and the keys that they cite."""

    def __init__(self) -> None:
        self.sentences: list[str] = []
        self.keys: list[str] = []

    def say(self, sentence: str, *citations: Sequence[str]) -> None:
        """Add a sentence; each ``{}`` in it stands for one group of citations."""
        self.keys += [key for group in citations for key in group]
        self.sentences.append(sentence.format(*(cited(*group) for group in citations)))


def methods_of(reports: Mapping[str, Report]) -> MethodsText:
    """Write the methods section for some reports, and nothing that was not done for them.

    Parameters
    ----------
    reports : mapping of str to Report
        Reports of recordings, of a pipeline or of a cohort.

    Returns
    -------
    MethodsText

    Raises
    ------
    ValueError
        If there is no report.

    Examples
    --------
    >>> from neuropose.analyzer import analyze_gait, gait_report
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> report = gait_report(analyze_gait(walker_sequence(simulate_walk())))
    >>> found = methods_of({"walk": report})
    >>> "Zeni et al., 2008" in found.text, found.bibtex.startswith("@software{neuropose")
    (True, True)
    """
    every = list(reports.values())
    if not every:
        raise ValueError("there is no report")
    paragraph = _Paragraph()
    _software(paragraph, every)
    _poses(paragraph, every)
    _body(paragraph, every)
    _assumed(paragraph, every)
    _preparation(paragraph, every)
    for task in dict.fromkeys(name for report in every for name in _tasks(report)):
        _task(paragraph, task, every)
    _comparison(paragraph, every)
    _errors(paragraph, every)
    return MethodsText(" ".join(paragraph.sentences), tuple(dict.fromkeys(paragraph.keys)))


def write_methods(folder: Path, name: str, methods: MethodsText) -> tuple[Path, Path]:
    """Write the paragraph and its BibTeX file.

    Parameters
    ----------
    folder : Path
        Where they go.
    name : str
        Name of both, without a suffix.
    methods : MethodsText
        What is written.

    Returns
    -------
    tuple of Path
        ``NAME.md`` and ``NAME.bib``.

    Raises
    ------
    OutputError
        If they cannot be written.
    """
    text, entries = folder / f"{name}.md", folder / f"{name}.bib"
    write_atomically(text, [f"{methods.text}\n".encode()])
    write_atomically(entries, [methods.bibtex.encode()])
    return text, entries


def _software(paragraph: _Paragraph, reports: Sequence[Report]) -> None:
    versions = sorted({report.provenance.neuropose_version for report in reports})
    used = reports[0].provenance.versions
    named = [f"Python {used['python']}"] if "python" in used else []
    keys: list[str] = []
    for library, title, key in (
        ("numpy", "NumPy", "harris2020"),
        ("scipy", "SciPy", "virtanen2020"),
    ):
        if library in used:
            named.append(f"{title} {used[library]}")
            keys.append(key)
    of = f" with {_listed(named)}" if named else ""
    paragraph.keys.append(SOFTWARE)
    paragraph.say(
        f"Movements were analysed with NeuroPose {_listed(versions)}{of}"
        + (" {}." if keys else "."),
        *([keys] if keys else []),
    )


def _poses(paragraph: _Paragraph, reports: Sequence[Report]) -> None:
    origins = [report.provenance.predictions for report in reports]
    models: dict[str, tuple[str, ...]] = {}
    for origin in origins:
        if origin is not None:
            hashes = tuple(each[:_HASH_DIGITS] for each in origin.model_sha256.values())
            models.setdefault(origin.model, hashes)
    for model, hashes in models.items():
        weights = f", weights SHA-256 {_listed(hashes)}" if hashes else ""
        key = next((key for start, key in _MODELS.items() if model.startswith(start)), None)
        cite = " {}" if key is not None else ""
        paragraph.say(
            f"Poses were estimated from video with the model {model}{cite}{weights}.",
            *([[key]] if key is not None else []),
        )
    for sentence in dict.fromkeys(each for report in reports for each in of_cameras(report)):
        paragraph.say(sentence)
    estimated = [report for report in reports if "positions" in report.assumptions]
    measured = [report for report in reports if "positions" not in report.assumptions]
    for what, of in (
        ("Marker trajectories", measured),
        ("Positions that NeuroPose had estimated from video", estimated),
    ):
        kinds = {each.kind for report in of for each in report.provenance.inputs}
        files = sorted(kind.upper() for kind in kinds & set(_MARKERS))
        if files:
            paragraph.say(f"{what} were read from {_listed(files)} files.")
    if any("Harrington" in warning for report in reports for warning in report.warnings):
        paragraph.say("Hip centres were estimated from pelvic markers {}.", ["harrington2007"])


def of_cameras(report: Report) -> list[str]:
    """Say with how many cameras a recording was filmed, how calibrated and how synchronised.

    Parameters
    ----------
    report : Report
        Of a recording.

    Returns
    -------
    list of str
        Sentences of what the report records; none of one camera, and of markers.

    Examples
    --------
    >>> from neuropose.analyzer import analyze_gait, gait_report
    >>> from neuropose.data import Assumption
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> report = gait_report(analyze_gait(walker_sequence(simulate_walk())))
    >>> rig = Assumption(source="file", value="2 calibrated cameras", detail="Qualisys calibration")
    >>> of_cameras(report.model_copy(update={"assumptions": {"cameras": rig}}))
    ['The movement was filmed with 2 calibrated cameras at once (calibration: Qualisys \
calibration).']
    """
    cameras, clocks = (report.assumptions.get(name) for name in ("cameras", "clocks"))
    height = report.assumptions.get("height")
    found = []
    if cameras is not None:
        origin = "" if cameras.detail is None else f" (calibration: {cameras.detail})"
        found.append(f"The movement was filmed with {cameras.value} at once{origin}.")
    if clocks is not None and clocks.detail is not None:
        found.append(f"Their clocks were {clocks.detail} ({clocks.value}).")
    if cameras is not None and height is not None and height.source is Source.MEASURED:
        found.append("The size of the body was measured with the calibrated cameras.")
    return found


def _body(paragraph: _Paragraph, reports: Sequence[Report]) -> None:
    bodies = [_recording(report).get("body") for report in reports]
    fitted = sum(body is not None for body in bodies)
    if not fitted:
        return
    which = "" if fitted == len(reports) else f", in {fitted} of {len(reports)} recordings,"
    paragraph.say(
        f"A body of constant segment lengths was fitted to each recording{which} with a smooth "
        "movement, robust residuals and joint limits."
    )


def _assumed(paragraph: _Paragraph, reports: Sequence[Report]) -> None:
    """Say what the numbers rest on that nobody had stated."""
    assumed: dict[str, int] = {}
    for report in reports:
        for name, each in report.assumptions.items():
            if each.source is Source.ASSUMED:
                assumed[name] = assumed.get(name, 0) + 1
    if assumed:
        shares = [
            name if count == len(reports) else f"{name} ({count} of {len(reports)})"
            for name, count in assumed.items()
        ]
        paragraph.say(f"Not stated, and therefore estimated or assumed, were: {_listed(shares)}.")


def _preparation(paragraph: _Paragraph, reports: Sequence[Report]) -> None:
    found = [settings for report in reports for settings in _preparations(report)]
    if not found:
        return
    first = found[0]
    if first.get("outlier_window") is not None:
        paragraph.say(
            f"Outliers were replaced by a Hampel filter (window {first['outlier_window']}, "
            f"{first['outlier_threshold']:g} scaled median absolute deviations) {{}}, and gaps of "
            f"up to {first['gap_limit_s']:g} s filled ({first['interpolation']}).",
            ["hampel1974"],
        )
    cutoffs = sorted({each["cutoff_hz"] for each in found if each.get("cutoff_hz") is not None})
    if cutoffs:
        paragraph.say(
            f"Trajectories were smoothed by a zero-phase Butterworth low-pass of order "
            f"{first['filter_order']} at {_listed([f'{each:g}' for each in cutoffs])} Hz {{}}.",
            ["winter2009"],
        )


def _task(paragraph: _Paragraph, task: str, reports: Sequence[Report]) -> None:
    if task not in _TASKS:
        return
    sentence, keys = _TASKS[task]
    paragraph.say(f"{sentence}.", *([key] for key in keys))
    names = {name for report in reports for name in report.measures}
    if task == "gait":
        of_measures = _gait_sources(names)
        if of_measures:
            paragraph.say("Measures of strides are defined after {}.", of_measures)
        if any("ratio" in name or "symmetry" in name for name in names):
            paragraph.say(
                "Symmetry is the signed index {} and the ratio of both sides {}.",
                ["robinson1987"],
                ["patterson2010"],
            )
    if any("flexion" in name for name in names):
        paragraph.say(
            "Joint angles follow the recommendations of the ISB {}.", ["wu2002", "wu2005"]
        )
    if any("pelvis" in name for name in names):
        paragraph.say("Angles of the pelvis are in the order of {}.", ["baker2001"])


def _gait_sources(names: Iterable[str]) -> list[str]:
    """Return whom the measures that there are cite."""
    plain = {
        name.removeprefix("gait_").removesuffix("_left").removesuffix("_right") for name in names
    }
    keys: dict[str, None] = {}
    for measure, definition in STRIDE_MEASURES.items():
        if measure in plain:
            for start, key in _KEYS.items():
                if start in definition.source:
                    keys[key] = None
    return list(keys)


def _comparison(paragraph: _Paragraph, reports: Sequence[Report]) -> None:
    analyses = [report.parameters.get("analysis") for report in reports]
    for analysis in (each for each in analyses if isinstance(each, Mapping)):
        if analysis.get("dtw") is not None:
            paragraph.say("Cycles were compared by dynamic time warping {}.", ["sakoe1978"])
        statistics = analysis.get("statistics")
        if isinstance(statistics, Mapping):
            _statistics(paragraph, statistics)
        return


def _statistics(paragraph: _Paragraph, how: Mapping[str, Any]) -> None:
    if how.get("groups") or how.get("sessions") or how.get("conditions"):
        adjusted = {"holm": "holm1979", "benjamini-hochberg": "benjamini1995"}
        adjustment = str(how.get("adjustment", "holm"))
        paragraph.say(
            f"Groups or repeated measures were compared by permutation tests of subjects "
            f"({how.get('permutations')} permutations, seed {how.get('seed')}) {{}} with p-values "
            f"adjusted after {adjustment.title()} {{}}; effect sizes are Hedges' g {{}}.",
            ["phipson2010"],
            [adjusted.get(adjustment, "holm1979")],
            ["hedges1981"],
        )
    if how.get("curves"):
        paragraph.say("Curves were compared by the maximum statistic {}.", ["nichols2002"])
    if how.get("reliability"):
        paragraph.say(f"Reliability is ICC({how['reliability']}) {{}}.", ["shrout1979"])
    if how.get("agreement"):
        paragraph.say("Agreement is given as bias and limits of agreement {}.", ["bland1986"])


def _errors(paragraph: _Paragraph, reports: Sequence[Report]) -> None:
    draws = sorted(
        {
            int(report.parameters["draws"])
            for report in reports
            if isinstance(report.parameters.get("draws"), int) and report.parameters["draws"]
        }
    )
    if draws:
        span = f"{draws[0]}" if len(draws) == 1 else f"{draws[0]} to {draws[-1]}"
        paragraph.say(
            f"Standard errors are the spread of each measure over {span} movements drawn from the "
            "posterior distribution of the fitted body; a measure with too large an error for its "
            "purpose was not used."
        )


def _tasks(report: Report) -> list[str]:
    """Return the tasks of a report, or of the pipeline that it is of."""
    analysis = report.parameters.get("analysis")
    if isinstance(analysis, Mapping):
        listed = analysis.get("measures") or []
        names = [str(each["task"]) for each in listed if isinstance(each, Mapping)]
    else:
        names = [report.task]
    plain = [name.replace("-", "_") for name in names]
    return [_ALIASES.get(name, name) for name in plain]


def _preparations(report: Report) -> list[Mapping[str, Any]]:
    own = [step["settings"] for step in report.preparation if "settings" in step]
    configured = report.parameters.get("preparation")
    return own or ([configured] if isinstance(configured, Mapping) else [])


def _recording(report: Report) -> Mapping[str, Any]:
    found = report.parameters.get("recording")
    return found if isinstance(found, Mapping) else {}


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
