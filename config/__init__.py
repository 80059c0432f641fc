"""What a station is: its configuration, instrument profiles, quality flags, the clock and the message catalogue.

Everything here is data or knows how to read data. Every other room may import this one; it imports none of them.
"""
