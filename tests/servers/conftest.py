"""The real servers, for the tests of themselves."""

from tests.servers.fixtures import influx, mosquitto

__all__ = ["influx", "mosquitto"]
