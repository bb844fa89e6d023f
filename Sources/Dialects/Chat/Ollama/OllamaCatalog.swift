internal import Policy

/// What clients of Ollama's ask of a server before they chat: `/api/tags`, `/api/show` and `/api/version`.
package enum OllamaCatalog {
  /// A model that clients may ask for.
  package struct Model: Sendable, Equatable {
    package var name: String
    /// Since when it is as it is, in seconds since 1970.
    package var modified: Int
    /// Ollama's words: `completion`, `tools`, `vision`, `thinking`, `embedding`.
    package var capabilities: [String]
    /// Tokens; nil where nobody knows.
    package var contextLength: Int?

    package init(_ name: String, modified: Int, capabilities: [String], contextLength: Int? = nil) {
      (self.name, self.modified) = (name, modified)
      (self.capabilities, self.contextLength) = (capabilities, contextLength)
    }
  }

  /// The release of Ollama whose API clients may count on, as some refuse older ones.
  package static let release = "0.12.11"

  /// The answer to `GET /api/version`.
  package static func version() -> PaddedBytes {
    let bytes = PaddedBytes()
    var object = ObjectWriter(bytes)
    object.member("version", release)
    object.end()
    return bytes
  }

  /// The answer to `GET /api/tags`.
  package static func tags(_ models: [Model]) -> PaddedBytes {
    let bytes = PaddedBytes(capacity: 64 + models.count * 512)
    var object = ObjectWriter(bytes)
    object.key("models")
    bytes.appendList(models) { model in
      var entry = ObjectWriter(bytes)
      entry.member("name", model.name)
      entry.member("model", model.name)
      entry.member("modified_at", OllamaTime.text(model.modified))
      entry.constant("size", "0")
      entry.member("digest", digest(of: model))
      appendDetails(in: &entry)
      append(model.capabilities, in: &entry)
      entry.end()
    }
    object.end()
    return bytes
  }

  /// The answer to `POST /api/show`.
  package static func show(_ model: Model) -> PaddedBytes {
    let bytes = PaddedBytes(capacity: 512)
    var object = ObjectWriter(bytes)
    object.member("modelfile", "")
    object.member("parameters", "")
    object.member("template", "")
    appendDetails(in: &object)
    object.key("model_info")
    var info = ObjectWriter(bytes)
    info.constant("general.architecture", #""switchyard""#)
    info.member("general.basename", model.name)
    // Under the architecture's name, as clients look for it.
    info.member("switchyard.context_length", model.contextLength)
    info.end()
    append(model.capabilities, in: &object)
    object.member("modified_at", OllamaTime.text(model.modified))
    object.end()
    return bytes
  }

  /// The model that the body of `POST /api/show` asks for, by `model` or by `name`, which is older.
  package static func shownModel(_ body: PaddedBytes, with peek: Peek) throws(PeekError) -> String {
    defer { peek.trim() }
    let root = try peek.root(of: body)
    var (found, older) = (String?.none, String?.none)
    var members = root.members(at: FieldPath(), peek.keys)
    while let (key, value) = try members.next(peek.keys) {
      if value.isNull { continue }
      if key == "model" { found = try value.string("model") }
      if key == "name" { older = try value.string("name") }
    }
    guard let name = found ?? older, !name.isEmpty else { throw .missing("model") }
    return name
  }

  /// Ollama's own client shows the first twelve characters, which have to be there: another for each model.
  private static func digest(of model: Model) -> String {
    var hash = Fingerprint()
    hash.add(model.name)
    let text = String(hash.value, radix: 16)
    return String(repeating: String(repeating: "0", count: 16 - text.utf8.count) + text, count: 4)
  }

  /// Nothing is known of the model's file.
  private static func appendDetails(in object: inout ObjectWriter) {
    object.constant(
      "details",
      #"{"parent_model":"","format":"","family":"","families":[],"parameter_size":"","quantization_level":""}"#
    )
  }

  private static func append(_ capabilities: [String], in object: inout ObjectWriter) {
    object.key("capabilities")
    let bytes = object.bytes
    bytes.appendList(capabilities) { bytes.appendJSON($0) }
  }
}
