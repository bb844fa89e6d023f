"""What figures demand of what they measure."""


class Missed(Exception):
    """The demand is not met."""


def demand(condition, text):
    """`text` may be what says it, where that has to be found out."""
    if not condition:
        raise Missed(text() if callable(text) else text)


class Times:
    """Whether demands upon time count. Tests report them only: a machine that stands still for a second proves nothing."""

    count = True


def demand_in_time(condition, text):
    if not condition and not Times.count:
        print(f"not met, and not counted: {text}")
        return
    demand(condition, text)
