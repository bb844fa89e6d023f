/// What the configuration looks for in texts, compiled. One object for all requests under a configuration.
package final class DataDetectors: Sendable {
  /// A pattern of the configuration.
  package struct Entry: Sendable {
    package var pattern: Pattern
    package var detector: DetectorSet

    package init(_ pattern: Pattern, _ detector: DetectorSet) {
      (self.pattern, self.detector) = (pattern, detector)
    }
  }

  /// Texts from so many bytes on are looked at for whether they are texts at all.
  private static let shortestEncoded = 256

  package let wanted: DetectorSet
  /// Nil where there is no pattern, nor a list of words.
  private let table: PatternTable?
  /// Finds where that stands, as far as it is to be masked.
  private let masking: PatternTable?

  /// `masked`: detectors whose findings are to be masked. Throws where patterns together need too large a table.
  package init(
    _ builtIn: DetectorSet, _ patterns: [Entry], masked: DetectorSet = []
  ) throws(PatternError) {
    wanted = patterns.reduce(into: builtIn) { $0.formUnion($1.detector) }
    var all = patterns.map { (pattern: $0.pattern, detector: $0.detector) }
    if builtIn.contains(.health) { all.append((pattern: HealthTerms.pattern, detector: .health)) }
    table = try all.isEmpty ? nil : PatternTable(all)
    let those = all.filter { masked.contains($0.detector) }
    masking = try those.isEmpty ? nil : PatternTable(those, isAnchored: true)
  }

  /// Looks at one text by itself. Base64 of some length is none: pictures and sound are not looked into.
  package func scan(_ text: UnsafeBufferPointer<UInt8>, into findings: inout Findings) {
    guard !findings.detectors.isSuperset(of: wanted), !Self.isEncoded(text) else { return }
    if !wanted.isDisjoint(with: .triggered) {
      var scan = TriggerScan(text, wanted)
      scan.run(into: &findings)
    }
    if let table { findings.detectors.formUnion(table.found(in: text)) }
  }

  /// Where the findings of some detectors stand in a text, in order and apart from each other; nil where that takes too long to find.
  package func places(of masked: DetectorSet, in text: UnsafeBufferPointer<UInt8>) -> [Findings.Place]? {
    guard !Self.isEncoded(text) else { return [] }
    var findings = Findings(keepsPlaces: true)
    var scan = TriggerScan(text, masked.intersection(wanted))
    scan.run(into: &findings)
    if let masking, let table, !table.found(in: text).isDisjoint(with: masked) {
      var (at, budget) = (0, 4_096 + 32 * text.count)
      while at < text.count {
        let place = masking.longest(text, at: at, &budget)
        guard budget >= 0 else { return nil }
        if let place, !place.detector.isDisjoint(with: masked) { findings.places.append(place) }
        at = place?.range.upperBound ?? at + 1
      }
    }
    return findings.places.sorted { $0.range.lowerBound < $1.range.lowerBound }.reduce(
      into: [Findings.Place]()
    ) { apart, place in
      guard let last = apart.last, place.range.lowerBound < last.range.upperBound else {
        return apart.append(place)
      }
      let end = max(last.range.upperBound, place.range.upperBound)
      apart[apart.count - 1].range = last.range.lowerBound..<end
    }
  }

  /// A long text of Base64's letters alone, behind the beginning of a data URL or not. What people write has a blank or a stop
  /// within a few words, so that this costs next to nothing.
  private static func isEncoded(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    guard text.count >= shortestEncoded else { return false }
    var start = 0
    let isURL = zip("data:".utf8, text).allSatisfy { $0 == $1 }
    if isURL { start = text.prefix(128).firstIndex(of: UInt8(ascii: ",")).map { $0 + 1 } ?? 0 }
    for byte in UnsafeBufferPointer(rebasing: text[start...]) where !isBase64(byte) { return false }
    return true
  }

  private static func isBase64(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2b, 0x2f, 0x3d: true
    default: false
    }
  }
}
