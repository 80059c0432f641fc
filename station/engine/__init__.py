"""The station's heart: outcomes of polls become records, alarms and commits, one tick after the other."""
