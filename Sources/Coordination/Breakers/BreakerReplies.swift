import Policy

/// What the breakers' scripts answered; nil where it isn't an answer of that script.
extension BreakerStatus {
  init?(_ reply: Reply) {
    guard let text = reply.text else { return nil }
    self.init(Substring(text))
  }
}

extension BreakerReport.Reply {
  init?(_ reply: Reply) {
    guard let (code, status) = reply.codeAndStatus, let outcome = Outcome(rawValue: code) else { return nil }
    self.init(outcome, status)
  }
}

extension BreakerPermit {
  init?(_ reply: Reply) {
    guard let (code, status) = reply.codeAndStatus, let answer = Answer(rawValue: code) else { return nil }
    self.init(answer, status)
  }
}

extension BreakerProbe.Reply {
  init?(_ reply: Reply) {
    guard let (code, status) = reply.codeAndStatus, 0...1 ~= code else { return nil }
    self.init(isCounted: code == 1, status)
  }
}

/// A message on `BreakerKeys.channel`.
struct BreakerNews: Equatable, Sendable {
  /// `BreakerKeys.name`.
  let name: String
  let status: BreakerStatus

  /// Nil where it makes no sense.
  init?(_ message: String) {
    guard let blank = message.firstIndex(of: " "), blank != message.startIndex,
      let status = BreakerStatus(message[message.index(after: blank)...])
    else { return nil }
    (name, self.status) = (String(message[..<blank]), status)
  }
}

extension Reply {
  fileprivate var codeAndStatus: (Int64, BreakerStatus)? {
    guard case .list(let parts) = self, parts.count == 2, case .number(let code) = parts[0],
      let status = BreakerStatus(parts[1])
    else { return nil }
    return (code, status)
  }
}
