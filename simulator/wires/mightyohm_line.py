"""The MightyOhm's sentence: ``CPS, 1, CPM, 20, uSv/hr, 0.11, SLOW``. Facts: ESPGeiger; the dose rate is CPM / 175."""

from simulator.detectors.mightyohm import KitState

CPM_PER_USV_H = 175


def sentence(state: KitState) -> bytes:
    hundredths = 100 * state.cpm // CPM_PER_USV_H  # the kit computes in whole numbers
    text = f"CPS, {state.cps}, CPM, {state.cpm}, uSv/hr, {hundredths // 100}.{hundredths % 100:02d}, {state.mode}\r\n"
    return text.encode("ascii")
