"""Closures by name, and one closure put in the place of another: Campbell's curve of a soil known by van Genuchten's.

A power law without residual water has the same parameters whatever its name, and keeps them. Any other pair is fitted:
the retention curve by least squares of the water content at heads from 0.03 to 150 m (pF 0.5 to 4.2) with theta_s
kept, then the conductivity by least squares of its logarithm between 0.03 and 10 m, where water moves, by K_s, by the
tortuosity where the closure has one, and by the films of PDI. K_s so found belongs to the closure: van Genuchten's
conductivity falls steeply next to saturation where a power law's does not. All soils at once, by Levenberg and
Marquardt's method with differences for derivatives; equal soils are fitted once.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from vadose.errors import ConfigError
from vadose.soil.retention.clm_campbell import ClmCampbell
from vadose.soil.retention.pdi import PDI
from vadose.soil.retention.power_law import BrooksCorey, Campbell
from vadose.soil.retention.van_genuchten import VanGenuchten

CLOSURES: dict[str, Any] = {
    "campbell": Campbell,
    "clm": ClmCampbell,
    "brooks-corey": BrooksCorey,
    "van-genuchten": VanGenuchten,
    "pdi": PDI,
}
POWER_LAWS = (Campbell, ClmCampbell)
WETTEST, DRIEST, COUNT = 0.03, 150.0, 24  # m, between which curves are compared, and at how many heads
FLOWING = 10.0  # m, beyond which conductivities hardly matter
STEPS = 25  # of the fit; the last ones change nothing in usual soils
TAU = (-1.9, 12.0)  # bounds of the tortuosity, 1
FILMS = (1e-10, 1e-1)  # bounds of the films' share in K_s, 1
FACTOR = 7.0  # ln of the most by which K_s may change
POOR = 0.01  # m3 m-3, rms of a curve beyond which other starts are tried
STARTS = ((1.5, 0.0), (-1.5, 0.0), (0.0, 1.5), (0.0, -1.5))  # moves of the first two numbers


@dataclass(frozen=True)
class Misfit:
    """How far a converted closure is from its source, each [soil]: rms over heads.

    water          m3 m-3   of the water content between 0.03 and 150 m
    conductivity   1        of log10 K between 0.03 and 10 m
    """

    water: np.ndarray
    conductivity: np.ndarray

    def __str__(self) -> str:
        water, flow = (np.asarray(v)[np.isfinite(v)] for v in (self.water, self.conductivity))
        if not water.size:
            return "no soil"
        return (
            f"rms {np.median(water):.3f} m3 m-3 (largest {water.max():.3f}), "
            f"log10 K {np.median(flow):.2f} (largest {flow.max():.2f})"
        )


def closure_name(kind: str) -> str:
    """The name that studies use for a closure's class; "" where they have none."""
    return next((name for name, cls in CLOSURES.items() if cls.__name__ == kind), "")


def convert(source: Any, name: str) -> tuple[Any, Misfit | None]:
    """The closure `name` of `CLOSURES` nearest to a soil's, and how near it is; None where nothing was fitted.

    source   a closure with leaves of one shape, NaN where there is no soil
    Raises ConfigError for an unknown name.
    """
    if name not in CLOSURES:
        raise ConfigError(f"unknown closure {name!r}; expected one of {', '.join(CLOSURES)}")
    kind = CLOSURES[name]
    exact = _exact(source, kind)
    if exact is not None:
        return exact, None
    shape = np.shape(source.theta_s)
    leaves = np.stack([np.broadcast_to(v, shape).ravel() for v in _leaves(source).values()])
    known = np.isfinite(leaves).all(axis=0)
    once, back = np.unique(leaves[:, known], axis=1, return_inverse=True)
    soils = dataclasses.replace(source, **dict(zip(_leaves(source), once[:, None, :], strict=True)))
    fitted = _fit(soils, kind)
    heads = -np.geomspace(WETTEST, DRIEST, COUNT)[:, None]
    misfit = Misfit(
        _spread(_rms(fitted.water_content(heads) - soils.water_content(heads)), known, back, shape),
        _spread(_rms((_log_K(fitted) - _log_K(soils)) / np.log(10.0)), known, back, shape),
    )
    made = {key: _spread(value, known, back, shape) for key, value in _leaves(fitted).items()}
    return dataclasses.replace(fitted, **made), misfit


