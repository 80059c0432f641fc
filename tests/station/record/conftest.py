"""The real servers, for the tests of the recorder."""

from tests.servers.fixtures import influx, mosquitto

__all__ = ["influx", "mosquitto"]
