"""MQTT → InfluxDB, in a process of its own. What the database has taken is confirmed to the station, nothing else."""
