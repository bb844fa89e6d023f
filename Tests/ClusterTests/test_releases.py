"""What replicas make of what a later release has written beside them, and of what is half written or makes no sense: they go on, go by
what they know, keep the rest as it is, and say so."""

import json
import os
import re
import signal
import subprocess
import time

import pytest

from canaries import Load, Stand
from cluster import eventually
from leading import Leader
from support import BINARIES, KEYS

LEASE, CONFIG, STAMP, ASKS, ACKS, VETOES = (f"sy:{{ro}}:{name}" for name in ("lease", "cfg", "stamp", "asks", "ack", "veto"))
BUNDLES, JUDGE, EVALUATIONS = (f"sy:{{ro}}:{name}:chat" for name in ("bundles", "judge", "eval"))
LINE = "ver={version} active=13 candidate=12 state={state} step=0 weight=50 since={since} slow95=60000 colour95=7 later=a,b"


class Later(Leader):
    """A leader of a later release, in whose name something is written beside replicas of this one."""

    def __init__(self, stand):
        super().__init__(stand.redis)
        self.stand = stand
        self.version = int(stand.redis.command("HGET", CONFIG, "ver") or 0)

    def __enter__(self):
        self.stamp()
        return self

    def __exit__(self, *_):
        self.redis.command("HSET", LEASE, "until", int(time.time() * 1_000), "span", 0)
        assert self.stand.leader()

    def writes(self, state="CANARY"):
        self.decide(LINE.format(version=self.version + 1, state=state, since=int(time.time() * 1_000)))
        assert eventually(lambda: all(router.metric("switchyard_weights_version") == self.version for router in self.stand.routers), 10)


@pytest.fixture(scope="module")
def stand():
    with Stand(2, "steps: [50, 60], min_requests: 50, lease: 2s", redis=("--appendfsync", "everysec")) as stand:
        with Load([("127.0.0.1", router.port) for router in stand.routers], 30):
            assert stand.leader()
            yield stand


@pytest.fixture
def tried(stand):
    """Version 13 serves, and 12 is tried, as a later release has decided it."""
    with Later(stand) as later:
        later.register(13, colour="blue")
        later.writes()
    return stand


def weights(stand, arm="canary"):
    return [router.metric("switchyard_rollout_weight", model="chat", arm=arm) for router in stand.routers]


def serving(router):
    return int(router.metric("switchyard_rollout_version", model="chat", arm="baseline"))


def warnings(stand, *texts):
    """Lines of the log, by replica."""
    return [
        sum('"warning"' in line and all(text in line for text in texts) for line in list(router.lines)) for router in stand.routers]


def waits(stand):
    return [sum("rollouts wait for the shared state" in line for line in list(router.lines)) for router in stand.routers]


def bundles(stand, *words, text=None):
    run = subprocess.run(
        [BINARIES / "switchyard", "bundles", *map(str, words), "--config", stand.routers[0].config], capture_output=True, text=True,
        input=text, env={**os.environ, **KEYS}, timeout=60)
    return run.returncode, (run.stdout + run.stderr).strip()


def reached(stand, since):
    """Of which models the provider was asked."""
    return {record["deployment"] for record in stand.exchanges() if record["at"] >= since}


# ---- A later release beside this one ------------------------------------------------------------------------------------

def test_what_a_later_release_decides_counts_as_far_as_it_is_known(stand):
    with Later(stand) as later:
        later.register(13, colour="blue")
        stand.redis.command("HSET", LEASE, "region", "eu")
        stand.redis.command("HSET", VETOES, "segment:eu", "1 err r9")
        stand.redis.command("PUBLISH", "sy:ev:ro", "surge chat 12 now")
        later.writes()
        stand.redis.command("HSET", CONFIG, "schema", 9)
        assert eventually(lambda: weights(stand) == [0.5, 0.5], 5), weights(stand)
        assert [serving(router) for router in stand.routers] == [13, 13]
        for word in ("colour95", "later"):
            assert warnings(stand, "another release has decided something that this one does not know", f'"{word}"') == [1, 1]
    code, text = stand.rollout("status", "chat")
    assert code == 0 and "version 13 serves (large)" in text and "version 12: CANARY at 50 %" in text, text


