/// What was found in texts: by which detectors and, where that is asked for, at which places of the last text. Never the texts.
package struct Findings: Sendable {
  package struct Place: Sendable, Equatable {
    package var detector: DetectorSet
    /// Bytes of the text.
    package var range: Range<Int>

    package init(_ detector: DetectorSet, _ range: Range<Int>) {
      (self.detector, self.range) = (detector, range)
    }
  }

  package var detectors: DetectorSet = []
  /// Empty unless `keepsPlaces`.
  package var places: [Place] = []
  package let keepsPlaces: Bool

  package init(keepsPlaces: Bool = false) { self.keepsPlaces = keepsPlaces }

  mutating func add(_ detector: DetectorSet, _ range: Range<Int>) {
    detectors.formUnion(detector)
    if keepsPlaces { places.append(Place(detector, range)) }
  }
}
