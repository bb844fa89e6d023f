package import Policy

extension Settings {
  /// What requests may hold that not everybody may see.
  package struct DataClass: Sendable, Equatable {
    package var name = ""
    /// What is looked for in texts without being described here.
    package var detect: [Detector] = []
    package var patterns: [DataPattern] = []
    /// Where deployments have to run that see it; empty: anywhere.
    package var regions: [String] = []
    package var action = DataAction.restrict

    package init() {}
  }

  /// A pattern by its name; its text is one that `Pattern` reads.
  package struct DataPattern: Sendable, Equatable {
    package var name: String
    package var text: String
  }
}

extension [Settings.DataClass] {
  /// The patterns of all classes, in their order: what `DetectorSet(pattern:)` counts by.
  package var patterns: [Settings.DataPattern] { flatMap(\.patterns) }

  /// In their order, with what each looks for.
  package var rules: [DataClassRule] {
    var taken = 0
    return map { item in
      var detectors = item.detect.reduce(into: DetectorSet()) { $0.formUnion($1.bit) }
      for index in item.patterns.indices { detectors.formUnion(DetectorSet(pattern: taken + index)) }
      taken += item.patterns.count
      return DataClassRule(name: item.name, action: item.action, detectors: detectors, regions: item.regions)
    }
  }

  /// What is looked for, compiled; nil where all classes are told of by keys and headers alone.
  ///
  /// - Throws: Where a pattern is none, or all of them need too large a table.
  package func detectors() throws(PatternError) -> DataDetectors? {
    var entries: [DataDetectors.Entry] = []
    for (index, pattern) in patterns.enumerated() {
      entries.append(.init(try Pattern(pattern.text), DetectorSet(pattern: index)))
    }
    let builtIn = flatMap(\.detect).reduce(into: DetectorSet()) { $0.formUnion($1.bit) }
    guard !builtIn.isEmpty || !entries.isEmpty else { return nil }
    let masked = rules.filter { $0.action == .redact }.reduce(into: DetectorSet()) {
      $0.formUnion($1.detectors)
    }
    return try DataDetectors(builtIn, entries, masked: masked)
  }

  /// What a detector is called: a built-in one by its word, a pattern by its name.
  package func names(of detectors: DetectorSet) -> [String] {
    Detector.allCases.filter { detectors.contains($0.bit) }.map(\.rawValue)
      + patterns.indices.filter { detectors.contains(DetectorSet(pattern: $0)) }.map { patterns[$0].name }
  }
}
