"""The rescaled van Genuchten curve against mpmath, above all where it reaches zero."""

from __future__ import annotations

import numpy as np
import pytest

from vadose.soil.adsorption import OVEN_DRY_HEAD
from vadose.soil.retention.capillary import capillary


def test_saturation_and_conductivity_have_all_digits_up_to_oven_dryness() -> None:
    mp = pytest.importorskip("mpmath")
    h0 = OVEN_DRY_HEAD
    heads = [1e-9, 1e-3, 1.0, 1e3, 3e4, 0.4 * h0, 0.9 * h0, h0 * (1.0 - 1e-6), h0 * (1.0 - 1e-12)]
    with mp.workdps(80):
        for alpha, n, tau in ((2.0, 1.05, 0.5), (0.1, 1.4, -1.0), (15.0, 8.0, 0.0), (30.0, 3.0, 3.0), (0.5, 1.9, 0.5)):
            m = 1 - 1 / mp.mpf(n)
            X0 = (mp.mpf(alpha) * mp.mpf(h0)) ** n
            G0 = (1 + X0) ** -m
            for h in heads:
                X = (mp.mpf(alpha) * mp.mpf(h)) ** n
                G = (1 + X) ** -m
                S = (G - G0) / (1 - G0)
                K = S**tau * (1 - (X / (1 + X) * (1 + X0) / X0) ** m) ** 2
                found = capillary(np.float64(h), alpha, n, h0)
                assert abs(found.saturation / S - 1) < 2e-13, (alpha, n, h)
                assert abs(found.conductivity(tau) / K - 1) < 1e-12, (alpha, n, h)


def test_saturation_is_one_at_saturation_and_falls_to_zero() -> None:
    assert capillary(np.float64(1e-12), 2.0, 1.5, 1e4).saturation == pytest.approx(1.0, abs=1e-15)
    assert capillary(np.float64(1e4 * (1.0 - 1e-15)), 2.0, 1.5, 1e4).saturation < 1e-16
