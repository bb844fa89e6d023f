internal import Policy

/// The texts of one request by whose turn they are: the last turn of the user is read for what it asks, everything else for code alone.
///
/// Reused from request to request. What it holds is borrowed from the parser, and let go by `facts`.
final class PromptTurns {
  /// Pieces whose room is kept.
  private static let keptCapacity = 1_024

  private var rules = PromptRules()
  /// Of the turn that is being read.
  private var pieces: [JSONBytes] = []
  /// Of the turn that asks, as far as is known yet: the user's last, or the last of anybody where no user's is there.
  private var asking: [JSONBytes] = []
  private var usersAsk = false
  private var context = PromptContext()

  func begin(by rules: PromptRules) {
    self.rules = rules
    forget()
    (usersAsk, context) = (false, PromptContext())
  }

  /// The next piece of a turn.
  func add(_ text: JSONBytes) {
    if text.count > 0 { pieces.append(text) }
  }

  /// The turn's pieces were all of it.
  func end(isUsers: Bool) {
    if isUsers { context.turns += 1 }
    guard !pieces.isEmpty else { return }
    if isUsers || !usersAsk {
      swap(&pieces, &asking)
      usersAsk = isUsers
    }
    addToContext(pieces)
    pieces.removeAll(keepingCapacity: true)
  }

  private func addToContext(_ pieces: [JSONBytes]) {
    var counts = ByteCounts()
    for piece in pieces {
      counts.add(UnsafeRawBufferPointer(piece.buffer))
      context.bytes += piece.count
    }
    if counts.looksLikeCode { context.hasCode = true }
  }

  /// Once every turn has ended.
  func facts() -> PromptFacts {
    var scan = PromptScan(length: asking.reduce(0) { $0 + $1.count })
    for piece in asking { scan.add(UnsafeRawBufferPointer(piece.buffer)) }
    forget()
    return PromptFacts(scan, in: context, by: rules)
  }

  private func forget() {
    pieces.removeAll(keepingCapacity: pieces.capacity <= Self.keptCapacity)
    asking.removeAll(keepingCapacity: asking.capacity <= Self.keptCapacity)
  }
}
