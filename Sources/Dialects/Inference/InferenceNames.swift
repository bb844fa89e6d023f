/// Where a body of the protocol names the model.
package enum InferenceName: Sendable {
  /// Of requests and answers.
  case model
  /// Of a model's metadata.
  case metadata

  fileprivate var member: StaticString {
    switch self {
    case .model: "model_name"
    case .metadata: "name"
    }
  }
}

/// A body with another name of the model in it.
package struct RenamedInference {
  package var body: PaddedBytes
  /// What `Inference-Header-Content-Length` has to say now; nil where it isn't sent.
  package var header: String?
}

extension Peek {
  /// Puts another name of the model in the place of the one that a body has; the rest stays as it is, byte for byte. Nil where it has
  /// none, or none that can be found: its bytes pass then.
  package func renaming(
    _ place: InferenceName, to name: String, in body: PaddedBytes, header: String?
  ) -> RenamedInference? {
    defer { trim() }
    guard let length = InferenceHeader.jsonLength(header, of: body.count) else { return nil }
    let json = self.json(of: body, length: length)
    guard let root = try? parser.parse(json), let old = valueRange(of: place.member, in: root, json) else {
      return nil
    }
    let renamed = PaddedBytes(capacity: body.count + name.utf8.count + 2)
    body.withUnsafeBytes { renamed.append(UnsafeRawBufferPointer(rebasing: $0[..<old.lowerBound])) }
    renamed.appendJSON(name)
    body.withUnsafeBytes { renamed.append(UnsafeRawBufferPointer(rebasing: $0[old.upperBound...])) }
    return RenamedInference(
      body: renamed, header: header.map { _ in String(length + renamed.count - body.count) })
  }

  /// Of the first text of that name at the top level.
  private func valueRange(
    of member: StaticString, in root: JSONValue, _ json: PaddedBytes
  ) -> Range<Int>? {
    guard root.isObject else { return nil }
    var cursor = parser.source(json)
    var members = root.members
    while let (key, value) = members.next() {
      let place = cursor.next(isContainer: value.isContainer)
      if key == member, value.string != nil { return place.value }
    }
    return nil
  }
}
