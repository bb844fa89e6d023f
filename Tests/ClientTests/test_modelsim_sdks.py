"""The simulated provider as the official clients of the APIs that it speaks see it. Each needs its package."""

import json

import pytest

from support import Simulator

WEATHER = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
KEY = "sk-simulated-7c1e"


@pytest.fixture(scope="module")
def simulator(processes):
    processes.append(simulator := Simulator("--key", KEY))
    return simulator


@pytest.fixture
def claude(simulator):
    package = pytest.importorskip("anthropic")
    return package.Anthropic(base_url=simulator.url, api_key=KEY, max_retries=0, timeout=15)


@pytest.fixture
def llama(simulator):
    package = pytest.importorskip("ollama")
    return package.Client(host=simulator.url, headers={"authorization": f"Bearer {KEY}"}, timeout=15)


def user(content):
    return {"role": "user", "content": content}


def test_claude_loops_over_a_tool(claude):
    tools = [{"name": "get_weather", "description": "The weather.", "input_schema": WEATHER}]
    messages = [user("Weather?")]
    first = claude.messages.create(model="m", max_tokens=99, messages=messages, tools=tools)
    call = first.content[0]
    assert (first.stop_reason, call.name, call.input) == ("tool_use", "get_weather", {"city": "text"})
    messages += [
        {"role": "assistant", "content": first.content},
        user([{"type": "tool_result", "tool_use_id": call.id, "content": "Sunny."}])]
    second = claude.messages.create(model="m", max_tokens=99, messages=messages, tools=tools)
    assert second.stop_reason == "end_turn" and len(second.content[0].text.split()) == 16


def test_claude_streams_thoughts_text_and_calls(claude):
    prompt = "[[sim:thinking=3,text=Let me look,tool=get_weather,calls=2]]"
    with claude.messages.stream(model="m", max_tokens=99, messages=[user(prompt)]) as stream:
        kinds = [event.type for event in stream]
        message = stream.get_final_message()
    assert [block.type for block in message.content] == ["thinking", "text", "tool_use", "tool_use"]
    assert message.content[0].signature and message.content[1].text == "Let me look"
    assert message.stop_reason == "tool_use" and kinds[-1] == "message_stop"
    assert message.usage.output_tokens == 3 + 3 + 2


def test_claude_counts_and_is_refused(claude):
    import anthropic
    assert claude.messages.count_tokens(model="m", messages=[user("12345678")]).input_tokens == 2
    with pytest.raises(anthropic.BadRequestError, match="roles must alternate"):
        claude.messages.create(model="m", max_tokens=9, messages=[user("x"), user("y")])
    with pytest.raises(anthropic.RateLimitError):
        claude.messages.create(model="m", max_tokens=9, messages=[user("[[sim:status=429]]")])


def test_llama_chats_streams_and_embeds(llama):
    tools = [{"type": "function", "function": {"name": "get_weather", "description": "", "parameters": WEATHER}}]
    call = llama.chat(model="m", messages=[user("Weather?")], tools=tools).message.tool_calls[0]
    assert (call.function.name, dict(call.function.arguments)) == ("get_weather", {"city": "text"})
    parts = list(llama.chat(model="m", messages=[user("[[sim:tokens=5]] Hello")], stream=True))
    assert len("".join(part.message.content for part in parts).split()) == 5
    assert parts[-1].done and parts[-1].eval_count == 5
    assert json.loads(llama.generate(model="m", prompt="x", format="json").response)
    assert len(llama.embed(model="m", input=["a", "b"]).embeddings) == 2
    assert [model.model for model in llama.list().models] == ["modelsim-1"]
