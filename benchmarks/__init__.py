"""What it all costs: ``python -m benchmarks`` measures the station in service and prints tables. Nothing is asserted.

Each table has its baseline in the same run (what the same disk, database or loop takes without us), so that a figure
can be read on another machine: as a ratio.
"""
