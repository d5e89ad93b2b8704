"""Weights of the Rosetta networks, read from the package rosetta-soil (public domain, CC0) without running its code.

The files hold pickled object arrays. A pickle can call anything, so that these are read by an unpickler that knows
numpy's arrays, dtypes and scalars and nothing else.

Whatever scaling and activation the files ask for is folded into the weights: each network becomes
output = scale tanh(W2 tanh(W1 input + b1) + b2) + offset, since sigmoid(z) = 1/2 + 1/2 tanh(z/2).
"""

from __future__ import annotations

import functools
import importlib.util
import io
import pickle
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from vadose.errors import DataError

# Linear corrections (slope, offset) of theta_r, theta_s, log10 alpha, log10 n that make Rosetta 2 of Rosetta 1, by
# model code; Schaap et al. (2004), as distributed with rosetta-soil 0.3.2.
ROSETTA2 = {
    2: ((0.969, 0.000), (1.103, -0.048), (1.050, 0.159), (0.655, 0.004)),
    3: ((0.995, 0.000), (1.000, 0.002), (1.028, 0.162), (0.660, 0.003)),
    4: ((1.156, 0.000), (0.974, 0.011), (1.039, 0.067), (0.796, 0.006)),
    5: ((1.220, 0.000), (1.045, -0.020), (0.956, -0.040), (0.877, -0.003)),
}

_NUMPY = {"_reconstruct", "scalar"}
_ALLOWED = {
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    *((module, name) for module in ("numpy._core.multiarray", "numpy.core.multiarray") for name in _NUMPY),
}


class Networks(NamedTuple):
    """Bootstrap networks of one model.

    W1 [network, hidden, input], b1 [network, hidden], W2 [network, output, hidden], b2 [network, output]
    scale, offset [output]
    """

    W1: np.ndarray
    b1: np.ndarray
    W2: np.ndarray
    b2: np.ndarray
    scale: np.ndarray
    offset: np.ndarray


class NumpyUnpickler(pickle.Unpickler):
    """Reads built-in containers and numpy arrays; raises DataError at anything else that a pickle names."""

    def find_class(self, module: str, name: str) -> Any:
        """The class or function that a pickle asks for, where it is one of numpy's own."""
        if (module, name) not in _ALLOWED:
            raise DataError(f"refused to load {module}.{name} from a file of weights; expected numpy arrays only")
        return super().find_class(module, name)


def read_array(raw: bytes) -> np.ndarray:
    """An array in the .npy format, pickled objects included; raises DataError where it holds anything but numbers."""
    stream = io.BytesIO(raw)
    try:
        if np.lib.format.read_magic(stream) != (1, 0):
            raise DataError("a file of weights must be in version 1.0 of the .npy format")
        shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
        if dtype.hasobject:
            return np.asarray(NumpyUnpickler(stream).load(), dtype=object).reshape(shape)
        return np.lib.format.read_array(io.BytesIO(raw), allow_pickle=False)
    except DataError:
        raise
    except Exception as error:
        # A damaged pickle can fail in any way; all of them mean that the file cannot be used.
        raise DataError(f"a file of weights cannot be read: {error}") from error


def folder() -> Path:
    """Where rosetta-soil keeps its weights; raises DataError where it is not installed."""
    found = importlib.util.find_spec("rosetta")
    for place in (found.submodule_search_locations or ()) if found else ():
        if (Path(place) / "data" / "rose3_mod2_0.npz").is_file():
            return Path(place) / "data"
    raise DataError("the weights of Rosetta are not here; install them with `pip install rosetta-soil`")


@functools.cache
def load(version: int, code: int) -> tuple[Networks, ...]:
    """The networks of Rosetta `version` (1, 2, 3) and model `code` (2 to 5): all outputs, or retention and then K_s.

    Raises DataError where there is no such model, or the package is missing or damaged.
    """
    if version not in (1, 2, 3) or code not in ROSETTA2:
        raise DataError(f"Rosetta has versions 1 to 3 and model codes 2 to 5, got version {version} and code {code}")
    if version == 3:
        return (_networks(f"rose3_mod{code}_0"),)
    retention, conductivity = _networks(f"rose1_mod{code}_0"), _networks(f"rose1_mod{code}_1")
    if version == 2:
        slope, shift = np.array(ROSETTA2[code]).T
        retention = retention._replace(scale=slope * retention.scale, offset=slope * retention.offset + shift)
    return retention, conductivity


@functools.cache
def load_unsaturated() -> Networks:
    """The networks from theta_r, theta_s, log10 alpha [cm-1] and log10 n to log10 K_0 [cm d-1] and L."""
    return _networks("rose1_unsat_k")


def _networks(name: str) -> Networks:
    path = folder() / f"{name}.npz"
    try:
        with zipfile.ZipFile(path) as archive:
            held = {part.removesuffix(".npy"): read_array(archive.read(part)) for part in archive.namelist()}
    except (OSError, zipfile.BadZipFile) as error:
        raise DataError(f"the weights {path.name} of rosetta-soil cannot be read: {error}") from error
    missing = {"weights", "biases", "layers", "inputs", "outputs"} - set(held)
    if missing:
        raise DataError(f"the weights {path.name} of rosetta-soil lack {', '.join(sorted(missing))}")
    return _fold(held)


def _fold(held: dict[str, np.ndarray]) -> Networks:
    """Fold the scaling of inputs and outputs and the kind of activation into the weights."""
    W1, W2 = (np.stack([np.asarray(w, float) for w in held["weights"][:, i]]) for i in (0, 1))
    b1, b2 = (np.stack([np.asarray(b, float).reshape(-1) for b in held["biases"][:, i]]) for i in (0, 1))
    slope, shift = np.array([_affine(**entry) for entry in held["inputs"]]).T
    b1, W1 = b1 + W1 @ shift, W1 * slope
    hidden, last = (layer["activate"].lower() for layer in held["layers"])
    scale, offset = np.array([_affine(**entry) for entry in held["outputs"]]).T
    if hidden == "sigmoid":
        W1, b1, W2, b2 = W1 / 2.0, b1 / 2.0, W2 / 2.0, b2 + W2.sum(-1) / 2.0
    if last == "sigmoid":
        W2, b2, scale, offset = W2 / 2.0, b2 / 2.0, scale / 2.0, offset + scale / 2.0
    if {hidden, last} - {"sigmoid", "tansig"}:
        raise DataError(f"Rosetta's networks must be sigmoid or tansig, got {hidden} and {last}")
    return Networks(W1, b1, W2, b2, scale, offset)


def _affine(scale: str, params: Any) -> tuple[float, float]:
    """Slope and offset of a scaling; that of `logtr` applies to the logarithm to base 10 of an input."""
    p = [float(v) for v in params]
    match scale.lower():
        case "minmax":
            return p[1], p[2] - p[0] * p[1]
        case "division":
            return 1.0 / p[0], 0.0
        case "logtr":
            return 1.0 / p[0], p[1]
        case "affine":
            return p[0], p[0] * p[1]
        case "linear":
            return p[0], p[1]
    raise DataError(f"unknown scaling {scale!r} in the weights of Rosetta")
