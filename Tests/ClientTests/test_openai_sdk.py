"""The official OpenAI client, synchronous and not, against a router that it takes for OpenAI."""

import asyncio
import json

import openai
import pydantic
import pytest

from support import CLIENT_KEY, NARROW_KEY, eventually, prompt

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {
            "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False,
        },
    },
}
PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")


class Answer(pydantic.BaseModel):
    answer: str
    confidence: int


def other_client(router, **options):
    return openai.OpenAI(**{"base_url": f"{router.url}/v1", "api_key": CLIENT_KEY, "max_retries": 0, "timeout": 15, **options})


# Answers


def test_a_chat_is_answered_with_text_and_usage(client):
    answer = client.chat.completions.create(model="solo", messages=prompt(tokens=5))
    assert answer.choices[0].finish_reason == "stop"
    assert len(answer.choices[0].message.content.split()) == 5
    assert answer.usage.completion_tokens == 5
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + 5


def test_several_choices_are_answered(client):
    assert len(client.chat.completions.create(model="solo", messages=prompt(), n=3).choices) == 3


def test_an_asynchronous_client_has_many_chats_and_streams_at_once(router):
    async def stream(client):
        chunks = [chunk async for chunk in await client.chat.completions.create(
            model="pair", messages=prompt(tokens=8), stream=True)]
        return "".join(chunk.choices[0].delta.content or "" for chunk in chunks)

    async def all_at_once():
        async with openai.AsyncOpenAI(base_url=f"{router.url}/v1", api_key=CLIENT_KEY, max_retries=0) as client:
            chats = [client.chat.completions.create(model="pair", messages=prompt(tokens=8)) for _ in range(30)]
            answers = await asyncio.gather(*chats, *[stream(client) for _ in range(30)])
        return [answer if isinstance(answer, str) else answer.choices[0].message.content for answer in answers]

    texts = asyncio.run(all_at_once())
    assert len(texts) == 60 and set(texts) == {texts[0]} and len(texts[0].split()) == 8


def test_a_stream_has_its_chunks_in_order_and_one_finish_reason(client):
    plain = client.chat.completions.create(model="solo", messages=prompt(tokens=12)).choices[0].message.content
    chunks = list(client.chat.completions.create(model="solo", messages=prompt(tokens=12), stream=True))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == plain
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices[0].finish_reason] == ["stop"]


def test_a_streams_usage_arrives_where_it_was_asked_for(client, alpha, tag):
    chunks = list(client.chat.completions.create(
        model="solo", messages=prompt(tag, tokens=7), stream=True, stream_options={"include_usage": True}))
    assert chunks[-1].choices == [] and chunks[-1].usage.completion_tokens == 7
    assert alpha.log(tag)[0]["body"].count("include_usage") == 1


def test_a_streams_usage_is_counted_and_hidden_where_it_was_not_asked_for(client, alpha, router, tag):
    answer = client.chat.completions.with_raw_response.create(model="solo", messages=prompt(tag, tokens=7), stream=True)
    chunks = list(answer.parse())
    assert all(len(chunk.choices) == 1 and chunk.usage is None for chunk in chunks)
    assert json.loads(alpha.log(tag)[0]["body"])["stream_options"] == {"include_usage": True}
    line = router.access_log(answer.headers["x-request-id"])
    assert (line["output_tokens"], line["finish_reason"], line["stream"]) == (7, "stop", True)
    assert line["input_tokens"] > 0


def test_other_stream_options_survive_the_injection(client, alpha, tag):
    options = {"include_obfuscation": False}
    list(client.chat.completions.create(model="solo", messages=prompt(tag), stream=True, stream_options=options))
    assert json.loads(alpha.log(tag)[0]["body"])["stream_options"] == {"include_obfuscation": False, "include_usage": True}


def test_tokens_and_cost_of_streams_and_plain_answers_are_counted(client, router):
    before = router.metric("switchyard_tokens_total", model="solo", type="output")
    list(client.chat.completions.create(model="solo", messages=prompt(tokens=11), stream=True))
    client.chat.completions.create(model="solo", messages=prompt(tokens=13))
    eventually(lambda: router.metric("switchyard_tokens_total", model="solo", type="output") == before + 24)
    assert router.metric("switchyard_tokens_total", model="solo", type="output") == before + 24
    assert router.metric("switchyard_cost_dollars_total", model="solo") > 0


# Tools, formats, images


def test_a_tool_is_called(client):
    answer = client.chat.completions.create(model="solo", messages=prompt(), tools=[WEATHER], tool_choice="required")
    call = answer.choices[0].message.tool_calls[0]
    assert answer.choices[0].finish_reason == "tool_calls"
    assert call.function.name == "get_weather" and "city" in json.loads(call.function.arguments)


