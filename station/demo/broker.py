"""The demo's MQTT broker: amqtt inside the node, on a loopback port that the system chooses. For the demo only."""

import asyncio
import contextlib
import logging
from typing import Self

from amqtt.adapters import StreamReaderAdapter, StreamWriterAdapter
from amqtt.broker import Broker
from amqtt.contexts import BrokerConfig, ListenerConfig, ListenerType

log = logging.getLogger(__name__)

LISTENER = "default"
CLOSE_DEADLINE_S = 3.0


class EmbeddedBroker:
    """``async with EmbeddedBroker() as broker: broker.port``. It knows MQTT 3.1.1 and keeps nothing on disk."""

    def __init__(self) -> None:
        # The listener is ours, so that the system may choose its port; amqtt gets each connection.
        config = BrokerConfig(
            listeners={LISTENER: ListenerConfig(type=ListenerType.EXTERNAL, bind="127.0.0.1:0")},
            plugins={"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
        )
        self._broker = Broker(config)
        self._server: asyncio.Server | None = None
        self.port = 0

    async def __aenter__(self) -> Self:
        await self._broker.start()
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_DEADLINE_S):
                await self._broker.shutdown()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._broker.external_connected(StreamReaderAdapter(reader), StreamWriterAdapter(writer), LISTENER)
        except ConnectionError as error:
            log.info("broker: a client went away: %s", error)
        finally:
            writer.close()
