"""A MightyOhm kit as a talker, so that it can also speak through a serial server."""

from simulator.detectors.mightyohm import MightyOhm
from simulator.wires.mightyohm_line import sentence
from simulator.wires.talker import Unasked


class MightyOhmTalker(Unasked):
    def __init__(self, kit: MightyOhm) -> None:
        super().__init__(kit.faults)
        self._kit = kit

    def sentence(self, second: int) -> bytes:
        return sentence(self._kit.shown(second))
