internal import Policy

extension Form where Value == Settings.Gate {
  static var gate: Form {
    .record(
      Settings.Gate(),
      [
        Field("suite", \.suite, .suite, "File of cases, one JSON object a line, UTF-8."),
        Field(
          "required", \.isRequired, .flag,
          "Whether a version is refused that has not passed an evaluation, by that suite where one is named."),
      ])
  }
}

extension Form where Value == Settings.Suite {
  /// The file's bytes are what reports name by their hash.
  fileprivate static var suite: Form {
    Form(
      schema: Form<String>.fileName.schema,
      read: { tree, reader in
        guard let path = Form<String>.fileName.read(tree, &reader),
          let text = Secrets.text(of: path, tree.mark, &reader)
        else { return nil }
        if let flaw = Self.flaw(of: text) {
          reader.fail("\(path): \(flaw)", at: tree.mark)
          return nil
        }
        return Settings.Suite(path: path, text: text)
      },
      write: { .scalar(References.escaped($0.path)) })
  }

  private static func flaw(of text: String) -> String? {
    // Files are read with what is no UTF-8 replaced.
    if text.unicodeScalars.contains("\u{fffd}") { return "holds bytes that are not UTF-8" }
    do throws(EvaluationError) {
      _ = try EvaluationSuite.cases(in: text)
      return nil
    } catch {
      return error.description
    }
  }
}
