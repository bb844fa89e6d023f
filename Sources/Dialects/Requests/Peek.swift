package import Policy

/// Reads what routing needs to know from request bodies; one per event loop, as it reuses its parser.
package final class Peek {
  let parser = JSONParser()
  let keys = KeySet()
  /// Room for texts that come without padding.
  let scratch = PaddedBytes(capacity: 16 << 10)
  private let turns: PromptTurns

  /// Whether requests are to say how their prompts begin.
  package var readsPrefix = false
  /// By which rules requests are to say what their prompts are about; nil: nobody asks.
  package var readsPrompt: PromptRules?
  /// What says how hard prompts are, in the place of those rules' weights; nil: the weights do.
  package var complexityModel: ComplexityModel?
  /// Whether requests are to note their members, for models that have versions: without, those are read a second time.
  package var notesMembers = false
  /// Members of `metadata` that routing asks for, each once.
  package var metadataNames: [String] = []

  package init() { turns = PromptTurns(room: scratch) }

  /// Gives the room of an unusually large document back to the system.
  func trim() {
    parser.trim()
    scratch.removeAll(keepingCapacity: JSONParser.keptCapacity)
  }

  /// Validates the whole of `body` and reads its facts.
  ///
  /// What the router reads has the right type and is named once, at every level it reads; the rest is valid
  /// JSON.
  ///
  /// `detectors`: what to look for in its texts; nil looks for nothing.
  package func request(
    _ body: PaddedBytes, surface: Surface, detectors: DataDetectors? = nil
  ) throws(PeekError) -> PeekedRequest {
    try read(body, surface: surface, notesMembers: notesMembers, by: readsPrompt, detectors: detectors)
  }

  func read(
    _ body: PaddedBytes, surface: Surface, notesMembers: Bool, by rules: PromptRules? = nil,
    detectors: DataDetectors? = nil
  ) throws(PeekError) -> PeekedRequest {
    defer { trim() }
    keys.reset()
    if let rules { turns.begin(by: rules, complexityModel) }
    let root: JSONValue
    do { root = try parser.parse(body) } catch { throw .malformed(error) }
    guard root.isObject else { throw .notAnObject }
    var reader = RequestReader(
      surface: surface, turns: rules == nil ? nil : turns, source: parser.source(body), keys: keys,
      readsPrefix: readsPrefix,
      notesMembers: notesMembers)
    reader.metadataNames = metadataNames
    try reader.read(root)
    if let detectors { reader.facts.detected = DataWalk.found(in: root, detectors) }
    return PeekedRequest(facts: reader.facts, cuts: reader.cuts)
  }
}
