"""Starts the real parts of Perennial on this machine's loopback, each in a folder of one lab.

The quickstart, the system tests and the benchmarks all build on it, so that what a user sees is what is tested."""