def test_what_it_does_not_know_a_leader_leaves_as_it_is(tried):
    command = tried.redis.command
    command("HSET", LEASE, "region", "eu")
    command("HSET", CONFIG, "schema", 9)
    second = int(time.time())
    for later in range(second, second + 2):
        command("HSET", f"sy:{{ro:chat}}:n:{later}", "c.charm", 3, "x.n", "many")
    judged = int(command("HGET", JUDGE, "second") or 0)
    assert tried.rollout("pause", "chat")[0] == 0
    line = command("HGET", CONFIG, "m:chat")
    assert "hold=paused" in line and line.endswith(" colour95=7 later=a,b"), line
    assert command("HGET", CONFIG, "schema") == "9" and command("HGET", LEASE, "region") == "eu"
    assert json.loads(command("HGET", BUNDLES, "13"))["colour"] == "blue"
    assert eventually(lambda: int(command("HGET", JUDGE, "second") or 0) > max(judged, second + 1), 15), "what is counted is judged no more"
    code, text = bundles(tried, "export", "chat")
    assert code == 1 and "version 13 of chat was written by a newer release" in text, text


def test_what_a_later_release_asks_for_is_refused_in_words(tried):
    now = int(time.time() * 1_000)
    asks = {"later1": "dance model=chat version=12 by=x", "later2": "pause model=chat version=12 by=x gently=1"}
    for name, text in asks.items():
        tried.redis.command("HSET", ASKS, name, f"{now} {text}")
    tried.redis.command("PUBLISH", "sy:ev:ro", "ask")
    for name, text in asks.items():
        answer = eventually(lambda: tried.redis.command("GET", f"sy:{{ro}}:answer:{name}"), 5)
        assert answer == f"refused: this leader does not understand '{text}': it is of another release"
    assert "hold" not in tried.state()


def test_a_state_of_a_later_release_gets_nothing_and_is_kept(tried):
    with Later(tried) as later:
        later.writes(state="BAKE")
        line = tried.redis.command("HGET", CONFIG, "m:chat")
        assert eventually(lambda: weights(tried) == [0, 0], 5), "a state that nobody knows is served"
        assert [serving(router) for router in tried.routers] == [13, 13]
        assert warnings(tried, "what was decided about a model can't be read: its candidate gets nothing here") == [1, 1]
    stamp = tried.redis.command("GET", STAMP)
    code, text = tried.rollout("pause", "chat", 12)
    assert code == 1 and "the state of 'chat' was written by another release" in text, text
    assert "chat: another release wrote its state" in tried.rollout("status", "chat")[1]
    assert tried.redis.command("HGET", CONFIG, "m:chat") == line and tried.redis.command("GET", STAMP) == stamp
    with Later(tried) as later:
        later.writes()
        assert eventually(lambda: weights(tried) == [0.5, 0.5], 5), "it is not gone by again"


def test_a_version_of_a_later_release_is_none_to_be_tried(tried):
    Leader(tried.redis).register(14, prompt={"sha256": "0" * 64, "language": "fr"})
    reason = "prompt.language is not known to this release, which can't keep the prompt"
    code, text = bundles(tried, "show", "chat", 14)
    assert code == 1 and reason in text, text
    code, text = bundles(tried, "list", "chat")
    assert code == 0 and "chat  14  STAGING (not registered, or not to be read)" in text, text
    assert tried.rollout("abort", "chat")[0] == 0
    code, text = tried.rollout("start", "chat", 14, "--no-shadow")
    assert code == 1 and "version 14 of chat can't be read by this leader" in text and reason in text, text


# ---- Half-written, and made of nonsense ----------------------------------------------------------------------------------

@pytest.mark.parametrize("key, field", [(LEASE, "until"), (JUDGE, "second"), (CONFIG, "at")])
def test_what_is_half_written_is_named_and_loses_nothing(tried, key, field):
    assert eventually(lambda: tried.redis.command("HGET", JUDGE, "epoch") == tried.redis.command("HGET", LEASE, "epoch"), 15)
    line, former = tried.redis.command("HGET", CONFIG, "m:chat"), tried.redis.command("HGET", key, field)
    begin = time.time()
    said = waits(tried)
    tried.redis.command("HDEL", key, field)
    try:
        assert eventually(lambda: any(f"BADVALUE {key}" in text for text in tried.logged("BADVALUE")), 10), "nobody says which key"
        time.sleep(1.2)
        often = [now - before for now, before in zip(waits(tried), said)]
        assert max(often) <= 1, f"it is said again and again: {often}"
        code, text = tried.rollout("status", "chat")
        assert code == 1 and "the shared state answered something that no script of ours does" in text, text
        assert tried.redis.command("HGET", CONFIG, "m:chat") == line and [serving(router) for router in tried.routers] == [13, 13]
    finally:
        tried.redis.command(*(("HSET", key, field, former) if key == CONFIG else ("DEL", key)))
    assert eventually(lambda: tried.rollout("pause", "chat")[0] == 0, 20), "nobody goes on"
    assert tried.rollout("resume", "chat")[0] == 0
    assert weights(tried) == [0.5, 0.5]
    assert all(record["status"] == 200 for record in tried.exchanges() if record["at"] >= begin)


