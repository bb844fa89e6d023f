"""What Redis and the provider say was spent."""

from cluster import Connection, prompt_of

TENANT = "sy:{t:acme}:"


def ask_for(**directive):
    """A request of 500 tokens at most, with a directive for the simulator."""
    order = ",".join(f"{name}={value}" for name, value in directive.items())
    messages = prompt_of(400) + ([{"role": "user", "content": f"[[sim:{order}]]"}] if order else [])
    return {"model": "mock-model", "messages": messages, "max_tokens": 500}


def budgets(redis):
    """What is spent of each budget of the tenant, by `dollars:day:2026-10-24T22:00Z`."""
    keys = redis.command("KEYS", TENANT + "budget:*")
    values = redis.command("MGET", *keys) if keys else []
    return {key.split(":tenant:acme:")[1]: int(value.split()[0]) for key, value in zip(keys, values)}


def reservations(connection):
    """The costs of each, in the order of the limits. Marks of what was charged beyond one are none: they stay for ten minutes."""
    keys = [key for key in connection.call("KEYS", TENANT + "res:*") if not key.endswith(":beyond")]
    values = connection.call("MGET", *keys) if keys else []
    return [[int(cost) for cost in value.split()[1:]] for value in values if value]


def is_settled(redis):
    with Connection(redis.port) as connection:
        return not reservations(connection)


def costs(cluster, containing=""):
    """Micro-dollars of the answers that the provider has given, oldest first."""
    return [entry["prompt_tokens"] + 2 * entry["completion_tokens"] for entry in cluster.simulator.log(containing)]
