"""Metrics: small functions `f(reference, comparison, *, over, weights=None)` of labelled arrays.

`formulas` holds what they have in common with the compiled kernels of `vadose.benchmark`.
"""
