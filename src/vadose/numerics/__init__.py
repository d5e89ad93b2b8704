"""Solvers that know nothing of soil: tridiagonal systems, roots of many columns at once, adaptive steps."""
