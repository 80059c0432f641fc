"""Conditions become alarms. Pure: no I/O, the time is handed in with every call."""
