"""A TCP proxy on this machine that is as slow as the line to a Binder: 150 ms there and back, 1 Mbit/s towards the browser.

All connections share the line: what is sent first is delivered first.
"""

import asyncio
import threading
from contextlib import contextmanager, suppress

DELAY, RATE, PIECE = 0.075, 1e6 / 8, 4096  # seconds one way, bytes a second, bytes read at once


class Line:
    """Passes bytes on between its own `port` and `server`, a port of this machine; slowly once `slow` is set."""

    def __init__(self, server):
        self.server, self.port, self.slow, self.free = server, None, False, 0.0
        self.loop, self.over, self.ready = None, None, threading.Event()
        self.thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    async def _run(self):
        self.loop, self.over = asyncio.get_running_loop(), asyncio.Event()
        listening = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self.port = listening.sockets[0].getsockname()[1]
        self.ready.set()
        await self.over.wait()
        listening.close()

    async def _connect(self, reader, writer):
        with suppress(OSError, asyncio.CancelledError):  # the server is gone, or this line ends
            there = await asyncio.open_connection("127.0.0.1", self.server)
            await asyncio.gather(self._pass(reader, there[1], self._up), self._pass(there[0], writer, self._down))
        writer.close()

    async def _pass(self, reader, writer, arrival):
        last = 0.0
        with suppress(OSError):
            while piece := await reader.read(PIECE):
                last = max(arrival(len(piece)), last + 1e-7)  # timers of one time have no order
                self.loop.call_at(last, writer.write, piece)
        await asyncio.sleep(last - self.loop.time() + 1e-3)  # what is on its way arrives first
        writer.close()

    def _up(self, size):
        return self.loop.time() + DELAY * self.slow

    def _down(self, size):
        now = self.loop.time()
        if not self.slow:
            return now
        self.free = max(now, self.free) + size / RATE
        return self.free + DELAY


@contextmanager
def slow_line(server):
    """A running `Line` before a port of this machine."""
    line = Line(server)
    line.thread.start()
    line.ready.wait()
    try:
        yield line
    finally:
        line.loop.call_soon_threadsafe(line.over.set)
        line.thread.join()
