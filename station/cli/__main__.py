"""``python -m station.cli``: the same command without the installed script."""

from station.cli import main

main()
