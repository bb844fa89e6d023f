internal import Policy

/// What routing may know of a request for an inference, beside its path.
package struct InferenceFacts: Sendable, Equatable {
  /// The client's name for the request; the answer repeats it.
  package var id: String?
  /// A hash of the sequence that it belongs to: a stateful model has to get all of one at the same endpoint.
  package var sequence: UInt64?
  /// Tensors that are sent.
  package var inputs = 0
  /// The body names the model too, beside its path.
  package var namesModel = false
  /// Bytes of its JSON; all of the body unless tensors follow.
  package var jsonLength = 0
  /// Bytes of the tensors behind it.
  package var tensorBytes = 0
}

extension Peek {
  /// Validates a request for an inference, and reads what routing may know of it.
  ///
  /// `header`: `Inference-Header-Content-Length`, where the client sent it. Of length 0, the body is one tensor for the only input of a
  /// model, and nothing is known of it.
  package func inference(_ body: PaddedBytes, header: String?) throws(PeekError) -> InferenceFacts {
    defer { trim() }
    guard let length = InferenceHeader.jsonLength(header, of: body.count) else { throw .badInferenceHeader }
    var reader = InferenceReader(keys: keys)
    reader.facts.jsonLength = length
    reader.facts.tensorBytes = body.count - length
    if length == 0, header != nil { return reader.facts }
    try reader.read(try root(of: json(of: body, length: length)))
    return reader.facts
  }
}

/// Reads the JSON of a request in one pass.
private struct InferenceReader {
  var facts = InferenceFacts()
  let keys: KeySet
  /// Bytes of tensors that the inputs say they have.
  private var promised = 0

  init(keys: KeySet) { self.keys = keys }

  mutating func read(_ root: SourcedValue) throws(PeekError) {
    var members = root.members(at: FieldPath(), keys)
    while let (key, value) = try members.next(keys) {
      if value.isNull { continue }
      if key == "id" {
        facts.id = try value.string("id")
      } else if key == "model_name" {
        _ = try value.string("model_name")
        facts.namesModel = true
      } else if key == "parameters" {
        try readParameters(value)
      } else if key == "inputs" {
        try readInputs(value)
      } else if key == "outputs" {
        try readOutputs(value)
      }
    }
    guard facts.inputs > 0 else { throw .missing("inputs") }
    guard promised == facts.tensorBytes else {
      throw .wrongTensorBytes(promised: promised, sent: facts.tensorBytes)
    }
  }

  private mutating func readParameters(_ value: SourcedValue) throws(PeekError) {
    try value.requireObject("parameters")
    var members = value.members(at: FieldPath("parameters"), keys)
    while let (key, value) = try members.next(keys) {
      // 0 and "" are the protocol's words for no sequence.
      guard key == "sequence_id", value.value.int != 0, value.value.string?.count != 0, !value.isNull else {
        continue
      }
      guard value.value.isNumber || value.value.string != nil else {
        throw .wrongType("parameters.sequence_id", expected: "an integer or a string", found: value.value)
      }
      var hash = Fingerprint()
      hash.add(value.text.text)
      facts.sequence = hash.value
    }
  }

  // MARK: Tensors

  private mutating func readInputs(_ value: SourcedValue) throws(PeekError) {
    try value.requireArray("inputs")
    var elements = value.elements
    while let element = elements.next() {
      try readInput(element, at: FieldPath("inputs", facts.inputs))
      facts.inputs += 1
    }
  }

  private mutating func readInput(_ value: SourcedValue, at path: FieldPath) throws(PeekError) {
    try value.requireObject(path.text())
    var (hasName, hasShape, hasType, hasData, size) = (false, false, false, false, Int?.none)
    var members = value.members(at: path, keys)
    while let (key, value) = try members.next(keys) {
      if key == "name" {
        hasName = try !value.string(path.text("name")).isEmpty
      } else if key == "shape" {
        try requireShape(value, at: path)
        hasShape = true
      } else if key == "datatype" {
        try requireType(value, at: path)
        hasType = true
      } else if key == "data", !value.isNull {
        try value.requireArray(path.text("data"))
        hasData = true
      } else if key == "parameters", !value.isNull {
        size = try tensorSize(value, at: path)
      }
    }
    guard hasName else { throw .missing(path.text("name")) }
    guard hasShape else { throw .missing(path.text("shape")) }
    guard hasType else { throw .missing(path.text("datatype")) }
    guard hasData != (size != nil) else {
      if !hasData { throw .missing(path.text("data")) }
      throw .invalid(path.text("data"), "must not be sent beside 'binary_data_size': leave one out")
    }
    try promise(size ?? 0, at: path)
  }

  private mutating func promise(_ size: Int, at path: FieldPath) throws(PeekError) {
    let (sum, overflows) = promised.addingReportingOverflow(size)
    if overflows { throw .invalid(path.text("parameters.binary_data_size"), "is too large") }
    promised = sum
  }

  private func requireShape(_ value: SourcedValue, at path: FieldPath) throws(PeekError) {
    try value.requireArray(path.text("shape"))
    var elements = value.elements
    while let element = elements.next() { _ = try element.count(path.text("shape")) }
  }

  private func requireType(_ value: SourcedValue, at path: FieldPath) throws(PeekError) {
    let type = try value.string(path.text("datatype"))
    guard Self.types.contains(type) else {
      throw .invalid(path.text("datatype"), "must be one of \(Self.types.joined(separator: ", "))")
    }
  }

  private static let types = [
    "BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP16", "BF16", "FP32",
    "FP64", "BYTES",
  ]

  private func readOutputs(_ value: SourcedValue) throws(PeekError) {
    try value.requireArray("outputs")
    var (elements, count) = (value.elements, 0)
    while let element = elements.next() {
      let path = FieldPath("outputs", count)
      count += 1
      try element.requireObject(path.text())
      var hasName = false
      var members = element.members(at: path, keys)
      while let (key, value) = try members.next(keys) {
        if key == "name" {
          hasName = try !value.string(path.text("name")).isEmpty
        } else if key == "parameters", !value.isNull {
          _ = try tensorSize(value, at: path)
        }
      }
      guard hasName else { throw .missing(path.text("name")) }
    }
  }

  /// Bytes behind the JSON; nil where the tensor's data stands in it. Memory of the server's machine is nothing for who isn't there.
  private func tensorSize(_ value: SourcedValue, at path: FieldPath) throws(PeekError) -> Int? {
    try value.requireObject(path.text("parameters"))
    var size: Int?
    var members = value.members(at: path, keys)
    while let (key, value) = try members.next(keys) {
      if key == "binary_data_size" {
        size = try value.count(path.text("parameters.binary_data_size"))
      } else if key == "shared_memory_region" {
        throw PeekError(
          message: "Tensors in shared memory can't be sent through the router. Send them in the body.",
          param: path.text("parameters.shared_memory_region"), code: "not_supported")
      }
    }
    return size
  }
}

extension PeekError {
  fileprivate static let badInferenceHeader = PeekError(
    message:
      "The header 'Inference-Header-Content-Length' must be the number of bytes of the body that are JSON.",
    param: "Inference-Header-Content-Length", code: "invalid_value")

  fileprivate static func wrongTensorBytes(promised: Int, sent: Int) -> PeekError {
    PeekError(
      message:
        "The inputs' 'binary_data_size' add up to \(promised) bytes, but \(sent) follow the JSON. Check them, and 'Inference-Header-Content-Length'.",
      param: "inputs", code: "invalid_value")
  }
}
