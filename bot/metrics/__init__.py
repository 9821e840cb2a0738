"""What operators see at /metrics. Everything there is is named once, in `definitions.py`."""
