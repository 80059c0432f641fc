"""CRC-16 as Modbus has it: polynomial 0xA001 (reflected), from 0xFFFF, low byte first on the wire."""


def crc16(data: bytes) -> bytes:
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
    return crc.to_bytes(2, "little")
