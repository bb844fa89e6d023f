/// How soon a request that has to wait is served: the class of its queue, the highest first.
package enum Priority: String, Sendable, CaseIterable, Comparable {
  case realtime, standard, batch

  /// 0 for the highest.
  package var rank: Int {
    switch self {
    case .realtime: 0
    case .standard: 1
    case .batch: 2
    }
  }

  /// The class above; nil for the highest.
  package var raised: Priority? {
    switch self {
    case .realtime: nil
    case .standard: .realtime
    case .batch: .standard
    }
  }

  /// A higher class is less, as it comes first.
  package static func < (one: Priority, other: Priority) -> Bool { one.rank < other.rank }
}
