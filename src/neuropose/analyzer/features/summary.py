"""Features of a trial from those of its strides or repetitions: means and spreads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuropose.analyzer.features.definitions import FEATURES

if TYPE_CHECKING:
    import pandas as pd


def summarise_features(table: pd.DataFrame) -> dict[str, float]:
    """Give the mean and the standard deviation of every feature over the rows that count.

    Parameters
    ----------
    table : DataFrame
        Of `neuropose.analyzer.features.movement_features`.

    Returns
    -------
    dict of str to float
        By column; the standard deviation as ``NAME_sd_SIDE_UNIT`` (``stride_time_sd_left_s``).
        Rows that are ``excluded`` do not count. NaN: no row has a value; no spread of fewer than
        two.

    Notes
    -----
    What belongs to one leg (``knee_flexion_range_left_deg``) is taken from the strides of that
    side only, as both windows hold the same steps of that leg.

    Examples
    --------
    >>> import pandas as pd
    >>> times = {"stride_time_left_s": [1.0, 1.2, 9.0], "excluded": [None, None, "turning"]}
    >>> summary = summarise_features(pd.DataFrame({"side": "left", **times}))
    >>> round(summary["stride_time_left_s"], 3), round(summary["stride_time_sd_left_s"], 3)
    (1.1, 0.141)
    """
    counted = table[table["excluded"].isna()]
    sides = counted["side"].to_numpy()
    found: dict[str, float] = {}
    for column, feature in FEATURES.items():
        if column not in counted:
            continue
        values = counted[column].to_numpy(dtype=np.float64)
        if feature.side in sides:
            values = values[sides == feature.side]
        values = values[np.isfinite(values)]
        found[column] = float(values.mean()) if len(values) else np.nan
        found[feature.spread_column] = float(values.std(ddof=1)) if len(values) > 1 else np.nan
    return found
