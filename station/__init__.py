"""The station: poll, measure, journal, publish, record, and the ``quantrac`` command."""

__version__ = "0.1.0"
