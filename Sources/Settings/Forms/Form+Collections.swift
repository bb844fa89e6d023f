/// A mapping's keys with their values, in the order of the document.
typealias Entries<Value> = [(name: String, value: Value)]

extension Form {
  /// A list. `distinct` gives the text by which an element may stand in it only once.
  static func list<Element>(
    _ element: Form<Element>, nonEmpty: Bool = false, distinct: ((Element) -> String)? = nil
  ) -> Form<[Element]> {
    Form<[Element]>(
      schema: JSON.object([("type", "array"), ("items", element.schema)]).adding(
        nonEmpty ? [("minItems", .int(1))] : []),
      read: { tree, reader in
        guard case .sequence(let trees) = tree.content else {
          reader.fail(Reader.mismatch(tree, wanted: "a list"), at: tree.mark)
          return nil
        }
        if nonEmpty, trees.isEmpty { reader.fail("must not be empty", at: tree.mark) }
        var seen: Set<String> = []
        return trees.enumerated().compactMap { index, tree in
          reader.at(reader.path.index(index), tree.mark) { reader in
            let value = element.read(tree, &reader)
            if let value, let text = distinct?(value), !seen.insert(text).inserted {
              reader.fail("is listed twice", at: tree.mark)
            }
            return value
          }
        }
      },
      write: { .sequence($0.map(element.write)) })
  }

  /// A mapping from names to records (`providers`, `models` …), in the order of the document. A record holds its name
  /// at `place`; `declare` makes it known to those that refer to it.
  static func named<Record>(
    _ place: WritableKeyPath<Record, String>, _ record: Form<Record>, nonEmpty: Bool = false,
    declare: @escaping (String, Mark, inout Reader) -> Void = { _, _, _ in }
  ) -> Form<[Record]> {
    let entries = Form<Entries<Record>>.entries(record, nonEmpty: nonEmpty) { entry, reader in
      guard NameRule.accepts(entry.key) else {
        reader.fail("'\(entry.key)' cannot be a name: \(NameRule.text)", at: entry.mark)
        return
      }
      declare(entry.key, entry.mark, &reader)
    }
    return entries.mapped(
      { pairs in
        pairs.map { name, value in
          var value = value
          value[keyPath: place] = name
          return value
        }
      }, { $0.map { (name: $0[keyPath: place], value: $0) } })
  }

  /// A mapping with free keys, in the order of the document. `key` checks each of them.
  static func entries<Element>(
    _ form: Form<Element>, nonEmpty: Bool = false,
    key: @escaping (Tree.Entry, inout Reader) -> Void = { _, _ in }
  ) -> Form<Entries<Element>> {
    Form<Entries<Element>>(
      schema: JSON.object([("type", "object"), ("additionalProperties", form.schema)])
        .adding(nonEmpty ? [("minProperties", .int(1))] : []),
      read: { tree, reader in
        guard case .mapping(let entries) = tree.content else {
          reader.fail(Reader.mismatch(tree, wanted: "a mapping"), at: tree.mark)
          return nil
        }
        if nonEmpty, entries.isEmpty { reader.fail("must not be empty", at: tree.mark) }
        var lines: [String: Int] = [:]
        return entries.compactMap { entry in
          if let first = lines.updateValue(entry.mark.line, forKey: entry.key) {
            reader.failRepeated(entry, first: first)
            return nil
          }
          return reader.at(reader.path.key(entry.key), entry.errorMark) { reader in
            key(entry, &reader)
            return form.read(entry.value, &reader).map { (name: entry.key, value: $0) }
          }
        }
      },
      write: { .mapping($0.map { ($0.name, form.write($0.value)) }) })
  }

  /// A mapping whose order means nothing; printed in the order of its keys.
  static func dictionary<Element>(_ form: Form<Element>) -> Form<[String: Element]> {
    Form<Entries<Element>>.entries(form).mapped(
      { Dictionary($0.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first }) },
      { $0.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) } })
  }

  /// One form or the other by what stands there: a list, or anything else.
  static func oneOrMany<Element>(_ element: Form<Element>) -> Form<[Element]> {
    let many = Form<[Element]>.list(element)
    return Form<[Element]>(
      schema: ["anyOf": [element.schema, many.schema]],
      read: { tree, reader in
        if case .sequence = tree.content { return many.read(tree, &reader) }
        return element.read(tree, &reader).map { [$0] }
      },
      write: many.write)
  }
}
