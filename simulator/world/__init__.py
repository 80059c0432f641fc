"""The world: why there is a dose rate at a place. Pure functions of the seconds since the world began."""
