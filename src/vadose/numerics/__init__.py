"""Solvers that know nothing of soil: tridiagonal systems, roots of many columns, adaptive steps, random bits."""
