"""The real servers, for the tests of the publisher."""

from tests.servers.fixtures import influx, mosquitto

__all__ = ["influx", "mosquitto"]