@pytest.mark.parametrize("damage", [lambda line: line.replace("weight=50", "weight=90"), lambda line: line[:len(line) // 2]])
def test_a_configuration_that_was_changed_by_hand_is_put_right(tried, damage):
    line, version = tried.redis.command("HMGET", CONFIG, "m:chat", "ver")
    tried.redis.command("HSET", CONFIG, "m:chat", damage(line))
    assert eventually(lambda: int(tried.redis.command("HGET", CONFIG, "ver")) > int(version), 10), "it stays as it is"
    assert tried.redis.command("HGET", CONFIG, "m:chat") == line and weights(tried) == [0.5, 0.5]
    assert sum(warnings(tried, "was changed by hand: what was decided before is written again")) > 0
    assert "BY HAND" not in tried.rollout("status", "chat")[1]


def test_a_version_that_is_cut_off_is_served_once_it_is_put_back(tried):
    former = tried.redis.command("HGET", BUNDLES, 13)
    tried.redis.command("HSET", BUNDLES, 13, former[:20])
    first = tried.routers[0]
    tried.kill(first)
    tried.replace(first)
    assert eventually(lambda: warnings(tried, "a version can't be read, and is not served here", '"13"')[0] == 1, 5)
    assert "chat  13  ACTIVE (not registered, or not to be read)" in bundles(tried, "list", "chat")[1]
    tried.redis.command("HSET", BUNDLES, 13, former)  # and nobody is told

    def is_served_by_all():
        since = time.time()
        time.sleep(1)
        return reached(tried, since) == {"large"}

    assert eventually(is_served_by_all, 10), "a replica goes on without it"


def test_an_evaluation_that_makes_no_sense_is_none(tried):
    tried.redis.command("HSET", EVALUATIONS, 12, '{"passes": tr', "soon", "{}")
    code, text = tried.rollout("status", "chat")
    assert code == 0 and "version 12: CANARY" in text and "evaluation" not in text, text
    assert bundles(tried, "show", "chat", 12)[0] == 0
    tried.redis.command("DEL", EVALUATIONS)


def test_a_version_that_is_lost_serves_on_and_comes_back(tried):
    assert tried.rollout("promote", "chat", "--force", "--reason", "a test")[0] == 0
    assert eventually(lambda: [serving(router) for router in tried.routers] == [12, 12], 5)
    tried.redis.command("HDEL", BUNDLES, 13)
    first = tried.routers[0]
    tried.kill(first)
    tried.replace(first)
    since = time.time()
    time.sleep(1.5)
    assert reached(tried, since) == {"large"}
    assert warnings(tried, "a version can't be served here", '"13"') == [1, 0]
    assert "chat  13  DEPRECATED (not registered, or not to be read)" in bundles(tried, "list", "chat")[1]
    code, text = bundles(tried, "import", "-", text="bundles:\n  chat: [ { version: 13, deployment: large } ]\n")
    assert code == 0 and text == "Version 13 of chat is registered.", text


def test_an_import_that_is_killed_is_done_by_running_it_again(stand):
    numbers = range(1_000, 1_120)
    lines = [f"    - {{ version: {number}, deployment: large, metadata: {{ n: '{number}' }} }}\n" for number in numbers]
    text = "bundles:\n  chat:\n" + "".join(lines)
    path = stand.folder / "versions.yaml"
    path.write_text(text)
    words = [BINARIES / "switchyard", "bundles", "import", path, "--by", "ann", "--reason", "all of them", "--config", stand.routers[0].config]

    def registered():
        return sorted(int(name) for name in stand.redis.command("HKEYS", BUNDLES) if int(name) in numbers)

    killed = subprocess.Popen(list(map(str, words)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, **KEYS})
    assert eventually(registered, 30)
    killed.send_signal(signal.SIGKILL)
    output = killed.communicate()[0].decode()
    some = registered()
    assert 0 < len(some) < len(numbers), f"it was killed too late, or too early: {len(some)}"
    assert some == list(numbers)[:len(some)] and len(re.findall("is registered", output)) <= len(some)
    again = subprocess.run(list(map(str, words)), capture_output=True, text=True, env={**os.environ, **KEYS}, timeout=60)
    assert again.returncode == 0 and again.stdout.count("is registered already") == len(some), again.stdout + again.stderr
    assert registered() == list(numbers)
    noted = [int(entry["version"]) for entry in stand.audit() if entry["what"] == "register" and entry.get("by") == "ann"]
    assert noted == list(numbers), "a version was registered twice, or without a line of the history"
