/// What is told of the simulator and its models: requests without a body.
extension Reception {
  func list(_ head: RequestHead) throws(Refusal) -> Reply {
    let missing = head.dialect.noPath(head.route.path)
    guard head.method == .get else { throw missing }
    switch head.route {
    case .models: return .json(head.dialect == .anthropic ? anthropicModels : openAIModels)
    case .model(let name):
      try check(name, head.dialect)
      return .json(head.dialect == .anthropic ? Self.anthropicModel(name) : Self.openAIModel(name))
    case .ollamaTags: return .json(["models": .array(settings.listedModels.map(Self.ollamaModel))])
    case .ollamaVersion: return .json(["version": "0.13.0"])
    case .gemini("/v1beta/models", _):
      return .json(["models": .array(settings.listedModels.map(Self.geminiModel))])
    case .gemini(let path, _):
      guard path.hasPrefix("/v1beta/models/") else { throw missing }
      let name = percentDecoded(String(path.dropFirst("/v1beta/models/".count)))
      try check(name, .gemini)
      return .json(Self.geminiModel(name))
    case .inference(let path): return try inference(path, missing)
    default: throw missing
    }
  }

  private var openAIModels: JSONValue {
    ["object": "list", "data": .array(settings.listedModels.map(Self.openAIModel))]
  }

  private static func openAIModel(_ name: String) -> JSONValue {
    [
      "id": .string(name), "object": "model", "created": .number(Rendition.created.description),
      "owned_by": "modelsim",
    ]
  }

  private var anthropicModels: JSONValue {
    let names = settings.listedModels
    return [
      "data": .array(names.map(Self.anthropicModel)), "has_more": .bool(false),
      "first_id": names.first.map(JSONValue.string) ?? .null,
      "last_id": names.last.map(JSONValue.string) ?? .null,
    ]
  }

  private static func anthropicModel(_ name: String) -> JSONValue {
    [
      "type": "model", "id": .string(name), "display_name": .string(name),
      "created_at": "2025-06-15T15:06:40Z",
    ]
  }

  private static func ollamaModel(_ name: String) -> JSONValue {
    [
      "name": .string(name), "model": .string(name), "modified_at": "2025-06-15T15:06:40Z",
      "size": .int(1_000_000_000), "digest": .string(String(repeating: "0", count: 64)),
      "details": [
        "parent_model": "", "format": "gguf", "family": "modelsim", "families": .array(["modelsim"]),
        "parameter_size": "1.0B", "quantization_level": "Q4_0",
      ],
    ]
  }

  private static func geminiModel(_ name: String) -> JSONValue {
    [
      "name": .string("models/" + name), "version": "001", "displayName": .string(name),
      "inputTokenLimit": .int(1_048_576), "outputTokenLimit": .int(65_536),
      "supportedGenerationMethods": .array(["generateContent"]),
    ]
  }
}

// MARK: - Open Inference

extension Reception {
  /// `/v2`, `/v2/health/live` and `/ready`, `/v2/models/NAME`, with `/versions/VERSION` and `/ready` behind it.
  private func inference(_ path: String, _ missing: Refusal) throws(Refusal) -> Reply {
    var parts = path.split(separator: "/").map { String($0) }
    if parts.count > 4, parts[3] == "versions" { parts.removeSubrange(3...4) }
    switch parts.count {
    case 1: return .json(["name": "modelsim", "version": "1", "extensions": .array([])])
    case 3 where parts[1] == "health" && ["live", "ready"].contains(parts[2]):
      return .json(.object([.init(key: parts[2], value: .bool(true))]))
    case 3 where parts[1] == "models":
      let name = percentDecoded(parts[2])
      try check(name, .inference)
      return .json(Self.metadata(name))
    case 4 where parts[1] == "models" && parts[3] == "ready":
      let name = percentDecoded(parts[2])
      try check(name, .inference)
      return .json(["name": .string(name), "ready": .bool(true)])
    default: throw missing
    }
  }

  private static func metadata(_ name: String) -> JSONValue {
    func tensor(_ name: String, _ type: String, width: Int) -> JSONValue {
      [
        "name": .string(name), "datatype": .string(type), "shape": .array([.int(-1), .int(width)]),
      ]
    }
    return [
      "name": .string(name), "versions": .array(["1"]), "platform": "modelsim",
      "inputs": .array([tensor("input", "FP32", width: -1)]),
      "outputs": .array([tensor("output", "FP64", width: 1)]),
    ]
  }
}

extension Route {
  /// Whether nobody is asked for a key.
  var isOpen: Bool {
    guard case .inference(let path) = self else { return false }
    return path.hasPrefix("/v2/health/")
  }
}
