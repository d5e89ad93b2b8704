"""Small analysis problems, and the filters written out with dense matrices to compare with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from vadose.assimilate import Localization
from vadose.assimilate.tapers import gaspari_cohn


@dataclass(frozen=True)
class Small:
    """A prior [member, place, layer] on a line of places, observed in the top layer at some of them."""

    ensemble: np.ndarray
    at: np.ndarray
    observed: np.ndarray
    error: np.ndarray
    reach: float

    @property
    def simulated(self) -> np.ndarray:
        return self.ensemble[:, self.at, 0]

    @property
    def positions(self) -> np.ndarray:
        return np.arange(float(self.ensemble.shape[1]))

    @property
    def localization(self) -> Localization:
        return Localization(self.positions, self.positions[self.at], self.reach)

    @property
    def given(self) -> dict[str, Any]:
        return {
            "ensemble": self.ensemble,
            "observed": self.observed,
            "simulated": self.simulated,
            "error": self.error,
        }

    @property
    def flat(self) -> np.ndarray:
        return self.ensemble.reshape(self.ensemble.shape[0], -1)

    def taper(self, local: bool) -> tuple[np.ndarray, np.ndarray]:
        """rho_xy [element, observation] and rho_yy [observation, observation]."""
        n = self.positions
        xy = gaspari_cohn(np.abs(n[:, None] - n[self.at]) / self.reach)
        yy = gaspari_cohn(np.abs(n[self.at][:, None] - n[self.at]) / self.reach)
        if not local:
            xy, yy = np.ones_like(xy), np.ones_like(yy)
        return np.repeat(xy, self.ensemble.shape[2], axis=0), yy


def small(members: int = 6, places: int = 12, layers: int = 2, seed: int = 0, every: int = 3) -> Small:
    r = np.random.default_rng(seed)
    smooth = r.standard_normal((members, places + 4, layers)).cumsum(axis=1)[:, 4:]
    at = np.arange(1, places, every)
    error = r.uniform(0.3, 1.5, at.size)
    return Small(smooth, at, r.standard_normal(at.size), error, 7.0)


def covariances(p: Small, local: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """rho o C H^T, rho o H C H^T + R, anomalies of H x [member, observation]."""
    x, s = p.flat - p.flat.mean(axis=0), p.simulated - p.simulated.mean(axis=0)
    xy, yy = p.taper(local)
    n = x.shape[0] - 1
    return xy * (x.T @ s) / n, yy * (s.T @ s) / n + np.diag(p.error**2), s


def dense_gain(p: Small, local: bool) -> np.ndarray:
    ch, total, _ = covariances(p, local)
    return ch @ np.linalg.inv(total)


def dense_transform(p: Small, local: bool) -> np.ndarray:
    """ETKF element by element, with the inverse and its root from an eigenproblem of the members."""
    n = p.flat.shape[0]
    _, _, s = covariances(p, local)
    d = p.observed - p.simulated.mean(axis=0)
    out = np.empty_like(p.flat)
    for e, rho in enumerate(p.taper(local)[0]):
        weight = rho / p.error**2
        values, vectors = np.linalg.eigh((n - 1) * np.eye(n) + (s * weight) @ s.T)
        root = vectors * np.sqrt((n - 1) / values) @ vectors.T
        mean = vectors / values @ vectors.T @ (s * weight) @ d
        x = p.flat[:, e]
        out[:, e] = x.mean() + (root + mean[:, None]).T @ (x - x.mean())
    return out.reshape(p.ensemble.shape)


def dense_serial(p: Small, local: bool) -> np.ndarray:
    """EnSRF on the state and its simulated observations together."""
    joint = np.concatenate([p.flat, p.simulated], axis=1)
    xy, yy = p.taper(local)
    rho, n = np.concatenate([xy, yy]), p.flat.shape[0] - 1
    for j, k in enumerate(range(p.flat.shape[1], joint.shape[1])):
        mean = joint.mean(axis=0)
        x = joint - mean
        total = x[:, k] @ x[:, k] / n + p.error[j] ** 2
        gain = rho[:, j] * (x.T @ x[:, k]) / n / total
        less = 1.0 / (1.0 + p.error[j] / np.sqrt(total))
        joint = mean + gain * (p.observed[j] - mean[k]) + x - less * np.outer(x[:, k], gain)
    return joint[:, : p.flat.shape[1]].reshape(p.ensemble.shape)
