"""Errors that vadose raises; each message says what was expected, what came and what to do."""

from __future__ import annotations


class VadoseError(Exception):
    """Base of all errors raised on purpose by vadose."""


class ConfigError(VadoseError):
    """A study file or an option is wrong: unknown key, wrong type, value out of range."""


class DataError(VadoseError):
    """An input file or a set of files cannot be used as it is."""


class RangeError(DataError, ValueError):
    """A number lies outside what is physically possible, or is not in the unit that was asked for."""


class UnitError(DataError):
    """A unit is missing or cannot be converted to the canonical one."""


class GridMismatch(DataError):
    """Two fields do not share a grid, or a grid is of a kind that is not supported."""


class NotConverged(VadoseError):
    """A solver gave up: the message names the time, the place, what was left and the profile there."""
