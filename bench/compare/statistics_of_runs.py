"""Medians, percentiles and ratios of what was measured."""

import math
import statistics


def percentile(sorted_values, percent):
    """The smallest value that at least so many percent of all do not exceed (nearest rank)."""
    if not sorted_values:
        raise ValueError("no values to take a percentile of")
    rank = math.ceil(len(sorted_values) * percent / 100)
    return sorted_values[max(rank, 1) - 1]


def summary(values):
    """Median, least and greatest of the runs that have a value; None if none has."""
    known = [v for v in values if v is not None]
    if not known:
        return None
    return {"median": statistics.median(known), "min": min(known), "max": max(known)}


def summarise(measurements):
    """One summary for each figure of the measurements of one row, and how many they are."""
    names = {name for m in measurements for name, value in m.items() if not isinstance(value, str)}
    return {"runs": len(measurements),
            **{name: summary([m.get(name) for m in measurements]) for name in sorted(names)}}


def ratio(numerator, denominator):
    """Of two medians; None when there is nothing to divide."""
    if not numerator or not denominator or not denominator["median"]:
        return None
    return numerator["median"] / denominator["median"]
