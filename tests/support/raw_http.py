"""A server that does what a test says, byte for byte."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"


class Server:
    """Reads one request without a body after the other, and answers each with the next of what it was given.

    None hangs up instead of an answer, and so does what is not a whole answer after it.
    """

    def __init__(self, *answers: bytes | None) -> None:
        self.heard: list[bytes] = []
        self.connections = 0
        self.open = 0
        self.url = ""
        self._answers = list(answers)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Server]:
        server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        async with server:
            self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            yield self

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open += 1
        try:
            while True:
                self.heard.append(await reader.readuntil(b"\r\n\r\n"))
                answer = self._answers.pop(0)
                if answer is None:
                    return
                writer.write(answer)
                if not answer.startswith(OK[:8]) or b"hangs up" in answer:
                    return
        except asyncio.IncompleteReadError:
            return
        finally:
            writer.close()
            await writer.wait_closed()
            self.open -= 1
