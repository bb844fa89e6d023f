"""`switchyard traffic`, `replay` and `plan` as they are typed: made-up lines go through, bad ones are told, two configurations compared."""

import json
import subprocess

import pytest

from support import BINARIES, CLIENT_KEY, KEYS, PROMPT_MARK, SECRETS, prompt, sha256

CONFIG = """
server: { port: 8080 }
providers:
  cloud: { dialect: openai, base_url: "https://cloud.example/v1", api_key: "${PROVIDER_KEY}" }
deployments:
  small: { provider: cloud, model: small-1, price: { input: 1, output: 2 } }
  large: { provider: cloud, model: large-1, price: { input: 10, output: 20 } }
  own: { provider: cloud, model: own-1 }
models:
  chat: { deployments: [small] }
  big: { deployments: [large] }
  own: { deployments: [own] }
RULES
tenants:
  acme: { limits: [ { requests: 600, per: minute } ], keys: [ { id: wide, sha256: WIDE } ] }
"""

RULES = """
routing:
  rules:
    - { name: hard, condition: { any: [ { complexity: ">= 0.7" }, { task_type: code } ] }, model: big }
"""


@pytest.fixture(scope="module")
def configs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("replay")
    for name, rules in (("old", ""), ("new", RULES)):
        text = CONFIG.replace("WIDE", sha256(CLIENT_KEY)).replace("RULES", rules)
        (folder / f"{name}.yaml").write_text(text)
    return folder


def run(*words, code=0, lines=None):
    """Standard output and error; `lines` is what is read from standard input."""
    data = "".join(line if isinstance(line, str) else json.dumps(line) + "\n" for line in lines or []).encode()
    done = subprocess.run([BINARIES / "switchyard", *map(str, words)], input=data, capture_output=True, env=KEYS, timeout=60)
    out, err = done.stdout.decode(), done.stderr.decode()
    assert done.returncode == code, out + err
    assert not [secret for secret in SECRETS if secret in out + err]
    return out, err


def test_what_is_made_up_can_be_replayed(configs, tmp_path):
    words = ("traffic", "--mix", "chat:1,code:1", "--rate", 50, "--seconds", 20, "--key", "wide", "--model", "chat", "--seed", 7)
    made = run(*words)[0]
    assert made == run(*words)[0] != run(*words[:-1], 8)[0]
    path = tmp_path / "traffic.jsonl"
    path.write_text(made)
    out, err = run("replay", path, "--config", configs / "new.yaml", "--against", configs / "old.yaml", "--json")
    assert err == ""
    report = json.loads(out)
    assert report["lines"] == report["requests"] == len(made.splitlines()) and report["bad_lines"] == 0
    assert report["outcome"]["refused"].keys() <= {"rate_limit_exceeded"}
    assert report["outcome"]["limits"][0]["path"] == "tenants.acme.limits[0]"
    turned = {(change["from"].get("model"), change["to"].get("model")) for change in report["changes"]}
    assert ("chat", "big") in turned
    saved = report["outcome"]["total"]["microdollars"] - report["against"]["outcome"]["total"]["microdollars"]
    assert saved == sum(change["microdollars"] for change in report["changes"]) > 0
    text = run("replay", path, "--config", configs / "new.yaml", "--against", configs / "old.yaml")[0]
    assert "chat at small -> big at large" in text and "requests per minute of tenant acme" in text


def test_bad_lines_are_told_by_number_and_counted(configs):
    lines = [{"model": "chat", "input_tokens": 5, "output_tokens": 5}, "{\n", {"wrong": 1}, "\n"] + [{"at": "soon"}] * 12
    out, err = run("replay", "-", "--config", configs / "new.yaml", "--tenant", "acme", "--json", lines=lines)
    told = err.splitlines()
    assert len(told) == 11 and told[0].startswith("-:2: ") and told[1].startswith("-:3: 'wrong' is no member")
    assert told[-1] == "14 of 16 lines could not be played, these among them."
    assert json.loads(out)["requests"] == 1 and json.loads(out)["bad_lines"] == 14
    out, err = run("replay", "-", "--config", configs / "new.yaml", code=1, lines=[{"input_tokens": 5}])
    assert "names neither a key nor a tenant" in err


def test_a_body_is_routed_and_never_printed(configs):
    body = {"model": "chat", "messages": prompt()}
    line = {"key": "wide", "body": body, "usage": {"prompt_tokens": 100, "completion_tokens": 50}, "headers": {"x-task-type": "code"}}
    for words in ((), ("--json",)):
        out, err = run("replay", "-", "--config", configs / "new.yaml", *words, lines=[line, {**line, "body": []}])
        assert PROMPT_MARK not in out + err and "big" in out
    assert json.loads(out)["outcome"]["total"]["microdollars"] == 100 * 10 + 50 * 20


def test_progress_is_shown_where_it_is_wanted(configs, tmp_path):
    path = tmp_path / "traffic.jsonl"
    path.write_text('{"model": "chat", "input_tokens": 5, "output_tokens": 5}\n' * 10)
    words = ("replay", path, "--config", configs / "new.yaml", "--tenant", "acme")
    assert run(*words)[1] == "", "standard error is no terminal"
    assert "100 %  10 lines" in run(*words, "--progress")[1]


@pytest.mark.parametrize("words, said", [
    (("replay", "-", "--key", "a", "--tenant", "b"), "either --key or --tenant"),
    (("replay", "-", "--latency", "small"), "--latency wants"),
    (("traffic", "--mix", "chat"), "--mix wants"), (("traffic", "--mix", ""), "--mix wants"),
    (("traffic", "--rate", "0"), "--rate"), (("traffic", "--bursts", "1/2/3"), "--bursts wants"),
    (("plan", "--small", "chat", "--large", "chat"), "one model"),
    (("plan", "--small", "chat", "--large", "big", "--hourly", "own=1"), "neither --small nor --large"),
])
def test_words_that_mean_nothing_are_refused(words, said):
    assert said in run(*words, code=2)[1]


def test_a_plan_says_when_the_second_model_pays(configs):
    words = ("plan", "--config", configs / "new.yaml", "--small", "chat", "--large", "big", "--easy", "100/0", "--hard", "100/0")
    plan = json.loads(run(*words, "--rate", 1, "--json")[0])
    rows = plan["microdollars_an_hour"]
    assert len(rows) == 11 and rows[0]["small_only"] == 360_000 and rows[0]["large_only"] == 3_600_000
    assert rows[5]["routed"] == 1_800 * (100 + 1_000) and rows[5]["small_first"] == 1_800 * (100 + 1_100)
    assert plan["routed_below_large"] == [0, 1] and plan["small_first_below_large"] == [0, 0.9]
    assert "Routed costs less than big only at any share" in run(*words)[0]
    own = run("plan", "--config", configs / "new.yaml", "--small", "own", "--large", "big", code=1)[1]
    assert "A deployment of 'own' has no price" in own
