import Coordination
import Policy

/// Watches in which arm sessions are: invariant I8 of algorithms §10.
final class SessionAudit {
  private struct Place: Hashable {
    var version: Int
    var session: Int
  }

  private struct Seen: Hashable {
    var place: Place
    var position: ControlPosition
    var hash: String
  }

  private struct Counted: Hashable {
    var place: Place
    var weight: Weight
  }

  private let fail: (String) -> Void
  private var hashes: [Place: UInt64] = [:]
  /// What any replica has answered by a configuration.
  private var arms: [Seen: StickyArm] = [:]
  /// The least weight at which a session was in the canary.
  private var joined: [Place: Weight] = [:]
  private var counted: Set<Counted> = []
  /// By weight: sessions in the canary, and in the baseline.
  private(set) var shares: [Weight: (canary: Int64, baseline: Int64)] = [:]

  init(fail: @escaping (String) -> Void) { self.fail = fail }

  /// The first eight bytes of SHA-256 of the salt and the session.
  static func hash(_ salt: [UInt8], _ session: Int) -> UInt64 {
    (salt + Array("s\(session)".utf8)).withUnsafeBytes { KeyDigest(of: $0).prefix }
  }

  /// A replica that gives a candidate all of its weight has dealt with a session.
  func dealt(
    _ session: Int, _ arm: StickyArm, _ candidate: Int, _ weight: Weight, at position: ControlPosition,
    _ hash: String
  ) {
    let place = Place(version: candidate, session: session)
    let expected = StickyArm(hash: self.hash(of: place), weight: weight)
    if arm != expected {
      fail("I8: session \(session) is in the arm \(arm) of version \(candidate), not in \(expected)")
    }
    let seen = Seen(place: place, position: position, hash: hash)
    if let former = arms.updateValue(arm, forKey: seen), former != arm {
      fail("I8: by \(position), session \(session) is in both arms of version \(candidate)")
    }
    if arm == .canary {
      joined[place] = min(joined[place] ?? weight, weight)
    } else if let least = joined[place], least <= weight {
      fail("I8: session \(session) was in the canary at \(least) %, and is not at \(weight) %")
    }
    count(place, arm, weight)
  }

  /// As the algorithm says: by model and version.
  private func hash(of place: Place) -> UInt64 {
    if let hash = hashes[place] { return hash }
    let hash = Self.hash(Array("chat@\(place.version)|".utf8), place.session)
    hashes[place] = hash
    return hash
  }

  private func count(_ place: Place, _ arm: StickyArm, _ weight: Weight) {
    guard counted.insert(Counted(place: place, weight: weight)).inserted else { return }
    if arm == .canary {
      shares[weight, default: (0, 0)].canary += 1
    } else {
      shares[weight, default: (0, 0)].baseline += 1
    }
  }
}
