"""Processes put together: the column land surface model, its state, its parameters and its budgets."""
