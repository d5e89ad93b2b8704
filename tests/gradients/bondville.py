"""A year like that of Bondville, Illinois, invented: hot humid summer, frost and snow in winter, for gradients.

Nothing here is a record: the weather is that of the embedded sample's generator with a continental climate, so that
the tests need no data.
"""
