"""Goals of benchmark rows: a comparison of figures of one run, such as
"latency_us.p50 <= durable_write_us.p50 + ping_us.p50 + 15"."""

import dataclasses
import re

COMPARISON = re.compile(r"^(.*?)(<=|>=)(.*)$")
NAME = re.compile(r"[A-Za-z_][\w./-]*")


class GoalError(Exception):
    """What is wrong with a goal, or what it asks of figures that are not there."""


@dataclasses.dataclass(frozen=True)
class Comparison:
    """Two sums of products of figures and numbers; `sums` holds [[factor]] for left and right."""
    sums: tuple
    at_most: bool

    def figures(self):
        return sorted({f for side in self.sums for product in side for f in product
                       if isinstance(f, str)})

    def sides(self, figures):
        return tuple(sum(product_of(p, figures) for p in side) for side in self.sums)

    def holds(self, figures):
        left, right = self.sides(figures)
        return left <= right if self.at_most else left >= right


def product_of(factors, figures):
    product = 1.0
    for factor in factors:
        if isinstance(factor, str) and factor not in figures:
            there = ", ".join(sorted(figures))
            raise GoalError(f"there is no figure '{factor}'; there are {there}")
        product *= figures[factor] if isinstance(factor, str) else factor
    return product


def parse(check):
    match = COMPARISON.match(check)
    if not match or "=" in match.group(3):
        raise GoalError(f"'{check}' is no goal: one <= or >= is expected")
    sums = tuple(tuple(tuple(factor_of(f, check) for f in product.split("*"))
                       for product in side.split("+")) for side in match.group(1, 3))
    return Comparison(sums, match.group(2) == "<=")


def factor_of(text, check):
    """A name of a figure, or a number. An exponent has no sign, so that + always adds."""
    text = text.strip()
    if NAME.fullmatch(text):
        return text
    try:
        return float(text)
    except ValueError:
        raise GoalError(f"'{text}' in '{check}' is neither a figure nor a number") from None
