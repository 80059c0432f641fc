"""A station's TOML file for whatever the simulator plays."""

from pathlib import Path
from typing import Any

HEAD = """
[station]
id = "TEST-1"
name = { vi = "Trạm thử", en = "Test station" }
latitude_deg = 21.85
longitude_deg = 106.76
height_above_sea_m = 258

[paths]
data = "./data"

[journal]
commit_interval_s = COMMIT

[measuring.background]
window_days = 1
learning_min = 1

[[alarms.levels]]
level = "warning"
above_background_nsv_h = 200
off_delay_s = OFF_DELAY
source = "test"

[[alarms.levels]]
level = "alarm"
above_nsv_h = 1000
on_delay_s = 2
off_delay_s = OFF_DELAY
source = "test"
"""


def station_file(
    folder: Path,
    ready: dict[str, Any],
    *,
    mqtt_port: int | None = None,
    influx_url: str | None = None,
    protocol: str = "5",
    poll_s: float = 1.0,
    commit_interval_s: float = 0.2,
    off_delay_s: float = 60.0,
    instrument: str = "",
    more: str = "",
) -> Path:
    """Write the file and return its path. Without MQTT the station has no destination.

    ``instrument``: more lines for each instrument; ``more``: more tables.
    """
    text = HEAD.replace("COMMIT", str(commit_interval_s)).replace("OFF_DELAY", str(off_delay_s))
    for bus, where in ready["buses"].items():
        text += f'\n[[buses]]\nid = "{bus}"\nkind = "{where["kind"]}"\n'
        if "port" in where:
            text += f'host = "{where["host"]}"\nport = {where["port"]}\n'
        else:
            text += f'device = "{where["device"]}"\nbaudrate = 19200\ntimeout_s = 3.0\n'
    for name, what in ready["instruments"].items():
        period_s = poll_s if what["profile"] != "mightyohm" else 1.0
        text += (
            f'\n[[instruments]]\nid = "{name}"\nbus = "{what["bus"]}"\naddress = {what["address"]}\n'
            f'profile = "{what["profile"]}"\npoll_s = {period_s}\nname = {{ vi = "{name}", en = "{name}" }}\n'
        )
        if what["profile"] != "lufft-ws-umb":
            text += "reference_nsv_h = 100\n"
        text += instrument
    if mqtt_port is not None and influx_url is not None:
        text += f'\n[mqtt]\nport = {mqtt_port}\nprotocol = "{protocol}"\nkeepalive_s = 5\n'
        text += '\n[[destinations]]\nid = "main"\nkind = "recorder"\nno_progress_s = 2\n'
        text += f'influx = {{ url = "{influx_url}" }}\n'
    path = folder / "station.toml"
    path.write_text(text + more, encoding="utf-8")
    return path
