internal import Policy

/// The texts of one request by whose turn they are: the last turn of the user is read for what it asks, everything else for code alone.
///
/// Reused from request to request. What it holds is borrowed from the parser, and let go by `facts`.
final class PromptTurns {
  /// Pieces whose room is kept.
  private static let keptCapacity = 1_024

  /// For what a model reads of a turn in several pieces; used while `facts` runs.
  private let room: PaddedBytes
  private var rules = PromptRules()
  private var model: ComplexityModel?
  /// Of the turn that is being read.
  private var pieces: [JSONBytes] = []
  /// Of the turn that asks, as far as is known yet: the user's last, or the last of anybody where no user's is there.
  private var asking: [JSONBytes] = []
  private var usersAsk = false
  private var context = PromptContext()

  init(room: PaddedBytes) { self.room = room }

  /// `model`: what scores complexity in the place of the rules' weights.
  func begin(by rules: PromptRules, _ model: ComplexityModel? = nil) {
    (self.rules, self.model) = (rules, model)
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
    let length = asking.reduce(0) { $0 + $1.count }
    var scan = PromptScan(length: length)
    for piece in asking { scan.add(UnsafeRawBufferPointer(piece.buffer)) }
    var facts = PromptFacts(scan, in: context, by: rules)
    if let model { facts.complexity = score(by: model, length: length) }
    forget()
    return facts
  }

  /// A single piece is read where it stands; of several, what the model reads of them is copied beside each other.
  private func score(by model: ComplexityModel, length: Int) -> Double {
    if asking.count == 1 {
      return model.score(UnsafeRawBufferPointer(asking[0].buffer), length: length)
    }
    let edge = ComplexityModel.edge
    room.removeAll()
    var start = 0
    for piece in asking {
      let bytes = UnsafeRawBufferPointer(piece.buffer)
      if length <= 2 * edge {
        room.append(bytes)
      } else {
        room.append(UnsafeRawBufferPointer(rebasing: bytes.prefix(max(0, edge - start))))
        room.append(UnsafeRawBufferPointer(rebasing: bytes.dropFirst(max(0, length - edge - start))))
      }
      start += bytes.count
    }
    return room.withUnsafeBytes { model.score($0, length: length) }
  }

  private func forget() {
    pieces.removeAll(keepingCapacity: pieces.capacity <= Self.keptCapacity)
    asking.removeAll(keepingCapacity: asking.capacity <= Self.keptCapacity)
  }
}
