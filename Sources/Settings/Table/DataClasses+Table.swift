internal import Policy

extension Form where Value == [Settings.DataClass] {
  static var dataClasses: Form {
    .named(\.name, .dataClass) { name, mark, reader in
      if name == Form<[String]>.noDataClass {
        reader.fail("'\(name)' says that there is no class: choose another name", at: mark)
      }
      reader.names.declare(name, .dataClass)
    }
  }
}

extension Form where Value == Settings.DataClass {
  fileprivate static var dataClass: Form {
    .record(
      Settings.DataClass(),
      [
        Field(
          "detect", \.detect, .list(.choice()) { $0.rawValue },
          "What is looked for in texts: email, phone, card, iban, national_id, ip, health. By default what suits classes"
            + " called pii, pci and phi, and nothing for others."),
        Field("patterns", \.patterns, .patterns, "What else is looked for, by name.").omittedWhenEmpty,
        Field(
          "regions", \.regions, .labels, "Where deployments have to run that see it; anywhere where empty."),
        Field(
          "action", \.action, .choice(),
          "restrict: such requests go to deployments that may see the class (deployments.NAME.data); redact: what is found is masked, and put back in answers; refuse: nowhere."
        ),
      ],
      finish: { value, reader in
        if !reader.isWritten("detect") { value.detect = Detector.usual(ofClass: reader.path.last) }
      })
  }
}

extension Form where Value == [Settings.DataPattern] {
  fileprivate static var patterns: Form {
    Form<Entries<String>>.entries(.pattern) { entry, reader in
      if !NameRule.accepts(entry.key) {
        reader.fail("'\(entry.key)' cannot be a name: \(NameRule.text)", at: entry.mark)
      }
    }
    .mapped(
      { $0.map { Settings.DataPattern(name: $0.name, text: $0.value) } },
      { $0.map { (name: $0.name, value: $0.text) } })
  }
}

extension Form where Value == String {
  fileprivate static var pattern: Form {
    .scalar(
      "a pattern", schema: ["type": "string", "examples": [#"\bMRN-\d{6,8}\b"#]],
      parse: { text throws(Refusal) in
        do throws(PatternError) {
          _ = try Pattern(text)
        } catch {
          throw Refusal(error.message + (error.offset.map { " (at its byte \($0 + 1))" } ?? ""))
        }
        return text
      }, write: { $0 })
  }
}

extension Form where Value == [String] {
  fileprivate static var noDataClass: String { "none" }

  /// Names of data classes, or `none`.
  static var dataClassNames: Form {
    Form<[String]>.oneOrMany(.dataClassName).mapped({ $0.filter { $0 != noDataClass } }, { $0 })
  }
}

extension Form where Value == String {
  fileprivate static var dataClassName: Form {
    Form(
      schema: ["type": "string"],
      read: { tree, reader in
        guard let text = reader.text(tree, wanted: "the name of a data class") else { return nil }
        if text.value != Form<[String]>.noDataClass {
          reader.names.refer(.init(kind: .dataClass, written: text, path: reader.path))
        }
        return text.value
      },
      write: { .scalar(References.escaped($0)) })
  }
}

extension Names.Kind {
  static let dataClass = Names.Kind(noun: "data class")
}

/// What takes all of `routing.data_classes` to see.
enum DataClassChecks {
  static func all(_ settings: Settings, _ reader: inout Reader) {
    let classes = settings.routing.dataClasses
    guard !classes.isEmpty else { return }
    checkDeployments(settings, classes.map(\.name), &reader)
    let place = ["routing", "data_classes"]
    guard !reader.hasErrors(at: place) else { return }
    if classes.count > DataClassSet.most {
      reader.fail("are more than \(DataClassSet.most)", under: place)
    } else if classes.patterns.count > DetectorSet.mostPatterns {
      reader.fail(
        "have more than \(DetectorSet.mostPatterns) patterns together: join some by |", under: place)
    } else {
      checkSize(classes, &reader)
    }
  }

  /// Where classes are declared, a deployment that may see another one is a slip of the pen.
  private static func checkDeployments(_ settings: Settings, _ names: [String], _ reader: inout Reader) {
    for deployment in settings.deployments {
      for (index, name) in deployment.data.enumerated() where !names.contains(name) {
        reader.fail(
          "there is no data class '\(name)'\(Suggestion.text(for: name, among: names)): declare it under"
            + " routing.data_classes, or remove it",
          under: ["deployments", deployment.name, "data", "[\(index)]"])
      }
    }
  }

  /// All patterns are one table; one that is too large is the fault of the pattern that needs most of it.
  private static func checkSize(_ classes: [Settings.DataClass], _ reader: inout Reader) {
    let error: PatternError
    do throws(PatternError) {
      _ = try classes.detectors()
      return
    } catch let found {
      error = found
    }
    var largest: (states: Int, place: [String])?
    for item in classes {
      for pattern in item.patterns {
        let states = size(of: pattern)
        if states > largest?.states ?? -1 {
          largest = (states, ["routing", "data_classes", item.name, "patterns", pattern.name])
        }
      }
    }
    reader.fail(
      "beside the other patterns, \(error.message)", under: largest?.place ?? ["routing", "data_classes"])
  }

  /// States that a pattern needs by itself.
  private static func size(of pattern: Settings.DataPattern) -> Int {
    guard let parsed = try? Pattern(pattern.text),
      let table = try? PatternTable([(pattern: parsed, detector: DetectorSet(pattern: 0))])
    else { return .max }
    return table.count
  }
}
