import NIOCore

/// The admin door: /sim/faults, /sim/log, /sim/bill, /sim/stats; /health and /metrics. Not logged, not billed.
struct Admin: Sendable {
  let simulator: Simulator
  let listeners: Listeners

  /// What is to be answered, and what must have happened before.
  struct Answer {
    var reply: Reply
    var after: EventLoopFuture<Void>?

    init(_ reply: Reply, after: EventLoopFuture<Void>? = nil) {
      self.reply = reply
      self.after = after
    }
  }

  /// nil: the request is not for this door.
  func take(_ request: HTTPRequest, from port: Int, on loop: any EventLoop) -> Answer? {
    switch request.head.route {
    case .health: Answer(.json(["status": "ok"]))
    case .metrics: Answer(Reply(status: 200, body: simulator.slots.metrics))
    case .admin("faults", _): faults(request, from: port, on: loop)
    case .admin("log", let query): log(request.head.method, query)
    case .admin("bill", _): Answer(.json(simulator.bill.json(simulator.settings.prices)))
    case .admin("stats", _): Answer(.json(simulator.stats))
    case .admin(let path, _): Answer(.error(404, "There is no /sim/\(path)."))
    default: nil
    }
  }

  private func log(_ method: RequestHead.Method, _ query: String) -> Answer {
    if method == .delete {
      simulator.resetRecords()
      return Answer(.json(["reset": .bool(true)]))
    }
    let since = query.hasPrefix("since=") ? UInt64(query.dropFirst("since=".count)) : 0
    guard let since else { return Answer(.error(400, "since must be a request's number.")) }
    let entries = simulator.log(since: since)
    return Answer(
      .json([
        "entries": .array(entries.map(\.json)), "last": .int(Int(entries.last?.id ?? since)),
      ]))
  }

  /// PUT replaces the rules, POST adds to them, DELETE takes them away and reopens closed ports.
  private func faults(_ request: HTTPRequest, from port: Int, on loop: any EventLoop) -> Answer {
    switch request.head.method {
    case .get: return Answer(.json(count))
    case .delete:
      simulator.replaceRules([])
      return Answer(.json(count), after: listeners.reopenAll(on: loop))
    case .put, .post: return install(request, from: port, on: loop)
    case .other: return Answer(.error(405, "Faults are PUT, POSTed or DELETEd."))
    }
  }

  private func install(_ request: HTTPRequest, from port: Int, on loop: any EventLoop) -> Answer {
    do {
      let document = try request.body.withUnsafeReadableBytes { bytes in try JSONValue(parsing: bytes) }
      let rules = try RuleParser.rules(from: document)
      let refusals = rules.filter(\.refuses)
      try check(refusals, from: port)
      if request.head.method == .put { simulator.replaceRules(rules) } else { simulator.addRules(rules) }
      let closed = refusals.map { listeners.refuse($0.match.port, for: $0.refusesFor, on: loop) }
      return Answer(.json(count), after: .andAllSucceed(closed, on: loop))
    } catch let error as JSONError {
      return Answer(.error(400, "Bad JSON: \(error.reason) at byte \(error.offset)."))
    } catch let error as RuleError {
      return Answer(.error(400, "Bad rule: \(error.reason)."))
    } catch {
      return Answer(.error(400, "\(error)"))
    }
  }

  /// A port that refuses everybody must have another way to be opened again.
  private func check(_ refusals: [Rule], from port: Int) throws(RuleError) {
    for rule in refusals where rule.refusesFor == nil && !listeners.isControl(port) {
      guard let target = rule.match.port, target != port else {
        throw RuleError(
          reason: "refuse would lock this door: say for how long (\"for\": \"2s\"), or use --control-port")
      }
    }
  }

  private var count: JSONValue {
    ["rules": .int(simulator.ruleCount)]
  }
}
