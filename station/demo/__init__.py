"""``quantrac demo``: a simulated world, a station that watches it, and a view that tells what happens.

view (this process) ─┬─► simulator (child): instruments on real wires, events of its timeline
       ▲             └─► node (child): embedded broker, station, recorder into a file
       └── journal, read-only, as every other reader
"""
