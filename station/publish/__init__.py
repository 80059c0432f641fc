"""Journal → MQTT. Each destination has an outbox that only its own confirmations move."""
