"""Tools around simulations."""
