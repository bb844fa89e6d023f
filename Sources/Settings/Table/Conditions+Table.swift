extension Form where Value == Unkept {
  /// What routing rules ask of a request: all of these keys, combined by `all`, `any` and `not`.
  static var condition: Form {
    let nested = Form(
      schema: ["$ref": "#/$defs/condition"], read: { Form.condition.read($0, &$1) },
      write: { _ in .mapping([]) })
    let record = Form.record(
      Unkept(),
      [
        .unkept("all", .list(nested), "All of these hold."),
        .unkept("any", .list(nested), "One of these holds."),
        .unkept("not", nested, "This doesn't hold."),
      ] + texts + numbers + flags)
    return record.allowingFacts(
      prefixes: ["header.", "metadata."], Form<[String]>.oneOrMany(Form<String>.text))
  }

  private static var texts: [Field<Unkept>] {
    [
      ("task_type", "Kind of task."), ("domain", "Subject."), ("user_tier", "The tenant's tier."),
      ("task_value", "What the task is worth."), ("language", "Language of the text."),
      ("optimize", "What to optimise."),
      ("tenant", "The tenant."), ("team", "The team."), ("key", "The key's id."),
      ("data_class", "Class of the data."),
      ("time", "Time of day."),
    ].map { .unkept($0.0, .oneOrMany(.text), $0.1 + " A text, a list, or a text with *.") }
  }

  private static var numbers: [Field<Unkept>] {
    [
      ("input_tokens", "Tokens of input."), ("max_output_tokens", "Most tokens of output."),
      ("turns", "Messages so far."), ("load", "Load of the models."),
    ].map {
      .unkept(
        $0.0, .oneOrMany(.comparison(words: [])), $0.1 + " A number, or a comparison such as \">= 4000\".")
    }
      + [
        .unkept(
          "complexity", .oneOrMany(.comparison(words: ["low", "medium", "high"])), "How hard the request is.")
      ]
  }

  private static var flags: [Field<Unkept>] {
    [
      ("requires_vision", "It has images."), ("requires_tools", "It has tools."),
      ("requires_json", "It asks for JSON."), ("code", "It is about code."),
      ("stream", "It asks for a stream."),
    ].map { .unkept($0.0, .flag, $0.1) }
  }

  /// This record with further keys that only begin as given: `header.x-team`.
  private func allowingFacts(prefixes: [String], _ fact: Form<[String]>) -> Form {
    let isFact = { (key: String) in prefixes.contains { key.hasPrefix($0) && key != $0 } }
    let patterns = prefixes.map { (name: "^\($0.replacing(".", with: "\\."))", value: fact.schema) }
    return Form(
      schema: schema.adding([("patternProperties", .object(patterns))]),
      read: { tree, reader in
        guard case .mapping(let entries) = tree.content else { return self.read(tree, &reader) }
        var lines: [String: Int] = [:]
        for entry in entries where isFact(entry.key) {
          if let first = lines.updateValue(entry.mark.line, forKey: entry.key) {
            reader.failRepeated(entry, first: first)
            continue
          }
          reader.at(reader.path.key(entry.key), entry.errorMark) { _ = fact.read(entry.value, &$0) }
        }
        let rest = Tree(content: .mapping(entries.filter { !isFact($0.key) }), mark: tree.mark)
        return self.read(rest, &reader)
      },
      write: write)
  }
}

extension Form where Value == String {
  /// A number, one of these words, or a comparison with a number.
  fileprivate static func comparison(words: [String]) -> Form {
    .matching("a number or a comparison", example: (words + [">= 4000"]).joined(separator: ", ")) { text in
      let signs = [">=", "<=", ">", "<", "=="]
      let number = signs.first { text.hasPrefix($0) }.map { text.dropFirst($0.count) } ?? text[...]
      return words.contains(text) || Decimals.parse(number.drop { $0 == " " }, scale: 6) != nil
    }
  }
}
