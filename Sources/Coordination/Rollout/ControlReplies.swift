import Policy

/// Reads what the scripts of control answer. Nil everywhere means: nothing that the script says.
enum ControlReplies {
  static func take(_ reply: Reply) -> ControlTake? {
    guard let parts = reply.parts, parts.count == 4, let epoch = parts[1].number, let left = parts[2].number,
      let holder = parts[3].text
    else { return nil }
    switch parts[0] {
    case .number(1): return .held(epoch: epoch, left: left)
    case .number(0): return .other(epoch: epoch, left: left, holder: holder)
    default: return nil
    }
  }

  static func release(_ reply: Reply) -> Bool? {
    switch reply {
    case .number(1): true
    case .number(0): false
    default: nil
    }
  }

  static func put(_ reply: Reply) -> ControlPut.Reply? {
    guard let parts = reply.parts, parts.count > 1 else { return nil }
    switch (parts[0], parts[1], parts.count > 2 ? parts[2] : .none) {
    case (.number(1), .number(let version), _): return .stored(version: version)
    case (.number(2), .number(let epoch), .number(let version)):
      guard ControlRule.isNumber(epoch), ControlRule.isNumber(version) else { return nil }
      return .conflict(ControlPosition(epoch: epoch, version: version))
    case (.number(3), .number(let epoch), _): return .fenced(epoch: epoch)
    case (.number(4), .bytes, _): return parts[1].text.map { .vetoed(field: $0) }
    default: return nil
    }
  }

  static func stamp(_ reply: Reply) -> ControlGuarded<Int64>? {
    switch reply.numbers {
    case let numbers? where numbers.count == 2 && numbers[0] == 1: .done(numbers[1])
    case let numbers? where numbers.count == 2 && numbers[0] == 3: .fenced(epoch: numbers[1])
    default: nil
    }
  }

  static func sync(_ reply: Reply, to sync: ControlSync) -> ControlSync.Reply? {
    guard let parts = reply.parts, parts.count == 14, let leader = parts[3].text,
      let vetoes = parts[9].fields,
      let fields = parts[13].fields
    else { return nil }
    let numbers = [0, 1, 2, 4, 5, 6, 7, 8, 10, 11, 12].compactMap { parts[$0].number }
    guard numbers.count == 11, ControlRule.isNumber(numbers[8]), ControlRule.isNumber(numbers[9]) else {
      return nil
    }
    let stamp = ControlStamp(epoch: numbers[3], count: numbers[4], age: numbers[5])
    let position = ControlPosition(epoch: numbers[8], version: numbers[9])
    let hasNewVetoes = numbers[7] != sync.vetoMark
    var change = ControlSync.Reply.Change.same
    if numbers[10] == 1 {
      guard fields.isEmpty || ControlConfig(fields: fields)?.position == position else { return nil }
      change = ControlConfig(fields: fields).map { .config($0) } ?? .gone
    }
    return ControlSync.Reply(
      now: numbers[0], epoch: numbers[1], left: numbers[2], leader: leader,
      stamp: stamp.age < 0 ? nil : stamp, replicas: numbers[6],
      vetoes: hasNewVetoes ? ControlVetoes(fields: vetoes) : nil,
      position: position, change: change)
  }

  static func veto(_ reply: Reply) -> ControlVeto.Reply? {
    guard let numbers = reply.numbers, numbers.count == 2, 0...1 ~= numbers[1] else { return nil }
    return ControlVeto.Reply(votes: numbers[0], isVetoed: numbers[1] == 1)
  }

  static func answer(_ reply: Reply) -> ControlAnswer.Reply? {
    switch (reply.numbers?.first, reply.numbers?.count) {
    case (1, 2): reply.numbers.map { .answered(removed: $0[1]) }
    case (2, 1): .unknown
    case (3, 2): reply.numbers.map { .fenced(epoch: $0[1]) }
    default: nil
    }
  }

  static func judge(_ reply: Reply) -> ControlJudgePut.Reply? {
    guard let numbers = reply.numbers else { return nil }
    switch (numbers.first, numbers.count) {
    case (1, 2): return .stored(second: numbers[1])
    case (2, 3): return .conflict(version: numbers[1], second: numbers[2])
    case (0, 2): return .early(now: numbers[1])
    case (3, 2): return .fenced(epoch: numbers[1])
    default: return nil
    }
  }

  static func bundle(_ reply: Reply) -> ControlBundle.Reply? {
    guard let parts = reply.parts, parts.count == 2 else { return nil }
    switch (parts[0], parts[1]) {
    case (.number(1), .number(let isNew)) where 0...1 ~= isNew: return .registered(isNew: isNew == 1)
    case (.number(2), .bytes): return parts[1].text.map { .other(text: $0) }
    case (.number(0), .number(let count)): return .full(count)
    default: return nil
    }
  }

  static func evaluate(_ reply: Reply) -> ControlEvaluation.Reply? {
    switch reply.numbers {
    case [1]: .kept
    case [0]: .unknown
    default: nil
    }
  }

  static func ask(_ reply: Reply) -> ControlAsk.Reply? {
    guard let parts = reply.parts else { return nil }
    switch (parts.first, parts.count) {
    case (.number(1), 1): return .waits
    case (.number(2), 2): return parts[1].text.map { .answered($0) }
    case (.number(3), 1): return .taken
    case (.number(0), 2): return parts[1].number.map { .full($0) }
    default: return nil
    }
  }

  static func count(_ reply: Reply) -> ControlCount.Reply? {
    guard let numbers = reply.numbers, numbers.count == 2 else { return nil }
    switch numbers[0] {
    case 1: return .counted(now: numbers[1])
    case 2: return .repeated(now: numbers[1])
    case 0: return .late(now: numbers[1])
    default: return nil
    }
  }

  static func spend(_ reply: Reply) -> ControlSpend.Reply? {
    guard let numbers = reply.numbers, numbers.count == 3, numbers.allSatisfy(ControlRule.isNumber) else {
      return nil
    }
    return ControlSpend.Reply(now: numbers[0], day: numbers[1], spent: numbers[2])
  }

  static func counts(_ reply: Reply) -> ControlCounts? {
    guard let parts = reply.parts, let now = parts.first?.number else { return nil }
    let seconds = parts.dropFirst().compactMap { $0.fields.map(ControlStore.sums) }
    return seconds.count == parts.count - 1 ? ControlCounts(now: now, seconds: seconds) : nil
  }

  /// What `XREVRANGE` answers.
  static func audit(_ reply: Reply) -> [ControlAudit.Entry]? {
    guard let parts = reply.parts else { return nil }
    let entries = parts.compactMap { part -> ControlAudit.Entry? in
      guard let pair = part.parts, pair.count == 2, let id = pair[0].text,
        let words = pair[1].parts?.compactMap(\.text)
      else { return nil }
      return ControlAudit.Entry(id: id, words: words)
    }
    return entries.count == parts.count ? entries : nil
  }
}

extension Reply {
  fileprivate var parts: [Reply]? { if case .list(let parts) = self { parts } else { nil } }
  fileprivate var number: Int64? { if case .number(let number) = self { number } else { nil } }
}
