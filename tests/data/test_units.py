"""Units: every spelling reaches the canonical unit by the factor that its definition gives."""

from __future__ import annotations

import pytest

from vadose.data.units import conversion
from vadose.errors import UnitError
from vadose.variables import lookup

DAY = 86400.0
C = 12.0107e-3

CASES = [
    ("m3 m-3", "soil_moisture", None, 1.0, 0.0, "volumetric"),
    ("m**3 m**-3", "soil_moisture", None, 1.0, 0.0, "volumetric"),
    ("cm3 cm-3", "soil_moisture", None, 1.0, 0.0, "volumetric"),
    ("cm**3/cm**3", "soil_moisture", None, 1.0, 0.0, "volumetric"),
    ("m^3/m^3", "soil_moisture", None, 1.0, 0.0, "volumetric"),
    ("1", "soil_moisture", None, 1.0, 0.0, "volumetric"),
    ("-", "soil_moisture", None, 1.0, 0.0, "volumetric"),
    ("%", "soil_moisture", None, 0.01, 0.0, "volumetric"),
    ("kg m-3", "soil_moisture", None, 1e-3, 0.0, "volumetric"),
    ("kg m-2", "soil_moisture", None, 1.0, 0.0, "mass"),
    ("mm", "soil_moisture", None, 1.0, 0.0, "mass"),
    ("m", "soil_moisture", None, 1000.0, 0.0, "mass"),
    ("kg m-2 s-1", "gpp", None, 1.0, 0.0, ""),
    ("g m-2 d-1", "gpp", None, 1e-3 / DAY, 0.0, ""),
    ("gC m-2 d-1", "gpp", None, 1e-3 / DAY, 0.0, ""),
    ("g C m-2 day-1", "gpp", None, 1e-3 / DAY, 0.0, ""),
    ("gC/m2/day", "gpp", None, 1e-3 / DAY, 0.0, ""),
    ("umolCO2 m-2 s-1", "gpp", None, 1e-6 * C, 0.0, ""),
    ("mm d-1", "precipitation", None, 1 / DAY, 0.0, ""),
    ("mm/day", "precipitation", None, 1 / DAY, 0.0, ""),
    ("mm s-1", "precipitation", None, 1.0, 0.0, ""),
    ("m", "precipitation", "day", 1000 / DAY, 0.0, ""),
    ("kg m-2", "surface_runoff", "3 hours", 1 / 10800.0, 0.0, ""),
    ("W m-2", "evapotranspiration", None, 1 / 2.45e6, 0.0, ""),
    ("MJ m-2 d-1", "evapotranspiration", None, 1e6 / DAY / 2.45e6, 0.0, ""),
    ("m of water equivalent", "snow_water_equivalent", None, 1000.0, 0.0, ""),
    ("K", "tas", None, 1.0, 0.0, ""),
    ("degC", "tas", None, 1.0, 273.15, ""),
    ("C", "tas", None, 1.0, 273.15, ""),
    ("m2 m-2", "lai", None, 1.0, 0.0, ""),
    ("", "lai", None, 1.0, 0.0, ""),
]


@pytest.mark.parametrize(("units", "variable", "accumulation", "scale", "offset", "kind"), CASES)
def test_factor(units: str, variable: str, accumulation: str | None, scale: float, offset: float, kind: str) -> None:
    found = conversion(units, lookup(variable), "file", accumulation)
    assert found.scale == pytest.approx(scale, rel=1e-12)
    assert found.offset == pytest.approx(offset, abs=1e-9)
    assert (found.kind, found.per_month) == (kind, False)


@pytest.mark.parametrize("units", ["mm month-1", "mm/month", "mm mon-1", "kg m-2 month^-1", "mm per month"])
def test_amount_of_a_month_is_divided_by_its_length(units: str) -> None:
    found = conversion(units, lookup("pr"), "file")
    assert found.per_month
    assert found.scale == pytest.approx(1.0)


def test_stated_monthly_accumulation() -> None:
    assert conversion("mm", lookup("pr"), "file", "month").per_month


@pytest.mark.parametrize(
    ("units", "variable", "words"),
    [
        (None, "soil_moisture", ["no units", "m3 m-3", 'units = "..."']),
        ("banana", "soil_moisture", ["'banana'", "m3 m-3", 'units = "..."']),
        ("K", "soil_moisture", ["'K'", "do not convert", "m3 m-3"]),
        ("kg kg-1", "soil_moisture", ["gravimetric", "bulk density"]),
        ("g/g", "soil_moisture", ["gravimetric"]),
        ("m", "precipitation", ["amount", "accumulation", "day"]),
        ("kg m-2", "runoff", ["amount", "accumulation"]),
        ("m", "gpp", ["do not convert"]),
        ("W m-2", "gpp", ["do not convert"]),
        ("days since 1850-01-01", "tas", ["not a unit that can be read", "K"]),
    ],
)
def test_refusal_names_what_was_found_and_the_remedy(units: str | None, variable: str, words: list[str]) -> None:
    with pytest.raises(UnitError) as caught:
        conversion(units, lookup(variable), "obs.nc: variable 'x'")
    for word in ["obs.nc", "'x'", *words]:
        assert word in str(caught.value)
