"""What a question can come to instead of an answer."""

from collections.abc import Sequence


class NotKnown(Exception):
    """The graph has no such thing. `noun` is what was asked for ("study"); `near` are keys that it does have."""

    def __init__(self, noun: str, key: str, near: Sequence[str] = ()) -> None:
        super().__init__(f"There is no {noun} {key!r} in the graph.")
        self.noun, self.key, self.near = noun, key, list(near)


class BadQuestion(Exception):
    """A parameter that cannot be what it was given as. `near` are values that it can be."""

    def __init__(self, parameter: str, message: str, near: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.parameter, self.message, self.near = parameter, message, list(near)


class Unheard(Exception):
    """A cursor of the feed that it does not have: it is another feed, or another state of it, than the client's."""

    def __init__(self, cursor: int) -> None:
        super().__init__(f"The feed has no event {cursor}: the graph was made anew, or put back to an earlier state.")
