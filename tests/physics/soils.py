"""Closures that only published solutions use, written to the contract of vadose.soil.retention."""

from __future__ import annotations

import jax.numpy as jnp

from vadose.arrays import Array, pytree
from vadose.soil.retention.contract import Hydraulics


@pytree
class Haverkamp:
    """theta = a (theta_s - theta_r) / (a + h^beta) + theta_r, K = K_s A / (A + h^gamma), h in cm: Celia et al. 1990."""

    theta_s: Array = 0.287
    theta_r: Array = 0.075
    a: Array = 1.611e6
    beta: Array = 3.96
    K_s: Array = 9.44e-5
    A: Array = 1.175e6
    gamma: Array = 4.74

    def evaluate(self, psi: Array) -> Hydraulics:
        h = 100.0 * jnp.maximum(-psi, 1e-9)
        power, wide = h**self.beta, h**self.gamma
        span = self.theta_s - self.theta_r
        C = 100.0 * self.a * span * self.beta * power / h / (self.a + power) ** 2
        return Hydraulics(self.a * span / (self.a + power) + self.theta_r, C, self.K_s * self.A / (self.A + wide))

    def water_content(self, psi: Array) -> Array:
        return self.evaluate(psi).water_content

    def conductivity(self, psi: Array) -> Array:
        return self.evaluate(psi).conductivity

    def conductivity_derivative(self, psi: Array) -> Array:
        h = 100.0 * jnp.maximum(-psi, 1e-9)
        wide = h**self.gamma
        return 100.0 * self.K_s * self.A * self.gamma * wide / h / (self.A + wide) ** 2

    def matric_head(self, theta: Array) -> Array:
        Se = jnp.clip((theta - self.theta_r) / (self.theta_s - self.theta_r), 1e-9, 1.0 - 1e-12)
        return -0.01 * (self.a * (1.0 / Se - 1.0)) ** (1.0 / self.beta)


@pytree
class Exponential:
    """theta and K both exponential in psi: K = K_s e^(alpha psi), which makes the Richards equation linear in K."""

    theta_s: Array
    theta_r: Array
    alpha: Array
    K_s: Array

    def evaluate(self, psi: Array) -> Hydraulics:
        relative = jnp.exp(self.alpha * jnp.minimum(psi, 0.0))
        water = (self.theta_s - self.theta_r) * relative
        return Hydraulics(self.theta_r + water, jnp.where(psi < 0.0, self.alpha * water, 0.0), self.K_s * relative)

    def water_content(self, psi: Array) -> Array:
        return self.evaluate(psi).water_content

    def conductivity(self, psi: Array) -> Array:
        return self.evaluate(psi).conductivity

    def conductivity_derivative(self, psi: Array) -> Array:
        return jnp.where(psi < 0.0, self.alpha * self.evaluate(psi).conductivity, 0.0)

    def matric_head(self, theta: Array) -> Array:
        return jnp.log(jnp.maximum((theta - self.theta_r) / (self.theta_s - self.theta_r), 1e-300)) / self.alpha
