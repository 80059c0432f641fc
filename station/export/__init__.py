"""Records of the journal as files that people and other programs read: CSV and JSON lines."""
