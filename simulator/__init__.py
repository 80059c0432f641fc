"""A world with radiation, rain and faults in it, behind the instruments' real wire protocols.

It shares nothing with the station but the profiles, so that one misreading cannot hide in both.
"""
