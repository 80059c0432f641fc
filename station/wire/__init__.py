"""What goes over MQTT: topics, messages and their JSON Schemas, confirmations, and one connection to a broker.

Publisher and recorder share this and nothing else. Readers ignore what they do not know.
"""

from station.wire.link import Arrived, Link, LinkError, LinkSettings
from station.wire.message import BY_FIELD, Message, MessageError, decode, encode, to_json
from station.wire.notices import Absent, Confirm, RecorderHealth

__all__ = [
    "BY_FIELD",
    "Absent",
    "Arrived",
    "Confirm",
    "Link",
    "LinkError",
    "LinkSettings",
    "Message",
    "MessageError",
    "RecorderHealth",
    "decode",
    "encode",
    "to_json",
]
