"""What goes wrong: on the wire (it acts on the bytes of a reply), in the detector (on counts and values), in the rack.

``Faults`` is one instrument's; it is asked by the time of the world and answers from the seed alone.
"""
