"""Choices of the model that compute with psi_s and b of a power law, and the closures that have them."""

from __future__ import annotations

from typing import Any

from vadose.errors import ConfigError

# Slot -> choices that compute with psi_s and b, and those that take any closure.
NEEDS_POWER_LAW = {
    "heat": (("noah", "noah-koren", "noah-overshoot", "noah-zero-flux", "clm"), ("noah-curve", "enthalpy"))
}
HAVE_POWER_LAW = ("Campbell", "ClmCampbell")
NEAREST = "campbell"  # closure of a function whose own the model cannot use


def needs_power_law(chosen: dict[str, str]) -> bool:
    """Whether one of the choices, slot -> choice, computes with psi_s and b."""
    return any(chosen[slot] in needing for slot, (needing, _) in NEEDS_POWER_LAW.items())


def check_closure(retention: Any, chosen: dict[str, str]) -> None:
    """Raise ConfigError where a choice of the model needs a power law and the soil's closure is another."""
    if hasattr(retention, "psi_s") and hasattr(retention, "b"):
        return
    for slot, (needing, others) in NEEDS_POWER_LAW.items():
        if chosen[slot] in needing:
            raise ConfigError(
                f"[model.options] {slot} = {chosen[slot]!r} computes with psi_s and b of a power law, but the soil has "
                f'the closure {type(retention).__name__}; set [soil] closure = "{NEAREST}", or {slot} = '
                f"{' or '.join(map(repr, others))}"
            )
