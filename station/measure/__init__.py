"""From counts to dose rates. Pure numpy and scipy: no I/O, no clock; live and replay run the same kernels."""
