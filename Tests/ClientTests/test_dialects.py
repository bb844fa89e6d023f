"""The official clients of Anthropic's and Ollama's APIs against a router whose providers speak OpenAI's."""

import json

import pytest

from support import CLIENT_KEY, prompt

anthropic = pytest.importorskip("anthropic")
ollama = pytest.importorskip("ollama")

WEATHER = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


@pytest.fixture
def claude(router):
    with anthropic.Anthropic(base_url=router.url, api_key=CLIENT_KEY, max_retries=0, timeout=15) as client:
        yield client


@pytest.fixture
def llama(router):
    return ollama.Client(host=router.url, headers={"authorization": f"Bearer {CLIENT_KEY}"}, timeout=15)


def test_a_message_is_answered_with_text_and_usage(claude):
    message = claude.messages.create(model="solo", max_tokens=64, system="Be brief.", messages=prompt(tokens=5))
    assert message.type == "message" and message.stop_reason == "end_turn"
    assert len(message.content[0].text.split()) == 5
    assert message.usage.output_tokens == 5 and message.usage.input_tokens > 0


def test_a_streamed_message_has_its_events_in_order(claude):
    plain = claude.messages.create(model="solo", max_tokens=64, messages=prompt(tokens=8)).content[0].text
    with claude.messages.stream(model="solo", max_tokens=64, messages=prompt(tokens=8)) as stream:
        assert "".join(stream.text_stream) == plain
        assert stream.get_final_message().usage.output_tokens == 8
    events = [event.type for event in claude.messages.create(
        model="solo", max_tokens=64, messages=prompt(tokens=8), stream=True)]
    assert events[:2] == ["message_start", "content_block_start"]
    assert events[-3:] == ["content_block_stop", "message_delta", "message_stop"]


def test_a_message_may_ask_for_a_tool(claude):
    tool = {"name": "get_weather", "description": "The weather.", "input_schema": WEATHER}
    message = claude.messages.create(
        model="solo", max_tokens=64, tools=[tool], tool_choice={"type": "tool", "name": "get_weather"}, messages=prompt())
    assert message.stop_reason == "tool_use"
    call = next(block for block in message.content if block.type == "tool_use")
    assert call.name == "get_weather" and isinstance(call.input, dict)


def test_errors_are_the_clients_own(claude, llama):
    with pytest.raises(anthropic.NotFoundError) as missing:
        claude.messages.create(model="gone", max_tokens=4, messages=prompt())
    assert missing.value.body["error"]["type"] == "not_found_error"
    with pytest.raises(anthropic.AuthenticationError):
        claude.with_options(api_key="sk-wrong").messages.create(model="solo", max_tokens=4, messages=prompt())
    with pytest.raises(ollama.ResponseError) as gone:
        llama.chat(model="gone", messages=prompt())
    assert gone.value.status_code == 404


def test_models_and_tokens_are_known(claude, llama):
    assert "solo" in {model.id for model in claude.models.list()}
    assert "solo" in {model.model for model in llama.list().models}
    assert claude.messages.count_tokens(model="solo", messages=prompt()).input_tokens > 0


def test_an_ollama_chat_is_answered_at_once_and_in_pieces(llama):
    answer = llama.chat(model="solo", messages=prompt(tokens=6))
    assert answer.done and len(answer.message.content.split()) == 6 and answer.eval_count == 6
    pieces = list(llama.chat(model="solo", messages=prompt(tokens=6), stream=True))
    assert "".join(piece.message.content for piece in pieces) == answer.message.content
    assert [piece.done for piece in pieces] == [False] * (len(pieces) - 1) + [True]


def test_what_ollama_generates_is_a_chat_of_one_turn(llama):
    answer = llama.generate(model="solo", prompt=prompt(tokens=4)[0]["content"])
    assert answer.done and len(answer.response.split()) == 4


def test_ollama_embeds(llama):
    answer = llama.embed(model="solo", input=["a", "b"])
    assert len(answer.embeddings) == 2 and len(answer.embeddings[0]) > 0


def test_what_is_lost_is_told(http):
    body = {"model": "solo", "max_tokens": 8, "top_k": 3, "messages": prompt(tokens=2)}
    answer = http.post("/v1/messages", content=json.dumps(body))
    assert answer.status_code == 200
    assert "top_k" in answer.headers["x-switchyard-dropped"]
