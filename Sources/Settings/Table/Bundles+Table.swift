internal import Policy

extension Form where Value == [Settings.Bundle] {
  /// Versions by model.
  static var bundles: Form { .byModel(.versions) }

  /// The same in a file of its own, whose versions need not follow one another.
  static var exported: Form { .byModel(Form.list(Form<Settings.Bundle>.bundle, nonEmpty: true)) }

  private static func byModel(_ versions: Form) -> Form {
    let models = Form<Entries<[Settings.Bundle]>>.entries(versions) { entry, reader in
      let name = Written(written: entry.key, value: entry.key, mark: entry.mark, isReference: false)
      reader.names.refer(.init(kind: .model, written: name, path: reader.path))
    }
    return models.mapped(
      { entries in
        entries.flatMap { entry in
          entry.value.map { bundle in
            var bundle = bundle
            bundle.model = entry.name
            return bundle
          }
        }
      },
      { bundles in
        var entries: Entries<[Settings.Bundle]> = []
        for bundle in bundles {
          if let index = entries.firstIndex(where: { $0.name == bundle.model }) {
            entries[index].value.append(bundle)
          } else {
            entries.append((bundle.model, [bundle]))
          }
        }
        return entries
      })
  }

  fileprivate static var versions: Form {
    var form = Form.list(Form<Settings.Bundle>.bundle, nonEmpty: true)
    let list = form.read
    form.read = { tree, reader in
      let bundles = list(tree, &reader)
      if let bundles, !reader.hasErrors(at: []) { BundleChecks.changes(bundles, &reader) }
      return bundles
    }
    return form
  }
}

extension Form where Value == Settings.Bundle {
  /// One below its model's name.
  fileprivate static var bundle: Form {
    .record(Settings.Bundle(), fields, finish: BundleChecks.bundle)
  }

  /// One by itself.
  static var single: Form {
    let model: Field<Settings.Bundle> = Field(
      "model", \.model, .name(of: .model), required: true, "The name that clients ask for.")
    return .record(Settings.Bundle(), [model] + fields, finish: BundleChecks.bundle)
  }

  private static var fields: [Field<Settings.Bundle>] {
    [
      Field(
        "version", \.version, .int(BundleRule.versions), required: true,
        "Its number; what it stands for never changes."),
      Field(
        "deployment", \.deployment, .name(of: .deployment), required: true,
        "The deployment that it runs at."),
      Field("prompt", \.prompt, .prompt, "The prompt before the client's messages."),
      Field(
        "parameters", \.parameters, .parameters,
        "Members of the request that the router writes: temperature, max_tokens …"
      )
      .omittedWhenEmpty,
      Field(
        "tools_sha256", \.toolsSHA256, .sha256, "SHA-256 of the tools that clients offer with it."),
      Field("metadata", \.metadata, .metadata, "Anything else about it, for people.").omittedWhenEmpty,
      Field("reason", \.reason, .text, "Why it may change several things at once."),
    ]
  }
}

extension Form where Value == Settings.Bundle.Prompt {
  fileprivate static var prompt: Form {
    let parts = Form<PromptParts>.record(
      PromptParts(),
      [
        Field("template", \.template, .template, "Its text."),
        Field("template_file", \.file, .templateFile, "File that holds its text, UTF-8."),
        Field("sha256", \.sha256, .sha256, "SHA-256 of its text, which clients send themselves."),
      ],
      finish: { _, reader in
        let written = ["template", "template_file", "sha256"].filter { reader.isWritten($0) }
        if written.isEmpty { reader.fail("has no text: write template, template_file or sha256") }
        for more in written.dropFirst() {
          reader.fail("is written beside '\(written[0])': remove one of them", under: [more])
        }
      })
    return Form(
      schema: parts.schema,
      read: { tree, reader in parts.read(tree, &reader).flatMap(\.prompt) },
      write: { parts.write(PromptParts($0)) })
  }
}

/// A prompt as it is written.
private struct PromptParts {
  var template: String?
  var file: TemplateFile?
  var sha256: [UInt8]?

  var prompt: Settings.Bundle.Prompt? {
    if let template { return .template(template, file: nil) }
    if let file { return .template(file.text, file: file.path) }
    return sha256.map { .sha256($0) }
  }
}

