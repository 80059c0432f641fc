"""The station's own durable record: SQLite, written by the station alone, read by anybody (read-only)."""