def _exact(source: Any, kind: Any) -> Any:
    """The closure of another class with the same curve but for its wet end, or None."""
    if isinstance(source, kind):
        return source
    if isinstance(source, POWER_LAWS):
        if kind in POWER_LAWS:
            return kind(source.theta_s, source.psi_s, source.b, source.K_s)
        if kind is BrooksCorey:
            none = np.zeros_like(source.theta_s)
            return BrooksCorey(none, source.theta_s, source.psi_s, 1.0 / source.b, source.K_s, 1.0 + none)
    return None


def _leaves(closure: Any) -> dict[str, Any]:
    return {f.name: getattr(closure, f.name) for f in dataclasses.fields(closure) if not f.metadata.get("static")}


def _spread(values: Any, known: np.ndarray, back: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Values [soil fitted] on all soils."""
    out = np.full(known.shape, np.nan)
    out[known] = np.broadcast_to(np.ravel(values), (back.max(initial=-1) + 1,))[np.ravel(back)] if known.any() else 0.0
    return out.reshape(shape)


def _rms(x: np.ndarray) -> np.ndarray:
    return np.asarray(np.sqrt(np.mean(np.square(x), axis=0)))


def _log_K(closure: Any) -> np.ndarray:
    heads = -np.geomspace(WETTEST, FLOWING, COUNT)[:, None]
    return np.asarray(np.log(np.maximum(closure.conductivity(heads), 1e-300)))


@dataclass(frozen=True)
class _Target:
    """How a closure is made of free numbers.

    start   of (theta_s, theta(3.3 m), theta(150 m)) -> p [parameter, soil] of the retention curve
    make    of (p, theta_s, K_s, q) -> closure, where q [parameter, soil] are those of the conductivity beside K_s
    flow    where q starts
    """

    start: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
    make: Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], Any]
    flow: tuple[float, ...] = ()


def _share(p: np.ndarray) -> np.ndarray:
    """A fraction below 0.7 of any number."""
    return np.asarray(0.7 / (1.0 + np.exp(-np.clip(p, -30.0, 30.0))))


def _positive(p: np.ndarray) -> np.ndarray:
    return np.asarray(np.exp(np.clip(p, -12.0, 8.0)))


def _tau(q: np.ndarray) -> np.ndarray:
    return np.asarray(np.clip(q[0], *TAU))


def _films(q: np.ndarray) -> np.ndarray:
    return np.asarray(np.exp(np.clip(q[1], *np.log(FILMS))))


_DRY_START = np.log(0.1 / 0.6)  # a residual share of 0.1


def _power(theta_s: np.ndarray, wet: np.ndarray, dry: np.ndarray) -> np.ndarray:
    """ln(-psi_s) and ln b of the power law through the water contents at 3.3 and 150 m."""
    b = np.clip(np.log(150.0 / 3.3) / np.maximum(np.log(wet / np.maximum(dry, 1e-6)), 0.02), 0.5, 40.0)
    entry = np.log(3.3) + b * np.log(np.clip(wet / theta_s, 1e-6, 0.999))
    return np.stack([np.clip(entry, np.log(1e-3), np.log(20.0)), np.log(b)])


def _with_residual(theta_s: np.ndarray, wet: np.ndarray, dry: np.ndarray) -> np.ndarray:
    """ln of the air entry's suction, ln of the slope, and the residual share, from the power law."""
    entry, log_b = _power(theta_s, wet, dry)
    return np.stack([-entry, -0.5 * log_b, np.full_like(entry, _DRY_START)])


_TARGETS: dict[Any, _Target] = {
    Campbell: _Target(_power, lambda p, s, K, q: Campbell(s, -_positive(p[0]), _positive(p[1]), K)),
    ClmCampbell: _Target(
        _power, lambda p, s, K, q: ClmCampbell(s, -_positive(p[0]), np.minimum(_positive(p[1]), 22.9), K)
    ),
    BrooksCorey: _Target(
        _with_residual,
        lambda p, s, K, q: BrooksCorey(_share(p[2]) * s, s, -1.0 / _positive(p[0]), _positive(p[1]), K, _tau(q)),
        (1.0,),
    ),
    VanGenuchten: _Target(
        _with_residual,
        lambda p, s, K, q: VanGenuchten(_share(p[2]) * s, s, _positive(p[0]), 1.0 + _positive(p[1]), K, _tau(q)),
        (0.5,),
    ),
    PDI: _Target(
        _with_residual,
        lambda p, s, K, q: PDI(_share(p[2]) * s, s, _positive(p[0]), 1.0 + _positive(p[1]), K, _tau(q), _films(q)),
        (0.5, float(np.log(1e-4))),
    ),
}  # fmt: skip


def _fit(soils: Any, kind: Any) -> Any:
    """A closure of class `kind` for soils with leaves [1, soil]."""
    target = _TARGETS[kind]
    heads = -np.geomspace(WETTEST, DRIEST, COUNT)[:, None]
    water = soils.water_content(heads)
    theta_s = np.maximum(soils.theta_s[0], water.max(axis=0))
    K_s = soils.K_s[0]
    flows = np.repeat(np.array(target.flow)[:, None], K_s.size, axis=1)

    def curve(p: np.ndarray, where: np.ndarray) -> np.ndarray:
        made = target.make(p, theta_s[where], K_s[where], flows[:, where])
        return np.asarray(made.water_content(heads) - water[:, where])

    wet, dry = (soils.water_content(np.array([[h]]))[0] for h in (-3.3, -150.0))
    p = _best(curve, target.start(theta_s, wet, dry))
    goal = _log_K(soils)

    def closure(q: np.ndarray) -> Any:
        return target.make(p, theta_s, K_s * np.exp(np.clip(q[0], -FACTOR, FACTOR)), q[1:])

    q = _least_squares(lambda q: _log_K(closure(q)) - goal, np.concatenate([0.0 * K_s[None], flows]))
    return closure(q)


def _best(curve: Callable[[np.ndarray, np.ndarray], np.ndarray], start: np.ndarray) -> np.ndarray:
    """Least squares from a start, and from others where the curve found is poor."""
    every = np.arange(start.shape[1])
    p = _least_squares(lambda p: curve(p, every), start)
    for move in STARTS:
        misfit = _rms(curve(p, every))
        poor = np.flatnonzero(misfit > POOR)
        if not poor.size:
            break
        other = start[:, poor].copy()
        other[:2] += np.array(move)[:, None]
        tried = _least_squares(lambda p, poor=poor: curve(p, poor), other)  # type: ignore[misc]
        better = _rms(curve(tried, poor)) < misfit[poor]
        p[:, poor[better]] = tried[:, better]
    return p


def _least_squares(residual: Callable[[np.ndarray], np.ndarray], p: np.ndarray) -> np.ndarray:
    """The parameters [parameter, soil] of least squares of residual(p) [head, soil], by damped Gauss-Newton steps."""
    count = p.shape[0]
    damping = np.full(p.shape[1], 1e-2)
    r = residual(p)
    cost = np.sum(r * r, axis=0)
    for _ in range(STEPS):
        J = np.stack([(residual(p + 1e-5 * (np.arange(count) == i)[:, None]) - r) / 1e-5 for i in range(count)])
        A = np.einsum("ihs,jhs->sij", J, J)
        g = np.einsum("ihs,hs->si", J, r)
        A[:, np.arange(count), np.arange(count)] *= 1.0 + damping[:, None]
        A[:, np.arange(count), np.arange(count)] += 1e-12
        step = np.clip(-np.linalg.solve(A, g[..., None])[..., 0].T, -1.0, 1.0)
        tried = residual(p + step)
        then = np.sum(tried * tried, axis=0)
        better = then < cost
        moved = np.where(better, step, 0.0)
        p, r = p + moved, np.where(better, tried, r)
        settled = np.abs(moved).max(initial=0.0) < 1e-7 and bool(np.all(better | (damping > 1e6)))
        cost = np.where(better, then, cost)
        damping = np.clip(np.where(better, 0.2 * damping, 8.0 * damping), 1e-8, 1e8)
        if settled:
            break
    return p
