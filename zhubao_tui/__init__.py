"""zhubao_tui: door-to-door interviewing on a laptop, offline and by keyboard."""

__version__ = "0.1.0"
