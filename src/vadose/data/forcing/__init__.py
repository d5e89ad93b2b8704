"""Weather for a land model: from files as they lie on disk to the model's step, in SI units, complete and checked."""

from __future__ import annotations

from vadose.data.forcing.files import ForcingFiles
from vadose.data.forcing.open import open_forcing
from vadose.data.forcing.read import read_forcing
from vadose.data.forcing.series import ForcingSeries
from vadose.data.forcing.source import ForcingSource

__all__ = ["ForcingFiles", "ForcingSeries", "ForcingSource", "open_forcing", "read_forcing"]
