"""The stand-in's `gem5` package: the part of gem5's standard library that small example scripts need."""
