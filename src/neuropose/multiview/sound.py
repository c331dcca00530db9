"""Offsets and drifts of clocks, from what all cameras heard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropose.data import Source
from neuropose.data.cameras import Clock
from neuropose.errors import SynchronisationError

Array = NDArray[np.float64]

RATE_HZ = 16_000
"""Sampling rate at which sounds are compared."""
TRAVEL_S = 0.005
"""Sound reaches two cameras 3 m apart up to 9 ms apart: a standard deviation of this."""
_HOP = 80  # samples of an envelope's step: 5 ms
_WINDOW_S = 4.0
_LEAST_COUNT, _MOST_WINDOWS = 6.0, 60
_FINE_S = 0.1  # a first guess is not farther off, drift included
_LEAST_CORRELATION = 0.25
_LEAST_PEAK = 8.0  # of a window's correlation, in robust standard deviations
_LEAST_WINDOWS, _LEAST_SHARE = 3, 0.4  # that must agree on the offset
_SURE_PEAK = 20.0  # of a window that is enough alone, as that with a clap in a quiet room
_MOST_RIVALS, _ALIKE = 3, 0.7  # a rival offset's correlation or peaks, of those of the best
_AGREEING_S, _MOST_DRIFT = 0.002, 3e-4
_SHORTEST_S = 0.25
_LEAST_GAP_S = 0.02  # sound that is missing for less is taken to go on
_LEAST_OVERLAP_S = 1.0
_LEAST_FOR_DRIFT_S = 60.0


@dataclass(frozen=True, eq=False)
class Sound:
    """A video's sound.

    Parameters
    ----------
    start_s : float
        Time of the first sample, by the clock of the video (its first frame is at 0), s.
    samples : ndarray, shape (N,)
        Mono, at `RATE_HZ`.
    """

    start_s: float
    samples: Array


def synchronise_by_sound(videos: Mapping[str, Path], *, most_s: float = 120.0) -> dict[str, Clock]:
    """Find how much later each camera's clock runs, from what all heard.

    Parameters
    ----------
    videos : mapping of str to Path
        The video of each camera, two or more; the first camera's clock is kept.
    most_s : float
        Greatest offset to look for, s.

    Returns
    -------
    dict of str to Clock
        With standard errors.

    Raises
    ------
    SynchronisationError
        If a video has no sound, or its sound is not that of the first, or repeats itself.

    Notes
    -----
    The envelopes' normalised correlation gives the offset within some milliseconds, the generalised
    correlation with phase transform (Knapp and Carter 1976, IEEE T Acoust Speech 24:320) of each
    window of four seconds the rest, and their line the drift. Of a clap in a quiet room one window
    is enough.
    """
    names = list(videos)
    if len(names) < 2:
        raise SynchronisationError(
            "one video cannot be synchronised with anything", hint="give two or more"
        )
    sounds = {name: read_sound(path, name) for name, path in videos.items()}
    clocks = {names[0]: Clock(source=Source.ASSUMED)}
    for name in names[1:]:
        try:
            found = clock_by_sound(sounds[names[0]], sounds[name], most_s=most_s)
        except SynchronisationError as error:
            raise SynchronisationError(
                f"{name} and {names[0]}: {error.message}", hint=error.hint
            ) from None
        if found is None:
            raise SynchronisationError(
                f"{name} and {names[0]} did not hear the same",
                hint="synchronise by the movement, or clap once near both cameras",
            )
        clocks[name] = found
    return clocks


def read_sound(path: Path, name: str) -> Sound:
    """Read the sound of a video.

    Parameters
    ----------
    path : Path
        The video.
    name : str
        How errors call it.

    Returns
    -------
    Sound

    Raises
    ------
    SynchronisationError
        If it cannot be read, or has no sound.
    """
    import av

    try:
        with av.open(str(path)) as container:
            if not container.streams.audio:
                raise SynchronisationError(
                    f"the video of {name} has no sound", hint="synchronise by the movement"
                )
            begin = Fraction(0)
            if container.streams.video:
                first = container.streams.video[0]
                if first.start_time is not None and first.time_base is not None:
                    begin = first.start_time * first.time_base
            resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE_HZ)
            parts: list[NDArray[np.float32]] = []
            start: Fraction | None = None
            count = 0
            for frame in container.decode(container.streams.audio[0]):
                if start is None:
                    start = Fraction(0)
                    if frame.pts is not None and frame.time_base is not None:
                        start = Fraction(frame.pts * frame.time_base)
                elif frame.pts is not None and frame.time_base is not None:
                    lacking = round((frame.pts * frame.time_base - start) * RATE_HZ) - count
                    if lacking > _LEAST_GAP_S * RATE_HZ:  # it was not recorded: silence
                        parts.append(np.zeros(lacking, np.float32))
                        count += lacking
                new = [each.to_ndarray()[0] for each in resampler.resample(frame)]
                parts += new
                count += sum(map(len, new))
            parts += [each.to_ndarray()[0] for each in resampler.resample(None)]
    except av.error.FFmpegError as error:
        raise SynchronisationError(
            f"the sound of {name} cannot be read", hint="synchronise by the movement"
        ) from error
    if start is None or not parts:
        raise SynchronisationError(
            f"the video of {name} has no sound", hint="synchronise by the movement"
        )
    return Sound(float(start - begin), np.concatenate(parts).astype(np.float64))


def clock_by_sound(one: Sound, other: Sound, *, most_s: float = 120.0) -> Clock | None:
    """Compare two sounds.

    Parameters
    ----------
    one, other : Sound
        What two cameras heard.
    most_s : float
        Greatest offset to look for, s.

    Returns
    -------
    Clock or None
        Of `other`; shared time is that of `one`. None if they did not hear the same.

    Raises
    ------
    SynchronisationError
        If they heard the same at other offsets as well, as of a metronome.

    Examples
    --------
    >>> noise = np.random.default_rng(0).normal(size=8 * RATE_HZ)
    >>> clock = clock_by_sound(Sound(0.0, noise), Sound(0.0, noise[RATE_HZ:]))
    >>> round(clock.offset_s, 6)
    1.0
    """
    heard = [_heard(one, other, coarse_s) for coarse_s in _coarse(one, other, most_s)]
    if not heard or heard[0] is None:
        return None
    times, offsets, peak = heard[0]
    for rival in heard[1:]:
        if rival is not None and rival[2] > _ALIKE * peak:
            raise SynchronisationError(
                f"what they heard repeats itself: {np.median(offsets):.3f} and "
                f"{np.median(rival[1]):.3f} s later fit alike",
                hint="synchronise by the movement, or clap once near both cameras",
            )
    drift, drift_error = 0.0, None
    if len(times) >= 6 and np.ptp(times) >= _LEAST_FOR_DRIFT_S:
        drift, at_zero, drift_error, error_s = _line(times, offsets)
    else:
        at_zero = float(np.median(offsets))
        spread = 1.4826 * float(np.median(np.abs(offsets - at_zero)))
        error_s = 1.2533 * spread / np.sqrt(len(offsets))
    # Offsets are those of shared time less the video's own, over the shared time.
    return Clock(
        offset_s=at_zero / (1.0 - drift),
        drift=drift / (1.0 - drift),
        offset_error_s=float(np.hypot(error_s, TRAVEL_S)),
        drift_error=drift_error,
        source=Source.ASSUMED,
    )


def _coarse(one: Sound, other: Sound, most_s: float) -> list[float]:
    """Return what may have to be added to the times of `other`, within a few ms, the best first."""
    a, b = _envelope(one.samples), _envelope(other.samples)
    step_s = _HOP / RATE_HZ
    least = int(_LEAST_OVERLAP_S / step_s)
    if min(len(a), len(b)) < least:
        return []
    size = int(2 ** np.ceil(np.log2(len(a) + len(b))))

    def against(x: Array, y: Array) -> Array:
        return np.asarray(np.fft.irfft(np.fft.rfft(x, size) * np.conj(np.fft.rfft(y, size)), size))

    both = against(a, b)
    power = against(a**2, np.ones(len(b))) * against(np.ones(len(a)), b**2)
    count = np.maximum(against(np.ones(len(a)), np.ones(len(b))), 0.0)
    lags = np.arange(size)
    lags = np.where(lags < len(a), lags, lags - size)
    offset_s = lags * step_s + one.start_s - other.start_s
    fine = (count >= least) & (np.abs(offset_s) <= most_s) & (power > 1e-9 * power.max())
    if not fine.any():
        return []
    correlation = np.where(fine, both / np.sqrt(np.where(fine, power, 1.0)), -1.0)
    chance = correlation * np.sqrt(count / (count + 2.0 * least))
    likely: list[int] = []
    while len(likely) <= _MOST_RIVALS:
        best = int(np.argmax(np.where(fine, chance, -1.0)))
        alike = _ALIKE * correlation[likely[0]] if likely else _LEAST_CORRELATION
        if not fine[best] or correlation[best] < alike:
            break
        likely.append(best)
        fine &= np.abs(offset_s - offset_s[best]) > 2.0 * _FINE_S
    return [float(offset_s[each]) for each in likely]


def _envelope(samples: Array) -> Array:
    """Return how loud it is, in logarithms, without slow changes."""
    from scipy.ndimage import uniform_filter1d

    steps = len(samples) // _HOP
    if not steps:
        return np.empty(0)
    energy = (samples[: steps * _HOP].reshape(steps, _HOP) ** 2).mean(axis=1)
    loud = np.log(energy + 1e-4 * energy.mean() + 1e-20)
    return np.asarray(loud - uniform_filter1d(loud, 201, mode="nearest"))


def _heard(one: Sound, other: Sound, coarse_s: float) -> tuple[Array, Array, float] | None:
    """Return when both heard the same, the offset in each window, and its usual peak, if enough."""
    times, offsets, peaks = _windows(one, other, coarse_s)
    if not len(times):
        return None
    apart_s = _AGREEING_S + _MOST_DRIFT * float(np.ptp(times))
    agreeing = np.abs(offsets - np.median(offsets)) < apart_s
    is_sure = agreeing.all() and peaks.max() >= _SURE_PEAK
    if agreeing.sum() < max(_LEAST_WINDOWS, _LEAST_SHARE * len(agreeing)) and not is_sure:
        return None
    return times, offsets, float(np.median(peaks[agreeing]))


def _windows(one: Sound, other: Sound, coarse_s: float) -> tuple[Array, Array, Array]:
    """Return shared times in the middle of windows, the offset in each, s, and its peak."""
    begin_s = max(one.start_s, other.start_s + coarse_s) + _FINE_S
    end_s = (
        min(
            one.start_s + len(one.samples) / RATE_HZ,
            other.start_s + coarse_s + len(other.samples) / RATE_HZ,
        )
        - _FINE_S
    )
    long_s = min(_WINDOW_S, (end_s - begin_s) / _LEAST_COUNT)
    if long_s < _SHORTEST_S:
        return np.empty(0), np.empty(0), np.empty(0)
    count = min(int((end_s - begin_s) / long_s), _MOST_WINDOWS)
    times, offsets, peaks = [], [], []
    length = int(long_s * RATE_HZ)
    for start_s in np.linspace(begin_s, end_s - long_s, count):
        first = round((start_s - one.start_s) * RATE_HZ)
        second = round((start_s - coarse_s - other.start_s) * RATE_HZ)
        if first < 0 or second < 0:
            continue
        a, b = one.samples[first : first + length], other.samples[second : second + length]
        if min(len(a), len(b)) < length:
            continue
        found = _lag(a, b)
        if found is None:
            continue
        lag, peak = found
        # The part of `other` that was heard together begins lag samples later.
        own_s = other.start_s + (second - lag) / RATE_HZ
        times.append(start_s + 0.5 * long_s)
        offsets.append(one.start_s + first / RATE_HZ - own_s)
        peaks.append(peak)
    return np.array(times), np.array(offsets), np.array(peaks)


def _lag(a: Array, b: Array) -> tuple[float, float] | None:
    """Return by how many samples `a` is later than `b`, and how surely; None if not alike."""
    window = np.hanning(len(a))
    size = int(2 ** np.ceil(np.log2(2 * len(a))))
    spectrum = np.fft.rfft(a * window, size) * np.conj(np.fft.rfft(b * window, size))
    strength = np.abs(spectrum)
    spectrum = spectrum / (strength + 1e-3 * strength.mean() + 1e-30)
    correlation = np.fft.irfft(spectrum, size)
    most = int(_FINE_S * RATE_HZ)
    near = np.concatenate([correlation[-most:], correlation[: most + 1]])
    best = int(np.argmax(near))
    noise = 1.4826 * float(np.median(np.abs(near)))
    if not 0 < best < len(near) - 1 or near[best] < _LEAST_PEAK * noise or noise == 0.0:
        return None
    low, middle, high = near[best - 1 : best + 2]
    bend = low - 2.0 * middle + high
    lag = float(best - most + (0.5 * (low - high) / bend if bend < 0.0 else 0.0))
    return lag, float(near[best]) / noise


def _line(times: Array, offsets: Array) -> tuple[float, float, float, float]:
    """Fit a robust line: slope, value at 0, and the standard errors of both."""
    design = np.column_stack([times, np.ones(len(times))])
    weight = np.ones(len(times))
    found = np.zeros(2)
    for _ in range(20):
        root = np.sqrt(weight)
        found = np.linalg.lstsq(design * root[:, None], offsets * root, rcond=None)[0]
        missed = offsets - design @ found
        scale = max(1.4826 * float(np.median(np.abs(missed))), 1e-6)
        weight = 1.0 / (1.0 + (missed / (2.0 * scale)) ** 2)
    variance = float(weight @ missed**2) / max(weight.sum() - 2.0, 1.0)
    covariance = variance * np.linalg.inv(design.T @ (design * weight[:, None]))
    return (
        float(found[0]),
        float(found[1]),
        float(np.sqrt(covariance[0, 0])),
        float(np.sqrt(covariance[1, 1])),
    )
