package import NIOCore
package import Policy

/// Makes, lists, revokes and rotates virtual keys, wherever their records are.
///
/// Every step is tried again while the shared state doesn't answer; what was begun and not told to all replicas is an error that says
/// so, and is mended by doing the same again.
package struct KeyManager: Sendable {
  package enum Failure: Error, Equatable, Sendable {
    /// The shared state could not be asked.
    case away(StateFailure)
    /// There is no such key.
    case unknown
    case revoked
    /// It would have expired before now.
    case expired
    /// Somebody else changed the key meanwhile.
    case changed
    /// Something else stands where the key's record should.
    case unreadable(KeyRecordError)
    /// It is done, but replicas may take a minute to notice.
    case untold
  }

  /// A key that was made now.
  package struct Issued: Sendable {
    /// Shown to whom it is made for, once.
    package let key: VirtualKey
    package let version: Int64
    /// Whether replicas were told; else a new secret may take a minute, and a new key may be missing in lists.
    package let isTold: Bool
  }

  /// A page of keys.
  package struct Page: Sendable {
    /// Nil for a record that can't be read.
    package var keys: [(id: String, record: KeyRecord?)] = []
    /// What the next page begins behind; nil at the end.
    package var next: String?
  }

  private let register: PatientRegister<any KeyRegister>
  private let names: KeyNames

  /// To be made on the loop that `register` is confined to.
  package init(_ register: any KeyRegister, on loop: any EventLoop) {
    self.register = PatientRegister(register, on: loop) { $0.flush() }
    names = register.keyNames
  }

  // MARK: Keys

  /// Makes a key of these terms, whose digest is the new key's.
  package func create(_ draft: KeyTerms) async throws(Failure) -> Issued {
    let code = try await secret().code
    let request = Self.token()
    while true {
      let key = VirtualKey(secret: Self.random(20), number: Self.random(7), code: code)
      switch try await put(draft, as: key, replacing: 0, request) {
      case .stored(let version):
        return Issued(key: key, version: version, isTold: await isTold(key.id))
      case .otherVersion, .revoked: continue  // the id is somebody's: of 2^50, another
      case .expired: throw .expired
      }
    }
  }

  /// Gives a key another secret. The former one stays good for `grace` milliseconds.
  package func rotate(_ id: KeyID, grace: Int64) async throws(Failure) -> Issued {
    let (entry, now) = try await entry(id.description)
    guard case .record(let record) = entry else { throw entry == .none ? .unknown : .revoked }
    guard record.revoked == nil else { throw .revoked }
    var terms = record.terms
    terms.former =
      grace > 0
      ? KeyTerms.Former(digest: terms.digest, until: KeyInstant(milliseconds: now + grace)) : nil
    let key = VirtualKey(id: id, secret: Self.random(20))
    switch try await put(terms, as: key, replacing: record.version, Self.token()) {
    case .stored(let version):
      return Issued(key: key, version: version, isTold: await isTold(id))
    case .otherVersion: throw .changed
    case .revoked: throw .revoked
    case .expired: throw .expired
    }
  }

  /// Revokes a key for ever: a virtual key, or one of the configuration, which `isConfigured` says. Done again it comes to the same.
  package func revoke(_ id: String, isConfigured: Bool) async throws(Failure) -> KeyRevocation {
    if !isConfigured, try await entry(id).entry == .none { throw .unknown }
    let revocation = try await ask { $0.revokeKey(id, $1) }
    try await tell(id, isListed: false)
    return revocation
  }

  /// What is known of a key.
  package func entry(_ id: String) async throws(Failure) -> (entry: KeyEntry, now: Int64) {
    switch try await ask({ $0.readKey(id, $1) }) {
    case .entry(let entry, let now): return (entry, now)
    case .unreadable(let error): throw .unreadable(error)
    }
  }

  /// Keys that are not revoked, behind `last` in the order of their ids, at most `count`. Those that have expired long ago are
  /// listed no more.
  package func list(after last: String, count: Int) async throws(Failure) -> Page {
    let ids = try await ask { $0.listKeys(after: last, count: count, $1) }
    var page = Page(next: ids.count == count ? ids.last : nil)
    for id in ids where KeyNames.isID(id) {
      switch try await ask({ $0.readKey(id, $1) }) {
      case .entry(.record(let record), _): page.keys.append((id, record))
      case .entry(.none, _): _ = try await ask { $0.noteKey(id, isListed: false, $1) }
      case .entry(.tombstone, _), .unreadable: page.keys.append((id, nil))
      }
    }
    return page
  }

  /// Waits until the shared state can be asked, at most so long.
  package func isReady(within patience: Duration) async -> Bool {
    await register.isReady(within: patience) { $0.isAvailable }
  }

  // MARK: Steps

  private func secret() async throws(Failure) -> KeySecret {
    guard let proposal = KeySecret.random() else { throw .away(.malformed) }
    return try await ask { $0.keySecret(proposing: proposal, $1) }
  }

  private func put(
    _ draft: KeyTerms, as key: VirtualKey, replacing version: Int64, _ request: String
  ) async throws(Failure) -> KeyPut.Reply {
    var terms = draft
    var text = key.reveal()
    terms.digest = text.withUTF8 { KeyDigest(of: UnsafeRawBufferPointer($0)) }
    let put = KeyPut(key.id.description, terms, replacing: version, request: request, in: names)
    return try await ask { $0.put(put, $1) }
  }

  private func isTold(_ id: KeyID) async -> Bool {
    do throws(Failure) {
      try await tell(id.description, isListed: true)
      return true
    } catch {
      return false  // whoever made it must have the key all the same
    }
  }

  private func tell(_ id: String, isListed: Bool) async throws(Failure) {
    do throws(Failure) {
      _ = try await ask { $0.noteKey(id, isListed: isListed, $1) }
    } catch {
      throw .untold
    }
  }

  private func ask<Value: Sendable>(
    _ step: @escaping @Sendable (any KeyRegister, @escaping (Result<Value, StateFailure>) -> Void) -> Void
  ) async throws(Failure) -> Value {
    do throws(StateFailure) {
      return try await register.ask(step)
    } catch {
      throw .away(error)
    }
  }

  // MARK: Chance

  /// Bytes of the system's source, which nobody can foresee.
  private static func random(_ count: Int) -> [UInt8] {
    var source = SystemRandomNumberGenerator()
    return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &source) }
  }

  private static func token() -> String {
    random(12).map { String($0, radix: 16) }.joined()
  }
}

extension KeyManager.Failure: CustomStringConvertible {
  package var description: String {
    switch self {
    case .away(.refused(let error)): "the shared state refuses it: \(error)"
    case .away(.malformed): "the shared state answered something that no script of ours does"
    case .away:
      "the shared state does not answer; nothing may have happened, or all of it: look with 'keys list', and try again"
    case .unknown: "there is no such key"
    case .revoked: "the key is revoked, which is for ever: make another"
    case .expired: "the key would have expired already: give a later time"
    case .changed: "somebody else changed the key just now: look at it, and try again"
    case .unreadable(let error): "the key's record holds something else: \(error)"
    case .untold: "it is done, but replicas may take a minute to notice: do it again"
    }
  }
}
