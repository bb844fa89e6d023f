"""The official OpenAI client where something goes wrong or is called off; headers; fields that nobody knows."""

import asyncio
import json
import time

import httpx
import openai
import pytest

from support import CLIENT_KEY, NARROW_KEY, prompt


@pytest.fixture
def router(fresh_router):
    return fresh_router


@pytest.fixture
def client(router):
    with other_client(router) as client:
        yield client


@pytest.fixture
def http(router):
    with httpx.Client(base_url=router.url, headers={"authorization": f"Bearer {CLIENT_KEY}"}, timeout=15) as client:
        yield client


def other_client(router, **options):
    return openai.OpenAI(**{"base_url": f"{router.url}/v1", "api_key": CLIENT_KEY, "max_retries": 0, "timeout": 15, **options})


def chat(client, model="solo", text="Say something.", **directive):
    return client.chat.completions.create(model=model, messages=prompt(text, **directive))


# Headers


def test_headers_say_where_an_answer_comes_from(client):
    headers = client.chat.completions.with_raw_response.create(model="solo", messages=prompt()).headers
    assert headers["x-request-id"].startswith("req_")
    assert headers["x-switchyard-model"] == "solo" and headers["x-switchyard-deployment"] == "sim-a"
    assert headers["x-switchyard-attempts"] == "1" and "x-switchyard-fallback" not in headers
    assert "upstream;dur=" in headers["server-timing"] and "overhead;dur=" in headers["server-timing"]


def test_headers_of_a_stream_say_so_too(client):
    answer = client.chat.completions.with_raw_response.create(model="solo", messages=prompt(), stream=True)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["x-switchyard-deployment"] == "sim-a" and answer.headers["x-request-id"]
    list(answer.parse())


def test_the_clients_request_id_is_echoed_and_logged(client, router, tag):
    answer = client.chat.completions.with_raw_response.create(
        model="solo", messages=prompt(), extra_headers={"x-request-id": tag})
    assert answer.headers["x-request-id"] == tag and answer.parse()._request_id == tag
    assert router.access_log(tag)["status"] == 200


@pytest.mark.parametrize("bad", ["has space", 'quote"', "x" * 129])
def test_an_unsafe_request_id_is_replaced(client, bad):
    answer = client.chat.completions.with_raw_response.create(
        model="solo", messages=prompt(), extra_headers={"x-request-id": bad})
    assert answer.headers["x-request-id"].startswith("req_")


# Classes of errors


def test_no_key_is_an_authentication_error(router):
    answer = httpx.post(f"{router.url}/v1/chat/completions", json={"model": "solo", "messages": prompt()})
    assert answer.status_code == 401 and answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["error"]["code"] == "missing_api_key"


def test_a_wrong_key_is_an_authentication_error_that_does_not_repeat_the_key(router):
    with other_client(router, api_key="sy-wrong-key-0000") as stranger, pytest.raises(openai.AuthenticationError) as caught:
        chat(stranger)
    assert caught.value.code == "invalid_api_key" and caught.value.type == "authentication_error"
    assert "sy-wrong" not in caught.value.response.text


@pytest.mark.parametrize("key, model", [(CLIENT_KEY, "gpt-unheard-of"), (NARROW_KEY, "pair")])
def test_an_unknown_or_forbidden_model_is_not_found(router, key, model):
    with other_client(router, api_key=key) as client, pytest.raises(openai.NotFoundError) as caught:
        chat(client, model)
    error = caught.value
    assert (error.code, error.param, error.body["source"]) == ("model_not_found", "model", "client")
    assert model in error.message and "/v1/models" in error.message


def test_an_unknown_path_is_not_found_and_served_ones_are_named(client):
    with pytest.raises(openai.NotFoundError, match="/v1/chat/completions"):
        client.post("/nonsense", body={}, cast_to=object)


def test_408_reaches_the_client(client):
    with pytest.raises(openai.APIStatusError) as caught:
        chat(client, status=408)
    assert caught.value.status_code == 408


def test_429_is_a_rate_limit_error_with_its_retry_after(client):
    with pytest.raises(openai.RateLimitError) as caught:
        chat(client, status=429, retry_after=7)
    assert caught.value.response.headers["retry-after"] == "7"


@pytest.mark.parametrize("directive", [{"retry_after": 1}, {"retry_after_ms": 300}])
def test_the_clients_own_retry_of_a_429_succeeds(router, alpha, tag, directive):
    start = time.monotonic()
    with other_client(router, max_retries=2) as patient:
        chat(patient, text=tag, status=429, first=1, id=tag, **directive)
    assert [entry["status"] for entry in alpha.log(tag)] == [429, 200]
    assert time.monotonic() - start >= 0.25


def test_500_is_an_internal_server_error_that_the_client_is_told_not_to_retry(client):
    with pytest.raises(openai.InternalServerError) as caught:
        chat(client, status=500)
    headers = caught.value.response.headers
    assert headers["x-should-retry"] == "false" and headers["x-switchyard-attempts"] == "3"


def test_the_providers_own_message_of_a_bad_request_reaches_the_client(client, alpha, tag):
    with pytest.raises(openai.BadRequestError, match="Bad .*directive") as caught:
        chat(client, text=tag, nonsense=1)
    assert caught.value.code == "bad_directive" and len(alpha.log(tag)) == 1


