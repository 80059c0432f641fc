"""One connection to the broker, and no more: it connects, lives and ends; who wants another makes another.

A fresh paho client a connection leaves nothing of the last one behind: no queue, no message ids, and an
acknowledgement can only go back the way its message came. The client runs in paho's own thread; what happens
there is handed to the event loop, so everything here runs in the loop's thread.
"""

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from pydantic import SecretStr

from config.schema import Mqtt

log = logging.getLogger(__name__)

CONNECT_DEADLINE_S = 10.0
CLOSE_DEADLINE_S = 2.0
IN_FLIGHT_311 = 20  # 3.1.1 has no way to say more
IN_FLIGHT_5 = 100
QUEUE_SLACK = 20  # publications handed over between an acknowledgement and paho's own note of it


class LinkError(Exception):
    """The broker is not there, refuses, or went away."""


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """``keep_session_s``: how long the broker keeps our session after we are gone; 0 begins anew each time."""

    mqtt: Mqtt
    client_id: str
    password: SecretStr | None
    keep_session_s: int
    receive_maximum: int
    will: tuple[str, bytes] | None = None


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message with the connection it came on."""

    link: "Link"
    topic: str
    payload: bytes
    retained: bool
    mid: int
    qos: int

    def acknowledge(self) -> None:
        """Tell the broker; nothing happens when that connection is gone."""
        self.link.acknowledge(self.mid, self.qos)


class Link:
    """Use: ``await open()``, ``await subscribe(…)``, ``publish(…)``, ``await gone.wait()``, ``await close()``."""

    def __init__(
        self,
        settings: LinkSettings,
        executor: Executor,
        on_message: Callable[[Arrived], None],
        on_acked: Callable[[int, str], None] | None = None,
    ) -> None:
        """``on_acked(mid, refusal)`` follows each acknowledged publication; ``refusal`` is empty or the reason."""
        self._settings = settings
        self._executor = executor
        self._on_message = on_message
        self._on_acked = on_acked
        self._loop = asyncio.get_running_loop()
        self._alive: Client | None = self._make_client()
        self._connected: asyncio.Future[str] = self._loop.create_future()
        self._subscribed: dict[int, asyncio.Future[str]] = {}
        self._outstanding: set[int] = set()
        self._limit = IN_FLIGHT_5 if settings.mqtt.protocol == "5" else IN_FLIGHT_311
        self._settled = asyncio.Event()
        self.gone = asyncio.Event()
        self.reason = ""

    @property
    def _client(self) -> Client:
        if self._alive is None:
            raise LinkError(self.reason or "closed")
        return self._alive

    # -- making the client

    def _make_client(self) -> Client:
        settings = self._settings
        five = settings.mqtt.protocol == "5"
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=settings.client_id,
            clean_session=None if five else settings.keep_session_s == 0,
            protocol=MQTTProtocolVersion.MQTTv5 if five else MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        in_flight = IN_FLIGHT_5 if five else IN_FLIGHT_311
        client.max_inflight_messages = in_flight
        client.max_queued_messages = in_flight + QUEUE_SLACK
        client.connect_timeout = CONNECT_DEADLINE_S / 2
        if settings.mqtt.username is not None:
            secret = settings.password
            client.username_pw_set(settings.mqtt.username, secret.get_secret_value() if secret else None)
        if settings.will is not None:
            client.will_set(settings.will[0], settings.will[1], qos=1, retain=True)
        self._hook(client)
        return client

    def _hook(self, client: Client) -> None:
        """Callbacks come in paho's thread; each one is handed to the loop."""
        hand = self._hand_over
        client.on_connect = lambda _c, _u, _flags, code, props: hand(
            self._answered, code.is_failure, str(code), getattr(props, "ReceiveMaximum", None)
        )
        client.on_disconnect = lambda _c, _u, _flags, code, _props: hand(self._ended, str(code))
        client.on_subscribe = lambda _c, _u, mid, codes, _props: hand(
            self._granted, mid, ", ".join(str(c) for c in codes if c.is_failure)
        )
        client.on_publish = lambda _c, _u, mid, code, _props: hand(
            self._acked, mid, str(code) if code.is_failure else ""
        )
        client.on_message = lambda _c, _u, message: hand(self._arrived, message)

    @staticmethod
    def _unhook(client: Client) -> None:
        """Nothing points from the client to us any more: it ends, and with it paho's own sockets, when we let go."""
        client.on_connect = client.on_disconnect = client.on_subscribe = client.on_publish = client.on_message = None

    def _hand_over(self, callback: Callable[..., None], *args: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is there to be told
            self._loop.call_soon_threadsafe(callback, *args)

    # -- what paho's thread told, in the loop's thread

    def _answered(self, refused: bool, text: str, receive_maximum: int | None) -> None:
        if receive_maximum is not None:
            self._limit = min(self._limit, receive_maximum)
        if not self._connected.done():
            self._connected.set_result(text if refused else "")

    def _ended(self, text: str) -> None:
        self.reason = self.reason or text
        self.gone.set()
        self._settled.set()
        if not self._connected.done():
            self._connected.set_result(text)
        for future in self._subscribed.values():
            if not future.done():
                future.set_result(text)

    def _granted(self, mid: int, refusals: str) -> None:
        future = self._subscribed.pop(mid, None)
        if future is not None and not future.done():
            future.set_result(refusals)

    def _acked(self, mid: int, refusal: str) -> None:
        self._outstanding.discard(mid)
        if not self._outstanding:
            self._settled.set()
        if self._on_acked is not None and not self.gone.is_set():
            self._on_acked(mid, refusal)

    def _arrived(self, message: MQTTMessage) -> None:
        if not self.gone.is_set():
            payload = bytes(message.payload)
            self._on_message(Arrived(self, message.topic, payload, message.retain, message.mid, message.qos))

    # -- what the owner does

    async def open(self) -> None:
        """Connect within the deadline. Raises LinkError; ``close`` is needed in any case."""
        try:
            async with asyncio.timeout(CONNECT_DEADLINE_S):
                await self._loop.run_in_executor(self._executor, self._connect)
                self._client.loop_start()
                refusal = await self._connected
        except (OSError, ValueError) as error:  # TimeoutError is an OSError
            raise LinkError(f"{type(error).__name__}: {error}") from None
        if refusal:
            raise LinkError(refusal)

    def _connect(self) -> None:
        mqtt = self._settings.mqtt
        if mqtt.tls_ca is not None:
            self._client.tls_set_context(ssl.create_default_context(cafile=str(mqtt.tls_ca)))
        if mqtt.protocol != "5":
            self._client.connect(mqtt.host, mqtt.port, mqtt.keepalive_s)
            return
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call] # paho types it not
        properties.SessionExpiryInterval = self._settings.keep_session_s
        properties.ReceiveMaximum = self._settings.receive_maximum
        clean = self._settings.keep_session_s == 0
        self._client.connect(mqtt.host, mqtt.port, mqtt.keepalive_s, clean_start=clean, properties=properties)

    async def subscribe(self, filters: tuple[str, ...]) -> None:
        """Subscribe with QoS 1 and wait for the grant. Raises LinkError."""
        code, mid = self._client.subscribe([(text, 1) for text in filters])
        if code != MQTTErrorCode.MQTT_ERR_SUCCESS or mid is None:
            raise LinkError(f"subscribe: {code.name}")
        future: asyncio.Future[str] = self._loop.create_future()
        self._subscribed[mid] = future
        try:
            async with asyncio.timeout(CONNECT_DEADLINE_S):
                refusals = await future
        except TimeoutError:
            raise LinkError("subscribe: no answer") from None
        finally:
            self._subscribed.pop(mid, None)
        if refusals:
            raise LinkError(f"subscribe: {refusals}")

    @property
    def room(self) -> int:
        """How many publications may be handed over now without queueing."""
        return 0 if self.gone.is_set() else max(0, self._limit - len(self._outstanding))

    @property
    def has_much_room(self) -> bool:
        """At least half: worth reading a page for."""
        return self.room >= max(1, self._limit // 2)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> int:
        """Hand one publication (QoS 1) to the client; its mid. Raises LinkError if the client does not take it."""
        if self.gone.is_set():
            raise LinkError(self.reason or "gone")
        info = self._client.publish(topic, payload, qos=1, retain=retain)
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise LinkError(f"publish: {MQTTErrorCode(info.rc).name}")
        self._outstanding.add(info.mid)
        return info.mid

    def acknowledge(self, mid: int, qos: int) -> None:
        if self._alive is not None and not self.gone.is_set():
            self._alive.ack(mid, qos)

    async def settled(self, deadline_s: float) -> None:
        """Wait until everything published is acknowledged, the link is gone, or the deadline."""
        if self._outstanding and not self.gone.is_set():
            self._settled.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(deadline_s):
                    await self._settled.wait()

    async def close(self) -> None:
        """End the connection and its thread. May be called in any state, once or more."""
        client, self._alive = self._alive, None
        if client is None:
            return
        if client.is_connected() and not self.gone.is_set():
            client.disconnect()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_DEADLINE_S):
                    await self.gone.wait()
        self.reason = self.reason or "closed"
        self.gone.set()
        await self._loop.run_in_executor(self._executor, _dispose, client)
        self._unhook(client)


def _dispose(client: Client) -> None:
    """End the client's thread, whether or not the broker answers."""
    sock: Any = client.socket()
    if sock is not None:
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
    with contextlib.suppress(AttributeError):  # paho forgets its thread while we look: it has ended
        client.loop_stop()
    sock = client.socket()
    if sock is not None:
        with contextlib.suppress(OSError):
            sock.close()
