/// Reads the events of Anthropic's and Ollama's own streams into the facts of those that pass.
extension EventReader {
  /// One event of Anthropic's; it goes by the data's `type`, as some leave the event's name out.
  func readMessage(_ event: UnsafeRawBufferPointer, into facts: inout StreamFacts) -> Verdict {
    collectData(event)
    guard let root = parsed() else { return peek.scratch.count > 0 ? .content : .silent }
    defer { peek.trim() }
    guard let type = root["type"]?.string else { return root["error"] == nil ? .silent : failed(&facts) }
    if type == "content_block_delta" || type == "content_block_start" { return .content }
    if type == "message_start" {
      take(root["message"]?["usage"], into: &facts)
    } else if type == "message_delta" {
      take(root["usage"], into: &facts)
      if let finish = root["delta"].flatMap({ Finish(ofMessage: $0) }) {
        (facts.finishReason, facts.finishedChoices) = (finish.reason.rawValue, 1)
      }
    } else if type == "message_stop" {
      facts.isDone = true
      return .ending
    } else if type == "error" {
      return failed(&facts)
    }
    return .silent
  }

  /// One line of Ollama's.
  func readLine(_ line: UnsafeRawBufferPointer, into facts: inout StreamFacts) -> Verdict {
    peek.scratch.removeAll()
    peek.scratch.append(line)
    guard line.contains(where: { $0 > 0x20 }) else { return .silent }
    guard let root = parsed() else { return .content }
    defer { peek.trim() }
    if let error = root["error"], !error.isNull { return failed(&facts) }
    guard root["done"]?.bool == true else { return .content }
    facts.usage = Usage.ofLine(root) ?? facts.usage
    if let reason = root["done_reason"]?.string {
      facts.finishReason = Finish.Reason(ofLine: reason.string).rawValue
    }
    (facts.finishedChoices, facts.isDone) = (1, true)
    return .ending
  }

  private func parsed() -> JSONValue? {
    guard peek.scratch.count > 0, let root = try? peek.parser.parse(peek.scratch), root.isObject else {
      return nil
    }
    return root
  }

  /// A stream tells it in pieces.
  private func take(_ usage: JSONValue?, into facts: inout StreamFacts) {
    var known = AnthropicUsage(facts.usage)
    known.take(usage)
    facts.usage = known.usage
  }

  private func failed(_ facts: inout StreamFacts) -> Verdict {
    facts.sawError = true
    return .error
  }
}