def test_a_streamed_tool_call_arrives_in_pieces_that_fit_together(client):
    stream = client.chat.completions.create(
        model="solo", messages=prompt(), tools=[WEATHER], tool_choice="required", stream=True)
    chunks = list(stream)
    calls = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or []]
    assert calls[0].function.name == "get_weather" and len(calls) > 2
    assert "city" in json.loads("".join(call.function.arguments or "" for call in calls))
    assert chunks[-1].choices[0].finish_reason == "tool_calls"


def test_the_clients_own_stream_helper_accepts_the_events(client):
    with client.chat.completions.stream(model="solo", messages=prompt(tokens=6)) as stream:
        kinds = [event.type for event in stream]
        assert len(stream.get_final_completion().choices[0].message.content.split()) == 6
    assert "content.delta" in kinds and kinds[-1] == "content.done"


def test_json_mode_answers_json(client):
    answer = client.chat.completions.create(model="solo", messages=prompt(), response_format={"type": "json_object"})
    assert isinstance(json.loads(answer.choices[0].message.content), dict)


def test_a_json_schema_is_kept_and_parsed(client, alpha, tag):
    answer = client.beta.chat.completions.parse(model="solo", messages=prompt(tag), response_format=Answer)
    assert isinstance(answer.choices[0].message.parsed, Answer)
    assert json.loads(alpha.log(tag)[0]["body"])["response_format"]["json_schema"]["strict"] is True


def test_an_image_by_data_url_reaches_the_provider_untouched(client, alpha, tag):
    parts = [{"type": "text", "text": tag}, {"type": "image_url", "image_url": {"url": PIXEL, "detail": "low"}}]
    client.chat.completions.create(model="solo", messages=[{"role": "user", "content": parts}])
    assert json.loads(alpha.log(tag)[0]["body"])["messages"][0]["content"] == parts


# Other surfaces


@pytest.mark.parametrize("encoding", ["float", "base64"])
def test_embeddings_come_one_per_text(client, encoding):
    answer = client.embeddings.create(model="solo", input=["one", "two"], dimensions=16, encoding_format=encoding)
    assert [item.index for item in answer.data] == [0, 1] and len(answer.data[0].embedding) in (16, 88)


def test_embeddings_of_one_text_are_the_same_each_time(client):
    first, again, other = (client.embeddings.create(model="solo", input=text).data[0].embedding for text in ("a", "a", "b"))
    assert first == again != other


def test_legacy_completions_are_answered_plain_and_streamed(client):
    plain = client.completions.create(model="solo", prompt="Once upon a time", max_tokens=4)
    stream = client.completions.create(model="solo", prompt="Once upon a time", max_tokens=4, stream=True)
    chunks = list(stream)
    assert "".join(chunk.choices[0].text for chunk in chunks) == plain.choices[0].text
    assert all(chunk.usage is None for chunk in chunks) and chunks[-1].choices[0].finish_reason


def test_responses_are_answered_plain(client):
    answer = client.responses.create(model="solo", input="Say something. [[sim:tokens=5]]")
    assert answer.status == "completed" and len(answer.output_text.split()) == 5
    assert answer.usage.output_tokens == 5


def test_responses_are_streamed_and_their_tokens_counted(client, router):
    before = router.metric("switchyard_tokens_total", model="solo", type="output")
    events = list(client.responses.create(model="solo", input="Say something. [[sim:tokens=5]]", stream=True))
    assert events[0].type == "response.created" and events[-1].type == "response.completed"
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert text == events[-1].response.output_text and len(text.split()) == 5
    assert eventually(lambda: router.metric("switchyard_tokens_total", model="solo", type="output") == before + 5)


def test_responses_stream_a_function_call(client):
    tool = {"type": "function", "name": "get_weather", "parameters": WEATHER["function"]["parameters"], "strict": True}
    events = list(client.responses.create(model="solo", input="Weather?", tools=[tool], tool_choice="required", stream=True))
    assert events[-1].response.output[0].name == "get_weather"


def test_the_models_of_the_key_are_listed(client, router):
    names = {model.id for model in client.models.list()}
    assert {"solo", "single", "pair", "dead-first"} <= names
    with other_client(router, api_key=NARROW_KEY) as narrow:
        assert {model.id for model in narrow.models.list()} <= {"solo", "single"}


def test_one_model_is_retrieved(client):
    model = client.models.retrieve("solo")
    assert (model.id, model.object) == ("solo", "model")
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("nothing")


def test_an_alias_is_served_by_its_model(client):
    assert client.chat.completions.with_raw_response.create(
        model="single", messages=prompt()).headers["x-switchyard-model"] == "solo"
