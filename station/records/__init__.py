"""The records: what the journal keeps, MQTT carries and InfluxDB stores, declared once.

TABLES names every table; the same names serve in SQLite and InfluxDB.
"""

from station.records.columns import MISSING, Column, columns_of
from station.records.header import Header
from station.records.kinds import Alarm, DoseRate, Health, Meteo

# table -> record type; the order is the order of ties in nothing but listings
TABLES: dict[str, type[Header]] = {
    "dose_rate": DoseRate,
    "dose_rate_1m": DoseRate,
    "dose_rate_10m": DoseRate,
    "dose_rate_1h": DoseRate,
    "meteo": Meteo,
    "alarm": Alarm,
    "health": Health,
}
PERIODS_S: dict[str, int] = {"dose_rate_1m": 60, "dose_rate_10m": 600, "dose_rate_1h": 3600}
STATION_INSTRUMENT = "station"  # the instrument name of what concerns the station itself
H10 = "ambient_dose_equivalent_rate"

__all__ = [
    "H10",
    "MISSING",
    "PERIODS_S",
    "STATION_INSTRUMENT",
    "TABLES",
    "Alarm",
    "Column",
    "DoseRate",
    "Header",
    "Health",
    "Meteo",
    "columns_of",
]
