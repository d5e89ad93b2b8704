"""Closures: water retention and hydraulic conductivity as functions of the matric head, one a file."""