@pytest.mark.parametrize("status, kind", [
    (404, openai.NotFoundError), (413, openai.APIStatusError), (422, openai.UnprocessableEntityError)])
def test_other_refusals_of_the_provider_reach_the_client(client, alpha, tag, status, kind):
    with pytest.raises(kind) as caught:
        chat(client, text=tag, status=status)
    assert caught.value.status_code == status and len(alpha.log(tag)) == 1


# Time, and change of mind


def test_a_clients_timeout_cancels_the_attempt(router, alpha, tag):
    with other_client(router, timeout=0.4) as hasty, pytest.raises(openai.APITimeoutError):
        chat(hasty, text=tag, ttft="5s")
    entry = alpha.log(tag)[0]
    assert alpha.cancellation(entry["id"])["after_ms"] < 1400


def test_x_request_timeout_ms_ends_in_deadline_exceeded(client, alpha, tag):
    start = time.monotonic()
    with pytest.raises(openai.InternalServerError) as caught:
        client.chat.completions.create(
            model="solo", messages=prompt(tag, ttft="5s"), extra_headers={"x-request-timeout-ms": "400"})
    assert caught.value.status_code == 504 and caught.value.code == "deadline_exceeded"
    assert 0.35 < time.monotonic() - start < 1.4
    assert alpha.cancellation(alpha.log(tag)[0]["id"])


def test_the_deadline_ends_a_running_stream_in_an_error(client):
    stream = client.chat.completions.create(
        model="solo", messages=prompt(tokens=100, per_token="50ms"), stream=True,
        extra_headers={"x-request-timeout-ms": "600"})
    chunks = []
    with pytest.raises(openai.APIError, match="deadline"):
        for chunk in stream:
            chunks.append(chunk)
    assert 3 < len(chunks) < 60


def cancelled_within(alpha, tag, closed_at):
    """Milliseconds from the client's going to the end of the attempt, as the simulator saw it."""
    entry = alpha.log(tag)[0]
    return entry["time"] * 1000 + alpha.cancellation(entry["id"])["after_ms"] - closed_at * 1000


def test_closing_a_stream_cancels_the_attempt_soon(client, alpha, tag, record_property):
    stream = client.chat.completions.create(model="solo", messages=prompt(tag, tokens=200, per_token="50ms"), stream=True)
    for _, _ in zip(range(3), stream):
        pass
    closed_at = time.time()
    stream.close()
    delay = cancelled_within(alpha, tag, closed_at)
    record_property("cancelled_after_ms", round(delay, 1))
    print(f"cancelled after {delay:.1f} ms")
    assert delay < 1000


def test_cancelling_a_task_cancels_its_attempt_soon(router, alpha, tag):
    async def cancel():
        async with openai.AsyncOpenAI(base_url=f"{router.url}/v1", api_key=CLIENT_KEY, max_retries=0) as client:
            task = asyncio.create_task(client.chat.completions.create(model="solo", messages=prompt(tag, ttft="5s")))
            await asyncio.sleep(0.4)
            closed_at = time.time()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            return closed_at

    delay = cancelled_within(alpha, tag, asyncio.run(cancel()))
    print(f"cancelled after {delay:.1f} ms")
    assert delay < 1000


def test_a_client_that_went_away_is_logged_and_counted(client, router, tag):
    before = router.metric("switchyard_client_disconnects_total")
    stream = client.chat.completions.create(
        model="solo", messages=prompt(tokens=200, per_token="50ms"), stream=True, extra_headers={"x-request-id": tag})
    next(iter(stream))
    stream.close()
    line = router.access_log(tag)
    assert line["client_gone"] is True and line["error_source"] == "client"
    assert router.metric("switchyard_client_disconnects_total") == before + 1


# What nobody knows, and what nobody may see


def test_unknown_fields_of_a_request_reach_the_provider_untouched(http, alpha, tag):
    odd = '"odd": {"deep": [1, 0.10000000000000000001, -0, "\\u00e9é"]}, "big": 18446744073709551615'
    body = '{ "zeta":null, "model" : "solo" ,' + odd + ', "messages":' + json.dumps(prompt(tag)) + ' , "last": true }'
    answer = http.post("/v1/chat/completions", content=body.encode(), headers={"content-type": "application/json"})
    assert answer.status_code == 200, answer.text
    assert alpha.log(tag)[0]["body"] == body.replace('"solo"', '"sim-a"')


def test_unknown_fields_of_an_answer_reach_the_client(client):
    answer = client.chat.completions.create(model="solo", messages=prompt(status=200, body='{"new_field":{"x":[1]}}'))
    assert answer.model_extra["new_field"] == {"x": [1]}


def test_the_provider_sees_its_own_key_and_no_header_of_the_client(client, alpha, tag):
    client.chat.completions.create(
        model="solo", messages=prompt(tag),
        extra_headers={"x-secret": "mine", "cookie": "a=b", "x-api-key": CLIENT_KEY, "x-switchyard-attempt": "9"})
    entry = alpha.log(tag)[0]
    assert entry["key"] == "2a6b" and entry["status"] == 200
    assert set(entry["headers"]) == {"x-request-timeout-ms", "x-switchyard-attempt"}
    assert entry["headers"]["x-switchyard-attempt"] == "9", "who is asked next is not to try again either"
    assert 55_000 < int(entry["headers"]["x-request-timeout-ms"]) <= 60_000, "what is left of request_timeout"
