/// Which keys of the configuration are revoked: they are good by the file, unless the shared state has a tombstone of them.
///
/// Says which ids to read, and is told. Who is revoked stays revoked, whatever the shared state forgets.
package struct KeyWatch: Sendable {
  private enum Standing: Equatable, Sendable {
    case unread
    /// Being read; `isStale` where it changed since.
    case asked(isStale: Bool)
    case good, revoked
  }

  private let ids: [String]
  private let positions: [String: Int]
  private var standings: [Standing]
  /// Below it none is unread: so that nothing is looked for where there is nothing.
  private var firstUnread = 0

  /// Ids of the configuration's keys, each once.
  package init(_ ids: [String]) {
    self.ids = ids
    positions = Dictionary(zip(ids, ids.indices)) { first, _ in first }
    standings = Array(repeating: .unread, count: ids.count)
  }

  /// For another configuration: what is known of ids that both have stays known. What was being asked for is asked for again.
  package init(_ ids: [String], former: KeyWatch) {
    self.init(ids)
    for (position, id) in ids.enumerated() {
      guard let known = former.positions[id] else { continue }
      switch former.standings[known] {
      case .good, .revoked: standings[position] = former.standings[known]
      case .unread, .asked: break
      }
    }
  }

  /// Of the id at a position.
  package func isRevoked(_ position: Int) -> Bool { standings[position] == .revoked }

  package func isRevoked(_ id: String) -> Bool { positions[id].map { isRevoked($0) } ?? false }

  /// Whether every id was read since it last changed.
  package var isComplete: Bool { !standings.contains { $0 != .good && $0 != .revoked } }

  /// Ids to be read now, at most so many; of each `answered` or `failed` is to be told.
  package mutating func next(_ most: Int) -> [String] {
    var next: [String] = []
    while firstUnread < ids.count, next.count < most {
      if standings[firstUnread] == .unread {
        standings[firstUnread] = .asked(isStale: false)
        next.append(ids[firstUnread])
      }
      firstUnread += 1
    }
    return next
  }

  package mutating func answered(_ id: String, isRevoked: Bool) {
    guard let position = positions[id], standings[position] != .revoked else { return }
    if isRevoked { return standings[position] = .revoked }
    if standings[position] == .asked(isStale: false) { standings[position] = .good } else { reread(position) }
  }

  package mutating func failed(_ id: String) {
    guard let position = positions[id], standings[position] != .revoked else { return }
    reread(position)
  }

  package mutating func changed(_ changed: [String]) {
    for position in changed.compactMap({ positions[$0] }) { change(position) }
  }

  /// Nobody knows what changed.
  package mutating func forgetAll() {
    for position in ids.indices { change(position) }
  }

  private mutating func change(_ position: Int) {
    switch standings[position] {
    case .revoked, .unread: break
    case .asked: standings[position] = .asked(isStale: true)
    case .good: reread(position)
    }
  }

  private mutating func reread(_ position: Int) {
    standings[position] = .unread
    firstUnread = min(firstUnread, position)
  }
}
