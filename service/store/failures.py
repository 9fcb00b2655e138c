"""What can befall a graph that is in another engine."""


class EngineFailed(OSError):
    """The engine answered that it failed. The message has its words."""


class Unreachable(ConnectionError):
    """The engine does not answer."""

    def __str__(self) -> str:
        return f"the engine cannot be reached: {super().__str__()}"
