internal import Policy

/// Looks at every text of a document, keys included: what a model reads, and whatever else its provider is sent. Fields that this
/// version doesn't know are no way around it.
struct DataWalk {
  private let detectors: DataDetectors
  private var findings = Findings()

  private init(_ detectors: DataDetectors) { self.detectors = detectors }

  /// What is found in a request, the name of the model apart.
  static func found(in root: JSONValue, _ detectors: DataDetectors) -> DetectorSet {
    var walk = DataWalk(detectors)
    var members = root.members
    while let (key, value) = members.next() {
      if key == "model" { continue }
      walk.look(at: key)
      walk.look(at: value)
    }
    return walk.findings.detectors
  }

  /// As deep as a document may be nested, which is not deep.
  private mutating func look(at value: JSONValue) {
    if let text = value.string { return look(at: text) }
    var elements = value.elements
    while let element = elements.next() { look(at: element) }
    var members = value.members
    while let (key, value) = members.next() {
      look(at: key)
      look(at: value)
    }
  }

  private mutating func look(at text: JSONBytes) { detectors.scan(text.buffer, into: &findings) }
}
