import Policy
import Settings
import Synchronization
import Upstream

/// One base URL of a provider with one of its credentials; what all workers of the replica know of it.
///
/// Lives across reloads as long as the configuration names the same URL, credential and connection settings.
final class Endpoint: Sendable {
  /// What makes two endpoints the same.
  struct Identity: Hashable, Sendable {
    var provider: String
    var url: String
    /// Where it is, where that was looked up.
    var address: String?
    var credential: Int
    var key: Secret?
    var caFile: String?
    var clientCertificateFile: String?
    var clientKeyFile: String?
    var proxy: String?
    var connectTimeout: Duration
  }

  let identity: Identity
  /// `lab/10.0.0.5:8000`, with `#2` behind it for a provider's second credential; with more before that where the provider has another
  /// one there (`EndpointNames`).
  let id: String
  /// Its URL, with `#2` behind it for a provider's second credential: what replicas call it among themselves.
  let sharedName: String
  let health = HealthMark()
  let gate = Gate()
  /// Requests in flight, over all workers.
  private let inFlightCount = Atomic<Int>(0)
  /// What the other replicas had in flight there when they last told.
  private let othersCount = Atomic<Int>(0)
  let reported = ReportedLoad()

  init(_ identity: Identity, id: String? = nil) {
    self.identity = identity
    self.id = id ?? EndpointNames.id(identity)
    sharedName = Self.place(identity) + (identity.credential > 0 ? "#\(identity.credential + 1)" : "")
  }

  var inFlight: Int { inFlightCount.load(ordering: .relaxed) }

  /// Takes no further request at this moment.
  var isFull: Bool { gate.isShut(at: inFlight) }

  /// Counts a request in, if the endpoint takes one more.
  func tryEnter() -> Bool { gate.pass(inFlightCount) }

  var others: Int { othersCount.load(ordering: .relaxed) }
  func setOthers(_ count: Int) { othersCount.store(count, ordering: .relaxed) }

  fileprivate func enter() { inFlightCount.wrappingAdd(1, ordering: .relaxed) }
  func leave() { inFlightCount.wrappingSubtract(1, ordering: .sequentiallyConsistent) }

  /// How this endpoint is called for a surface. A base URL ends in `/v1`, as SDKs have it; the surface's path goes on from there.
  func target(for surface: Surface) -> TransferTarget {
    var target = target(identity.url + surface.rawValue.dropFirst("/v1".count))
    target.headers = ["Content-Type: application/json"] + authorization
    return target
  }

  /// How it is asked about itself: at a path of its host, as servers have that outside of their API.
  func target(ofPath path: String, showsKey: Bool) -> TransferTarget {
    let (scheme, authority, _) = identity.parts
    var target = target(scheme + authority + path)
    target.method = .get
    if showsKey { target.headers = authorization }
    return target
  }

  private var authorization: [String] { identity.key.map { ["Authorization: Bearer \($0.revealed)"] } ?? [] }

  private func target(_ url: String) -> TransferTarget {
    var target = TransferTarget(url: url)
    target.caFile = identity.caFile
    target.clientCertificateFile = identity.clientCertificateFile
    target.clientKeyFile = identity.clientKeyFile
    target.proxy = identity.proxy
    target.address = identity.address
    target.connectTimeout = identity.connectTimeout
    return target
  }

  /// Its URL, at its address where that was looked up: several go by one name.
  private static func place(_ identity: Identity) -> String {
    let (scheme, authority, path) = identity.parts
    return scheme + (identity.address ?? String(authority)) + path
  }
}

extension Endpoint.Identity {
  /// Of its URL: `https://`, host and port, and the rest.
  var parts: (scheme: Substring, authority: Substring, path: Substring) {
    let rest = url.dropFirst((url.hasPrefix("https://") ? "https://" : "http://").count)
    let path = rest.drop { $0 != "/" }
    return (url.dropLast(rest.count), rest.dropLast(path.count), path)
  }
}

/// A request in flight at an endpoint: counted while this value lives, so it can't be counted out twice or never.
struct InFlight: ~Copyable {
  private let endpoint: Endpoint

  init(at endpoint: Endpoint) {
    self.endpoint = endpoint
    endpoint.enter()
  }

  deinit { endpoint.leave() }
}
