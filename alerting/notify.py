"""The seam for telling people. Channels, ladders and delivery states come behind it; nothing here waits for them."""

from typing import Protocol

from alerting.events import Event


class Notifier(Protocol):
    """Whoever tells people of alarms."""

    def notify(self, event: Event) -> None:
        """Take one event and return at once: queue it, never wait, never raise.

        The caller has journalled the event before. ``event.announce`` says whether a person is to be told (anew).
        """
        ...
