"""The baseline of the simulator's load: a TCP server that does nothing but send back as many bytes as it should."""

import asyncio
import json
import sys

REQUEST_BYTES, ANSWER = 12, bytes(45)  # of one reading of 18 registers by Modbus TCP


class Echo(asyncio.Protocol):
    def __init__(self) -> None:
        self._received = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += len(data)
        while self._received >= REQUEST_BYTES:
            self._received -= REQUEST_BYTES
            self._transport.write(ANSWER)


async def serve(ports: int) -> None:
    loop = asyncio.get_running_loop()
    servers = [await loop.create_server(Echo, "127.0.0.1", 0, backlog=1024) for _ in range(ports)]
    buses = {
        f"tcp-{number}": {"kind": "modbus-tcp", "host": "127.0.0.1", "port": server.sockets[0].getsockname()[1]}
        for number, server in enumerate(servers, 1)
    }
    sys.stdout.write(json.dumps({"ready": True, "buses": buses}) + "\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
