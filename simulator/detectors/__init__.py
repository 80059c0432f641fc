"""Instruments that stand in the world: they count, average and show, one whole second of the world after the other."""
