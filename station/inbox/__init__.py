"""The one door: what a person does reaches the station as a small file in a directory, maildir manner.

program ──write, fsync──► tmp/x.json ──rename──► new/x.json ──station reads, audits, deletes──► journal
"""

from station.inbox.command import COMMANDS, Command, Refusal, parse
from station.inbox.door import Door
from station.inbox.submit import submit

__all__ = ["COMMANDS", "Command", "Door", "Refusal", "parse", "submit"]
