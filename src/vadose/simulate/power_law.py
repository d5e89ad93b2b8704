"""Choices of the model that compute with psi_s and b of a power law, and the closures that have them."""

from __future__ import annotations

from functools import cache
from typing import Any

from vadose.errors import ConfigError
from vadose.model.presets import SLOTS

HAVE_POWER_LAW = ("Campbell", "ClmCampbell")
NEAREST = "campbell"  # closure of a function whose own the model cannot use
SLOT = "heat"  # the slot whose schemes say whether they need a power law


@cache
def _needs(choice: str) -> bool:
    return bool(SLOTS[SLOT][choice].make().needs_power_law)


def needs_power_law(chosen: dict[str, str]) -> bool:
    """Whether one of the choices, slot -> choice, computes with psi_s and b."""
    return _needs(chosen[SLOT])


def check_closure(retention: Any, chosen: dict[str, str]) -> None:
    """Raise ConfigError where a choice of the model needs a power law and the soil's closure is another."""
    if not needs_power_law(chosen) or (hasattr(retention, "psi_s") and hasattr(retention, "b")):
        return
    others = " or ".join(repr(name) for name in SLOTS[SLOT] if not _needs(name))
    raise ConfigError(
        f"[model.options] {SLOT} = {chosen[SLOT]!r} computes with psi_s and b of a power law, but the soil has the "
        f'closure {type(retention).__name__}; set [soil] closure = "{NEAREST}", or {SLOT} = {others}'
    )
