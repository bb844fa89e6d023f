"""The configuration: what `check` says of it, and what `serve` refuses."""

import json
import re
import socket

import jsonschema
import pytest
import yaml

from support import BINARIES, KEYS, PROVIDER_KEY, REFUSED_KEY

SWITCHYARD = BINARIES / "switchyard"

VALID = """\
providers:
  one: { dialect: openai, base_url: "http://127.0.0.1:9/v1", api_key: "${PROVIDER_KEY}" }
deployments:
  d: { provider: one, model: m }
models:
  chat: { deployments: [d] }
server: { host: 127.0.0.1, port: PORT }
admin: { port: ADMIN, token: "${REFUSED_KEY}" }
"""

# Each change of the valid file, the text whose place is told, and what else is said.
MISTAKES = {
    "an unknown section": ("models:", "modles:", "modles", "did you mean 'models'"),
    "an unknown key": ("provider: one", "provder: one", "provder", "did you mean 'provider'"),
    "an unknown name": ("provider: one", "provider: two", "two", "two"),
    "a misspelled name": ("deployments: [d]", "deployments: [dd]", "dd]", "did you mean 'd'"),
    "a wrong type": ("port: PORT", "port: many", "many", "port"),
    "a port beyond all": ("port: PORT", "port: 70000", "70000", "65535"),
    "a missing variable": ("${PROVIDER_KEY}", "${NO_SUCH_KEY}", '"${NO_SUCH', "NO_SUCH_KEY"),
    "a key given twice": ("model: m", "model: m, model: n", "model: n", "model"),
    "no YAML": ("models:", "models: [", None, ""),
    "an ftp address": ("http://127.0.0.1:9/v1", "ftp://127.0.0.1/v1", '"ftp:', "http"),
    "an API open to all": ("server: { host: 127.0.0.1", "server: { host: 0.0.0.0", "0.0.0.0", "auth: { mode: none }"),
}


def place(path, text):
    """Line and column at which `text` stands, from 1."""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if text in line:
            return number, line.index(text) + 1
    raise AssertionError(text)


@pytest.fixture
def write(tmp_path):
    """Writes a configuration of the given text; answers its path."""
    def write(text=VALID, *changes):
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        (tmp_path / "switchyard.yaml").write_text(text.replace("PORT", "18080").replace("ADMIN", "18081"))
        return tmp_path / "switchyard.yaml"

    return write


@pytest.fixture
def check(run):
    return lambda *arguments: run(SWITCHYARD, "check", *arguments, environment=KEYS)


# check


def test_a_valid_file_is_accepted(check, write):
    checked = check("--config", write())
    assert checked.code == 0 and "valid" in checked.output


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_with_its_place_and_what_to_do(check, write, name):
    old, new, told, word = MISTAKES[name]
    path = write(VALID, (old, new))
    checked = check("--config", path)
    assert checked.code == 1 and word in checked.output
    places = [(int(line), int(column)) for line, column in re.findall(rf"^{re.escape(str(path))}:(\d+):(\d+): ", checked.output, re.M)]
    assert places and (told is None or place(path, told) in places), checked.output


def test_all_mistakes_are_told_at_once(check, write):
    path = write(VALID, ("base_url", "base_ulr"), ("model: m", "modell: m"), ("port: PORT", "port: 0x"))
    checked = check("--config", path)
    assert checked.code == 1
    assert {int(line) for line in re.findall(rf"^{re.escape(str(path))}:(\d+):\d+: ", checked.output, re.M)} >= {2, 4, 7}


def test_mistakes_are_told_to_programs_too(check, write):
    report = json.loads(check("--json", "--config", write(VALID, ("provider: one", "provider: two"))).output)
    assert report["valid"] is False and report["errors"][0]["line"] == 4


def test_a_file_that_is_missing_is_an_error_and_a_wrong_command_line_another(check, tmp_path):
    missing = check("--config", tmp_path / "none.yaml")
    assert missing.code == 1 and "none.yaml" in missing.output
    assert check("--no-such-option").code == 2


def test_the_printed_value_is_whole_masked_and_valid_itself(check, write, tmp_path):
    printed = check("--print", "--config", write())
    assert printed.code == 0 and PROVIDER_KEY not in printed.output and REFUSED_KEY not in printed.output
    assert "request_timeout:" in printed.output and "max_buffered:" in printed.output
    (tmp_path / "printed.yaml").write_text(printed.output)
    again = check("--print", "--config", tmp_path / "printed.yaml")
    assert (again.code, again.output) == (0, printed.output)


def test_a_key_written_in_the_clear_is_masked_too(check, write):
    path = write(VALID, ("${PROVIDER_KEY}", "sk-in-the-clear-123"))
    assert "in-the-clear" not in check("--print", "--config", path).output + check("--json", "--config", path).output


def test_the_schema_is_a_json_schema_that_accepts_the_sample(check):
    schema = json.loads(check("--schema").output)
    assert "json-schema.org" in schema["$schema"] and schema["type"] == "object"
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    sample = yaml.safe_load(VALID.replace("PORT", "1").replace("ADMIN", "2"))
    assert list(validator.iter_errors(sample)) == []
    sample["servr"] = {}
    assert list(validator.iter_errors(sample))


def test_parts_that_are_not_built_are_accepted_by_check_and_refused_by_serve(check, run, write):
    path = write(VALID + "state: { dir: kept }\nrollout: { lease: 1m }\n")
    checked, served = check("--config", path), run(SWITCHYARD, "serve", "--config", path, environment=KEYS)
    assert (checked.code, served.code) == (0, 1)
    assert re.search(r":\d+:\d+: state.dir: not built yet: .+", served.output)
    assert "rollout: not built" not in served.output


def test_serve_says_what_is_wrong_with_its_file_or_its_port(run, write):
    wrong = run(SWITCHYARD, "serve", "--config", write(VALID, ("provider: one", "provider: two")), environment=KEYS)
    assert wrong.code == 1 and "switchyard.yaml:4:18: " in wrong.output
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        taken = run(
            SWITCHYARD, "serve", "--config", write(VALID, ("PORT", str(holder.getsockname()[1]))), environment=KEYS)
    assert taken.code == 1 and "can't start" in taken.output
