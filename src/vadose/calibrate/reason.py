"""Why a cell has no result: every cell that fails is masked and counted under one of these."""

from __future__ import annotations

import enum


class Reason(enum.IntEnum):
    """What became of a cell; the first that holds, in this order. 0 means that it has a result."""

    DONE = 0
    NO_DATA = 1  # every value is missing or refused
    TOO_FEW_OBSERVATIONS = 2
    CONSTANT = 3  # the series never changes
    NO_DRYDOWN = 4  # no event, or too few, passed the filters
    NOT_CONVERGED = 5  # the estimator found no optimum within its steps
    NOT_DISTINCT = 6  # critical and wilting point cannot be told apart
    NO_SOIL = 7  # the soil map has no value here
    IMPOSSIBLE_SOIL = 8  # the soil map's value is no soil: negative, or sand + clay > 100 %
    OUT_OF_BOUNDS = 9  # the optimised texture lies outside the bounds of the experiment
    NOT_COMPUTED = 10  # the work on its tile failed; see the log
    OUTSIDE_DOMAIN = 11  # no cell of the series

    @property
    def meaning(self) -> str:
        """The name as CF flag_meanings has it."""
        return self.name.lower()
