"""Polling: one task a bus, a schedule on the monotonic clock, a breaker an instrument."""
