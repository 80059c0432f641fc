"""The wires: the instruments' real protocols on loopback TCP and pseudo-terminals, encoded here and nowhere else."""
