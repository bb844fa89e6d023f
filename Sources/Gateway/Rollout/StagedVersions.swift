import NIOConcurrencyHelpers

/// Versions in STAGING that somebody has asked for who may: the replica reads each from the registry when it is wanted first.
final class StagedVersions: Sendable {
  struct Version: Hashable, Sendable {
    var model: String
    var number: Int
  }

  enum Answer: Equatable, Sendable {
    /// It is being read: who tries again in a moment gets it.
    case loading
    /// The registry has no such version.
    case unknown
  }

  private struct State {
    var wanted: [Version] = []
    /// Until when nobody looks again.
    var absent: [Version: Int64] = [:]
  }

  /// Versions that wait at a time.
  private static let most = 16
  /// Milliseconds for which what is not there is taken for that.
  private static let memory: Int64 = 2_000

  private let state = NIOLockedValueBox(State())

  /// `now`: monotonic milliseconds.
  func want(_ version: Version, now: Int64) -> Answer {
    state.withLockedValue { state in
      if let end = state.absent[version], now < end { return .unknown }
      state.absent[version] = nil
      if !state.wanted.contains(version), state.wanted.count < Self.most { state.wanted.append(version) }
      return .loading
    }
  }

  /// What is to be read.
  func take() -> [Version] {
    state.withLockedValue { state in
      defer { state.wanted = [] }
      return state.wanted
    }
  }

  func isAbsent(_ version: Version, now: Int64) {
    state.withLockedValue { state in
      state.absent = state.absent.filter { now < $0.value }
      state.absent[version] = now + Self.memory
    }
  }
}
