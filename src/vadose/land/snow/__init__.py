"""Snow on the ground, one process a file.

partition.py and fresh.py say what falls, pack.py holds the water of the layers (with layers.py, compaction.py and
percolation.py), cover.py, albedo.py and conductivity.py say what the radiation and the heat see of it, heat.py holds
its heat capacity. Melting and freezing are the heat step's; nothing here changes ice into liquid.
"""
