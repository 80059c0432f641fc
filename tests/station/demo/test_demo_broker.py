"""The embedded broker: a port of the system's choice, real MQTT, and nothing left when it ends."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from config.schema import Mqtt
from station.demo.broker import EmbeddedBroker
from station.wire.link import Arrived, Link, LinkSettings
from tests.station.demo.demo_runs import listens


async def test_what_one_client_publishes_another_receives() -> None:
    arrived: asyncio.Queue[Arrived] = asyncio.Queue()
    with ThreadPoolExecutor(1) as executor:
        async with EmbeddedBroker() as broker:
            mqtt = Mqtt(host="127.0.0.1", port=broker.port, protocol="3.1.1")
            listener = Link(LinkSettings(mqtt, "listener", None, 0, 10), executor, arrived.put_nowait)
            speaker = Link(LinkSettings(mqtt, "speaker", None, 0, 10), executor, arrived.put_nowait)
            try:
                await listener.open()
                await listener.subscribe(("a/+",))
                await speaker.open()
                speaker.publish("a/b", b"hello")
                async with asyncio.timeout(10):
                    message = await arrived.get()
                message.acknowledge()
                assert (message.topic, message.payload) == ("a/b", b"hello")
            finally:
                await speaker.close()
                await listener.close()
        assert not listens(broker.port)
