"""Soil structure: saturated conductivity that falls with depth.

Beven & Kirkby (1979), Hydrol. Sci. Bull. 24, 43-69, as in CLM3.5 (Oleson et al. 2004) and Zhao et al. (2025),
Water Resour. Res. 61, 2024WR038647, eq. 6.
"""

from __future__ import annotations

from vadose.arrays import Array, as_float, keep, namespace

E_FOLDING = 0.5  # m; Zhao et al. (2025) eq. 6


def conductivity_with_depth(K_s: Array, depth: Array, e_folding: Array = E_FOLDING) -> Array:
    """K_s exp(-depth / e_folding), m s-1: saturated conductivity at a depth.

    K_s         m s-1   at the surface, from texture
    depth       m       positive downward; of the interface between layers, where CLM needs it
    e_folding   m       depth over which it falls to 1/e
    Raises RangeError where a single depth is negative or e_folding is not positive; such elements become NaN.
    Source: Zhao et al. (2025) eq. 6; Beven & Kirkby (1979)
    """
    K_s, depth, e_folding = as_float(K_s), as_float(depth), as_float(e_folding)
    depth = keep(depth >= 0.0, depth, "depth", ">= 0 m", "it is positive downward")
    e_folding = keep(e_folding > 0.0, e_folding, "e_folding", "> 0 m")
    return K_s * namespace(K_s, depth, e_folding).exp(-depth / e_folding)
