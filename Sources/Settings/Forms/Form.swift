/// How values of one type stand in a document. One form reads, prints and describes them, so the three can't part.
struct Form<Value> {
  /// JSON Schema of what `read` accepts.
  var schema: JSON
  /// The value; nil once its errors are noted in the reader. Records come back even with errors in their fields, so
  /// that everything else is still checked.
  var read: (Tree, inout Reader) -> Value?
  /// What `read` gives the value back from.
  var write: (Value) -> Tree
}

extension Form {
  /// A single value. `wanted` completes "must be …"; what `parse` throws completes "'30' …".
  static func scalar(
    _ wanted: String, schema: JSON, parse: @escaping (String) throws(Refusal) -> Value,
    write: @escaping (Value) -> String
  ) -> Form {
    Form(
      schema: schema,
      read: { tree, reader in
        guard let text = reader.text(tree, wanted: wanted) else { return nil }
        do throws(Refusal) {
          return try parse(text.value)
        } catch {
          reader.fail("'\(text.written)' \(error.message)", at: tree.mark)
          return nil
        }
      },
      write: { .scalar(References.escaped(write($0))) })
  }

  /// The same text, another type.
  func mapped<Other>(_ there: @escaping (Value) -> Other, _ back: @escaping (Other) -> Value) -> Form<Other> {
    Form<Other>(
      schema: schema, read: { tree, reader in read(tree, &reader).map(there) }, write: { write(back($0)) })
  }

  /// A single value in this form, or else a mapping in `long`. Printed in the long form.
  func or(_ long: Form) -> Form {
    Form(
      schema: ["anyOf": [schema, long.schema]],
      read: { tree, reader in
        if case .mapping = tree.content { return long.read(tree, &reader) }
        return read(tree, &reader)
      },
      write: long.write)
  }

  /// Refuses values that another place in the document has already. `kind` says what they are.
  func claimed(as kind: String, by text: @escaping (Value) -> String) -> Form {
    var form = self
    form.read = { tree, reader in
      guard let value = read(tree, &reader) else { return nil }
      reader.claim(text(value), as: kind, at: tree.mark)
      return value
    }
    return form
  }
}

extension JSON {
  /// A pattern that the whole string must match; numbers and the like may also come by `${VAR}`.
  static func pattern(_ pattern: String, _ examples: String...) -> JSON {
    [
      "type": "string", "pattern": .string("^(\(pattern)|.*\\$\\{.*)$"),
      "examples": .array(examples.map { .string($0) }),
    ]
  }
}
