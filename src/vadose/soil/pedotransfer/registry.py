"""All pedotransfer functions by name, and lists of them as ensembles."""

from __future__ import annotations

import difflib
import functools
import importlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from vadose.errors import ConfigError
from vadose.soil.pedotransfer.contract import PedotransferFunction
from vadose.soil.pedotransfer.ensemble import Ensemble

MODULES = (
    "saxton_rawls_2006",
    "cosby_1984",
    "class_tables",
    "rosetta",
    "wosten_1999",
    "toth_2015",
    "vereecken_1989",
    "weynants_2009",
    "weber_2020",
    "hodnett_tomasella_2002",
    "rawls_brakensiek_1985",
)


@functools.cache
def known() -> dict[str, PedotransferFunction]:
    """Every pedotransfer function that vadose knows, by name."""
    found = {}
    for module in MODULES:
        for function in importlib.import_module(f"vadose.soil.pedotransfer.{module}").FUNCTIONS:
            found[function.name] = function
    return found


class Registry(Mapping[Any, Any]):
    """A mapping from names to pedotransfer functions; a list of names gives an ensemble of them."""

    def __getitem__(self, key: str | Iterable[str]) -> Any:
        """The function called `key`, or the ensemble of several; raises ConfigError with the nearest name."""
        if not isinstance(key, str):
            return self.ensemble(key)
        if key not in known():
            near = difflib.get_close_matches(key.lower(), known(), 1)
            hint = f"did you mean {near[0]!r}?" if near else f"expected one of {', '.join(known())}"
            raise ConfigError(f"unknown pedotransfer function {key!r}; {hint}")
        return known()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(known())

    def __len__(self) -> int:
        return len(known())

    def __contains__(self, key: object) -> bool:
        return key in known()

    def ensemble(self, names: Iterable[str] | None = None) -> Ensemble:
        """The ensemble of the functions called `names`, or of all."""
        return Ensemble(tuple(self[name] for name in (self if names is None else names)))


pedotransfer = Registry()
