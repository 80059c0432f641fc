"""Injecting events and faults by hand while a world plays: a small HTTP server on loopback, and its command line."""
