/// What was judged, in memory: the twin of `feedback_mark.lua` and of the secret's script. Times are milliseconds.
package struct FeedbackStore: Sendable {
  package struct Entry: Equatable, Sendable {
    package var text: String
    /// From this millisecond on there is no such entry; nil: it stays.
    package var expires: Int64?
  }

  package private(set) var entries: [String: Entry] = [:]
  private let names: FeedbackNames

  package init(_ names: FeedbackNames) { self.names = names }

  /// The secret in force, which is the proposed one where there was none.
  package mutating func secret(_ proposal: String, now: Int64) -> String {
    if let secret = text(names.secret, now) { return secret }
    entries[names.secret] = Entry(text: proposal)
    return proposal
  }

  package mutating func mark(_ mark: FeedbackMark, now: Int64) -> FeedbackMark.Reply {
    let (key, session) = (names.mark(mark), names.session(mark))
    if let found = text(key, now) {
      let words = found.split(separator: " ")
      guard words.count == 2, words[0] == mark.call, let reply = Int64(words[1]) else { return .repeated }
      return FeedbackMark.Reply(rawValue: reply) ?? .repeated
    }
    if let rejects = mark.rejects {
      let entry = Entry(text: mark.call, expires: now + FeedbackMark.rejection)
      entries[names.rejection(mark.unit)] = rejects ? entry : nil
    }
    let counts = text(session, now) == nil
    if counts { entries[session] = Entry(text: mark.call, expires: now + FeedbackMark.tick) }
    let reply = counts ? FeedbackMark.Reply.counts : .uncounted
    entries[key] = Entry(text: "\(mark.call) \(reply.rawValue)", expires: now + FeedbackMark.lifetime)
    return reply
  }

  package func hasRejected(_ session: UInt64, now: Int64) -> Bool {
    text(names.rejection(session), now) != nil
  }

  /// Forgets what has expired, which changes no answer. What stays is not moved: it may be much.
  package mutating func sweep(now: Int64) {
    for key in entries.compactMap({ $1.expires.map { $0 > now } ?? true ? nil : $0 }) { entries[key] = nil }
  }

  private func text(_ key: String, _ now: Int64) -> String? {
    guard let entry = entries[key], entry.expires.map({ $0 > now }) ?? true else { return nil }
    return entry.text
  }
}
