"""The real servers, for the commands that speak to them."""

from tests.servers.fixtures import influx

__all__ = ["influx"]