extension PromptParts {
  init(_ prompt: Settings.Bundle.Prompt) {
    switch prompt {
    case .template(let text, nil): template = text
    case .template(let text, let path?): file = TemplateFile(path: path, text: text)
    case .sha256(let bytes): sha256 = bytes
    }
  }
}

private struct TemplateFile {
  var path: String
  var text: String
}

extension Form where Value == TemplateFile {
  /// The file's text is the prompt, byte for byte: what `sha256sum` says of the file is the prompt's hash.
  fileprivate static var templateFile: Form {
    Form(
      schema: Form<String>.fileName.schema,
      read: { tree, reader in
        guard let path = Form<String>.fileName.read(tree, &reader),
          let text = Secrets.text(of: path, tree.mark, &reader)
        else { return nil }
        // Files are read with what is no UTF-8 replaced.
        let flaw =
          text.unicodeScalars.contains("\u{fffd}")
          ? "holds bytes that are not UTF-8" : BundleRule.flaw(ofTemplate: text)
        if let flaw {
          reader.fail("\(path) \(flaw)", at: tree.mark)
          return nil
        }
        return TemplateFile(path: path, text: text)
      },
      write: { .scalar(References.escaped($0.path)) })
  }
}

extension Form where Value == String {
  fileprivate static var template: Form {
    Form(
      schema: ["type": "string", "minLength": .int(1)],
      read: { tree, reader in
        guard let text = reader.text(tree, wanted: "a text")?.value else { return nil }
        if let flaw = BundleRule.flaw(ofTemplate: text) {
          reader.fail(flaw, at: tree.mark)
          return nil
        }
        return text
      },
      write: { Tree(content: .scalar(References.escaped($0)), style: .quoted) })
  }
}

extension Form where Value == [String: JSONLiteral] {
  static var parameters: Form {
    Form<Entries<JSONLiteral>>.entries(.json) { entry, reader in
      guard let flaw = BundleRule.flaw(ofParameter: entry.key) else { return }
      reader.fail("'\(entry.key)' \(flaw)", at: entry.mark)
    }
    .mapped(
      { Dictionary($0.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first }) },
      { $0.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) } })
  }
}

extension Form where Value == [String: String] {
  fileprivate static var metadata: Form {
    Form<Entries<String>>.entries(.metadata) { entry, reader in
      if let flaw = BundleRule.flaw(ofMetadata: entry.key, "") {
        reader.fail("'\(entry.key)' \(flaw)", at: entry.mark)
      }
    }
    .mapped(
      { Dictionary($0.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first }) },
      { $0.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) } })
  }
}

extension Form where Value == String {
  fileprivate static var metadata: Form {
    var form = Form.literal
    let read = form.read
    form.read = { tree, reader in
      guard let text = read(tree, &reader) else { return nil }
      guard let flaw = BundleRule.flaw(ofMetadata: "a", text) else { return text }
      reader.fail(flaw, at: tree.mark)
      return nil
    }
    return form
  }
}

/// What takes more than one key of a bundle, or more than one bundle, to see.
enum BundleChecks {
  static func bundle(_ bundle: inout Settings.Bundle, _ reader: inout Reader) {
    if let flaw = BundleRule.flaw(of: bundle.parameters) { reader.fail(flaw, under: ["parameters"]) }
    if let flaw = BundleRule.flaw(of: bundle.metadata) { reader.fail(flaw, under: ["metadata"]) }
    if bundle.isTooLong { reader.fail(BundleError.tooLong.reason) }
    guard bundle.version > 0 else { return }
    let claim = "\(bundle.version) of \(reader.path.parent)"
    if let first = reader.names.claim(claim, as: "version", at: reader.mark) {
      reader.fail("is declared twice: first in line \(first.line)", under: ["version"])
    }
  }

  /// Each version against the one before it, by their numbers.
  static func changes(_ bundles: [Settings.Bundle], _ reader: inout Reader) {
    let order = bundles.indices.sorted { bundles[$0].version < bundles[$1].version }
    for (former, later) in zip(order, order.dropFirst()) {
      let (bundle, other) = (bundles[later], bundles[former])
      let flaw = Policy.Bundle.Variable.flaw(
        ofChanging: bundle.changes(against: other), against: other.version, reason: bundle.reason)
      if let flaw { reader.fail(flaw, under: ["[\(later)]"]) }
    }
  }
}
