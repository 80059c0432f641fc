"""From counts to dose rates. Pure numpy and scipy: no I/O, no clock; the same kernels serve the live station and replay."""
