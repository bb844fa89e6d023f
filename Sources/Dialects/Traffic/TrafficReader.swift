internal import Policy

/// Reads lines of traffic; reuses its parser. Confined to one thread.
package final class TrafficReader {
  private let parser = JSONParser()

  package init() {}

  /// What a line says. The places of its body are bytes of `text`.
  package func read(_ text: PaddedBytes) throws(TrafficFault) -> TrafficLine {
    defer { parser.trim() }
    let root: JSONValue
    do {
      root = try parser.parse(text)
    } catch {
      throw TrafficFault(PeekError.malformed(error).message.replacing("request body", with: "line"))
    }
    guard root.isObject else { throw TrafficFault("A line is a JSON object.") }
    var (members, source) = (root.members, parser.source(text))
    var reading = TrafficReading()
    while let (key, value) = members.next() {
      let place = source.next(isContainer: value.isContainer)
      try reading.take(key.string, value, place.value)
    }
    return try reading.finished()
  }
}

/// What has been read of a line.
private struct TrafficReading {
  private var line = TrafficLine(content: .body(0..<0))
  private var body: Range<Int>?
  /// The first member that says what a body would.
  private var sizes: String?
  private var facts = RequestFacts(surface: .chatCompletions)
  private var prompt = PromptFacts()
  private var seen: Set<String> = []

  mutating func take(_ key: String, _ value: JSONValue, _ place: Range<Int>) throws(TrafficFault) {
    guard seen.insert(key).inserted else { throw TrafficFault("'\(key.prefix(60))' is given twice.") }
    if value.isNull || key == "id" { return }
    if try takeEnvelope(key, value, place) { return }
    sizes = sizes ?? key
    guard try takeSize(key, value) else {
      throw TrafficFault("'\(key.prefix(60))' is no member of a line; Replay.md lists them.")
    }
  }

  /// What may stand beside a body.
  private mutating func takeEnvelope(
    _ key: String, _ value: JSONValue, _ place: Range<Int>
  ) throws(TrafficFault) -> Bool {
    switch key {
    case "at": line.at = Int64((try number(key, value, upTo: TrafficLine.latest) * 1_000).rounded())
    case "key": line.who = .key(try text(key, value))
    case "tenant": if case .nobody = line.who { line.who = .tenant(try text(key, value)) }
    case "path": line.path = try text(key, value)
    case "headers": line.headers = try headers(value)
    case "body":
      guard value.isObject else { throw TrafficFault("'body' is no object: write it as it was sent.") }
      body = place
    case "usage":
      guard let usage = Usage(value) else { throw TrafficFault("'usage' counts no tokens.") }
      line.use = .init(
        input: usage.input, cached: usage.cached, output: usage.output, reasoning: usage.reasoning)
    case "input_tokens": line.use.input = try count(key, value)
    case "output_tokens": line.use.output = try count(key, value)
    case "cached_tokens": line.use.cached = try count(key, value)
    case "reasoning_tokens": line.use.reasoning = try count(key, value)
    case "deployment": line.deployment = try text(key, value)
    case "took_ms": line.took = try number(key, value, upTo: TrafficLine.latest)
    default: return false
    }
    return true
  }

  /// What stands in the place of a body.
  private mutating func takeSize(_ key: String, _ value: JSONValue) throws(TrafficFault) -> Bool {
    switch key {
    case "model": facts.model = try text(key, value)
    case "max_tokens": facts.maxOutputTokens = try count(key, value)
    case "stream": facts.stream = try flag(key, value)
    case "turns": facts.messages = try count(key, value)
    case "images": facts.images = try count(key, value, upTo: 1_000_000)
    case "tools": facts.tools = try count(key, value)
    case "json": facts.wantsJSON = try flag(key, value)
    case "metadata": facts.metadata = try metadata(value)
    case "complexity": prompt.complexity = try number(key, value, upTo: 1)
    case "task_type":
      let name = try text(key, value)
      guard let task = TaskKind(name: name) else {
        throw TrafficFault("'task_type' is no task that is known.")
      }
      prompt.task = task
    case "domain":
      let name = try text(key, value)
      guard let domain = Domain(name: name) else { throw TrafficFault("'domain' is none that is known.") }
      prompt.domain = domain
    case "language": prompt.language = try text(key, value)
    case "code": prompt.hasCode = try flag(key, value)
    default: return false
    }
    return true
  }

  /// The line, once all members are taken.
  func finished() throws(TrafficFault) -> TrafficLine {
    var line = line
    if let body {
      if let sizes { throw TrafficFault("'\(sizes)' stands beside 'body', which says it.") }
      line.content = .body(body)
      return line
    }
    guard let input = line.use.input else {
      throw TrafficFault("The line has neither 'body' nor 'input_tokens'.")
    }
    guard let surface = Surface(rawValue: line.path) else {
      throw TrafficFault("There is nothing at the path '\(line.path.prefix(60))'.")
    }
    var facts = facts
    facts.surface = surface
    facts.messages = max(1, facts.messages)
    facts.textBytes = TokenEstimator.textBytes(ofInput: Int64(input), images: facts.images)
    facts.prompt = prompt
    line.content = .sizes(PeekedRequest(facts: facts, cuts: SpliceCuts(objectStart: 1)))
    return line
  }

  // MARK: Values

  private func text(_ key: String, _ value: JSONValue) throws(TrafficFault) -> String {
    guard let text = value.string else { throw TrafficFault("'\(key)' is no text.") }
    return text.string
  }

  private func flag(_ key: String, _ value: JSONValue) throws(TrafficFault) -> Bool {
    guard let flag = value.bool else { throw TrafficFault("'\(key)' is neither true nor false.") }
    return flag
  }

  private func count(
    _ key: String, _ value: JSONValue, upTo most: Int = Usage.maximum
  ) throws(TrafficFault) -> Int {
    guard let count = value.int, (0...most).contains(count) else {
      throw TrafficFault("'\(key)' is no whole number from 0 to \(most).")
    }
    return count
  }

  private func number(_ key: String, _ value: JSONValue, upTo most: Double) throws(TrafficFault) -> Double {
    guard let number = value.double, (0...most).contains(number) else {
      throw TrafficFault("'\(key)' is no number from 0 to \(most == 1 ? "1" : "1e12").")
    }
    return number
  }

  private func headers(_ value: JSONValue) throws(TrafficFault) -> [(name: String, value: String)] {
    guard value.isObject else { throw TrafficFault("'headers' is no object of names and texts.") }
    var headers: [(name: String, value: String)] = []
    var members = value.members
    while let (name, value) = members.next() {
      headers.append((name.string, try text("headers", value)))
    }
    return headers
  }

  private func metadata(_ value: JSONValue) throws(TrafficFault) -> [RequestFacts.Metadatum] {
    guard value.isObject else { throw TrafficFault("'metadata' is no object.") }
    var metadata: [RequestFacts.Metadatum] = []
    var members = value.members
    while let (name, value) = members.next() {
      guard let text = value.string?.string ?? value.int.map({ "\($0)" }) ?? value.bool.map({ "\($0)" })
      else { throw TrafficFault("'metadata' has what is no text, whole number or boolean.") }
      metadata.append(.init(name.string, text))
    }
    return metadata
  }
}
