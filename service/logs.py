"""One line of JSON for each thing worth a line: when, how serious, what, and the fields that belong to it."""

import logging
from datetime import UTC, datetime
from typing import Any

import orjson

USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
"""What every record has; the rest was given with `extra` and is a field."""


class Lines(logging.Formatter):
    """Formats a record as a line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: value for name, value in vars(record).items() if name not in USUAL}
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


def not_meant(record: logging.LogRecord) -> bool:
    """Leaves out what the web server calls an error and is meant: an answer that was cut short must not end well."""
    return record.msg != "ASGI callable returned without completing response."


CONFIG: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"lines": {"()": Lines}},
    "filters": {"meant": {"()": lambda: not_meant}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines", "filters": ["meant"]}},
    "root": {"level": "INFO", "handlers": ["stderr"]},
}
"""For `logging.config.dictConfig`, and for uvicorn's `log_config`."""
