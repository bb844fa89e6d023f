/// What a path of the Open Inference Protocol asks for.
///
/// After https://github.com/kserve/open-inference-protocol (`specification/protocol/inference_rest.md`), which KServe, MLServer and
/// Triton speak. Paths of their extensions, such as statistics and shared memory, are not among them.
package enum InferencePath: Sendable, Equatable {
  /// A model, and one of its versions where a client insists on it: a version of the server's, not of the router's.
  package struct Model: Sendable, Equatable {
    package var name: String
    package var version: String?

    package init(_ name: String, version: String? = nil) { (self.name, self.version) = (name, version) }
  }

  /// `/v2`: what the server is.
  case server
  /// `/v2/health/live`
  case live
  /// `/v2/health/ready`
  case ready
  /// `/v2/models/{name}[/versions/{version}]`: what the model is.
  case metadata(Model)
  /// `…/ready`
  case modelReady(Model)
  /// `…/infer`: the only one that is posted.
  case infer(Model)

  /// Reads a path without its query; nil for any other.
  package init?(_ path: String) {
    let segments = path.split(separator: "/", omittingEmptySubsequences: false)
    guard segments.count > 1, segments[0].isEmpty, segments[1] == "v2" else { return nil }
    switch segments.count {
    case 2: self = .server
    case 4 where segments[2] == "health":
      switch segments[3] {
      case "live": self = .live
      case "ready": self = .ready
      default: return nil
      }
    default:
      guard segments[2] == "models" else { return nil }
      self.init(models: segments.dropFirst(3).map { String($0) })
    }
  }

  /// What stands behind `/v2/models/`.
  private init?(models segments: [String]) {
    var rest = segments[...]
    guard let name = rest.popFirst().flatMap(Self.name) else { return nil }
    var model = Model(name)
    if rest.count > 1, rest.first == "versions" {
      rest.removeFirst()
      guard let version = rest.popFirst().flatMap(Self.name) else { return nil }
      model.version = version
    }
    switch Array(rest) {
    case []: self = .metadata(model)
    case ["ready"]: self = .modelReady(model)
    case ["infer"]: self = .infer(model)
    default: return nil
    }
  }

  /// Nil for what would lead elsewhere in another path.
  private static func name(_ segment: String) -> String? {
    guard let name = PathSegment.decoded(segment), !["", ".", ".."].contains(name) else { return nil }
    return name
  }
}

extension InferencePath {
  /// Nil where it asks about the server itself.
  package var model: Model? {
    switch self {
    case .server, .live, .ready: nil
    case .metadata(let model), .modelReady(let model), .infer(let model): model
    }
  }

  /// Is posted; the others are read.
  package var isPosted: Bool { if case .infer = self { true } else { false } }

  /// The path at a provider, behind its base URL. `name`: what the provider calls the model.
  package func text(naming name: String) -> String {
    switch self {
    case .server: "/v2"
    case .live: "/v2/health/live"
    case .ready: "/v2/health/ready"
    case .metadata(let model): Self.text(model, name)
    case .modelReady(let model): Self.text(model, name) + "/ready"
    case .infer(let model): Self.text(model, name) + "/infer"
    }
  }

  private static func text(_ model: Model, _ name: String) -> String {
    let version = model.version.map { "/versions/\(PathSegment.encoded($0))" } ?? ""
    return "/v2/models/\(PathSegment.encoded(name))\(version)"
  }
}
