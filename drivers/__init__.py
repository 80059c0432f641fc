"""The instruments: each driver turns one exchange on a wire into one reading, and knows no station."""
