"""Infiltration into a dry block of Gardner soil, in closed form: Tracy (2006), Water Resour. Res. 42, W08501.

K = K_s e^(alpha psi) and theta linear in K make u = e^(alpha psi) - e^(alpha psi_r) follow
c du/dt = lap(u) + alpha du/dz with c = alpha (theta_s - theta_r) / K_s, z upward. The block starts at psi_r, which
bottom and sides keep, and its top is held at a head that makes the solution one product of modes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MODES = 400


@dataclass(frozen=True)
class Block:
    """A block of L m height and equal widths; heads m, alpha m-1, K_s m s-1."""

    L: float = 15.24
    psi_r: float = -15.24
    alpha: float = 0.25
    theta_r: float = 0.15
    theta_s: float = 0.45
    K_s: float = 1e-5

    @property
    def residual(self) -> float:
        """e^(alpha psi_r)."""
        return float(np.exp(self.alpha * self.psi_r))

    def top(self, shape: np.ndarray) -> np.ndarray:
        """Head at the top where the horizontal modes together are `shape`, 0 ... 1."""
        return np.log(self.residual + (1.0 - self.residual) * shape) / self.alpha

    def mode(self, z: np.ndarray, time: float, wave: float) -> np.ndarray:
        """What grows below a top held at one horizontal mode of squared wave number `wave`, m-2; z m upward.

        e^(alpha (L - z) / 2) {sinh(b z) / sinh(b L) + 2 / (L c) sum_k (-1)^k l_k / g_k sin(l_k z) e^(-g_k t)},
        b2 = alpha2 / 4 + wave, l_k = k pi / L, g_k = (b2 + l_k2) / c
        """
        c = self.alpha * (self.theta_s - self.theta_r) / self.K_s
        square = 0.25 * self.alpha**2 + wave
        b = np.sqrt(square)
        k = np.arange(1, MODES + 1)
        decay = (square + (k * np.pi / self.L) ** 2) / c
        parts = (-1.0) ** k * (k * np.pi / self.L) / decay * np.exp(-decay * time)
        transient = np.sin(np.asarray(z)[..., None] * (k * np.pi / self.L)) @ parts
        steady = np.sinh(b * z) / np.sinh(b * self.L)
        return np.exp(0.5 * self.alpha * (self.L - z)) * (steady + 2.0 / (self.L * c) * transient)

    def head(self, grown: np.ndarray) -> np.ndarray:
        """psi from u / (1 - residual)."""
        return np.log(self.residual + (1.0 - self.residual) * grown) / self.alpha

    def specified_2d(self, x: np.ndarray, z: np.ndarray, time: float) -> np.ndarray:
        """Head where the sides at x = 0, L are held at psi_r and the top at sin(pi x / L)."""
        p = np.pi / self.L
        return self.head(np.sin(p * x) * self.mode(z, time, p**2))

    def closed_2d(self, x: np.ndarray, z: np.ndarray, time: float) -> np.ndarray:
        """Head where the sides are closed and the top is held at [1 - cos(2 pi x / L)] / 2."""
        p = 2.0 * np.pi / self.L
        return self.head(0.5 * (self.mode(z, time, 0.0) - np.cos(p * x) * self.mode(z, time, p**2)))

    def specified_3d(self, x: np.ndarray, y: np.ndarray, z: np.ndarray, time: float) -> np.ndarray:
        """Head where all four sides are held at psi_r and the top at sin(pi x / L) sin(pi y / L)."""
        p = np.pi / self.L
        return self.head(np.sin(p * x) * np.sin(p * y) * self.mode(z, time, 2.0 * p**2))
