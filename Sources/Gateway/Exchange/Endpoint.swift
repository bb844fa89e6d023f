import Dialects
import Policy
import Settings
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
    var dialect = Settings.Provider.Dialect.openai
    /// Azure's.
    var apiVersion: String?
  }

  let identity: Identity
  /// `lab/10.0.0.5:8000`, with `#2` behind it for a provider's second credential; with more before that where the provider has another
  /// one there (`EndpointNames`).
  let id: String
  /// Its URL, with `#2` behind it for a provider's second credential: what replicas call it among themselves.
  let sharedName: String
  let health = HealthMark()
  /// Shared with the endpoints of former configurations at the same place.
  let occupancy: Occupancy
  let reported = ReportedLoad()

  init(_ identity: Identity, id: String? = nil, _ occupancy: Occupancy = Occupancy()) {
    (self.identity, self.occupancy) = (identity, occupancy)
    self.id = id ?? EndpointNames.id(identity)
    sharedName = Self.place(identity) + (identity.credential > 0 ? "#\(identity.credential + 1)" : "")
  }

  var gate: Gate { occupancy.gate }
  var inFlight: Int { occupancy.inFlight }
  var isFull: Bool { occupancy.isFull }
  func tryEnter() -> Bool { occupancy.tryEnter() }
  var others: Int { occupancy.others }
  func setOthers(_ count: Int) { occupancy.setOthers(count) }

  /// How this endpoint is called for a surface of its own dialect. A base URL of OpenAI's ends in `/v1`, as SDKs have it; the surface's path
  /// goes on from there. Others end before the API's own path.
  func target(for surface: Surface) -> TransferTarget {
    let isVersioned = surface.dialect == .openai
    return target(path: isVersioned ? String(surface.rawValue.dropFirst("/v1".count)) : surface.rawValue)
  }

  /// How it is called at a path behind its base URL; with a query where the dialect has one.
  func target(path: String) -> TransferTarget {
    let mark = path.contains("?") ? "&" : "?"
    let version = identity.apiVersion.map { "\(mark)api-version=\($0)" } ?? ""
    var target = target(identity.url + path + version)
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

  private var authorization: [String] {
    guard let key = identity.key else { return [] }
    return switch identity.dialect {
    case .openai where identity.apiVersion != nil: ["api-key: \(key.revealed)"]
    case .openai, .ollama, .openInference: ["Authorization: Bearer \(key.revealed)"]
    case .anthropic: ["x-api-key: \(key.revealed)"]
    case .gemini: ["x-goog-api-key: \(key.revealed)"]
    }
  }

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
  /// What stays the same where the key or the way there changes.
  struct Place: Hashable {
    var provider: String
    var url: String
    var address: String?
    var credential: Int
  }

  var place: Place { Place(provider: provider, url: url, address: address, credential: credential) }

  /// Of its URL: `https://`, host and port, and the rest.
  var parts: (scheme: Substring, authority: Substring, path: Substring) {
    let rest = url.dropFirst((url.hasPrefix("https://") ? "https://" : "http://").count)
    let path = rest.drop { $0 != "/" }
    return (url.dropLast(rest.count), rest.dropLast(path.count), path)
  }
}

/// A request in flight at an endpoint: counted while this value lives, so it can't be counted out twice or never.
struct InFlight: ~Copyable {
  private let occupancy: Occupancy

  init(at endpoint: Endpoint) {
    occupancy = endpoint.occupancy
    occupancy.enter()
  }

  deinit { occupancy.leave() }
}
