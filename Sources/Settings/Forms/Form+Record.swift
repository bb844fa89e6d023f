/// One key of a record: its name, its place in the refined value, its form and what it means.
struct Field<Owner> {
  let name: String
  let doc: String
  let required: Bool
  let availability: Availability
  let schema: JSON
  let read: (Tree, inout Reader, inout Owner) -> Void
  /// Nil where nothing is to be printed.
  let write: (Owner) -> Tree?
}

/// Whether this version can do what a key asks for.
enum Availability {
  case built
  /// Completed by "not built yet": `rate limits are`.
  case unbuilt(String)
  /// Only this value is built: `other modes are`.
  case only(String, String)
  /// All values but this one are built: `the dialect open-inference is`. `instead`: what to write.
  case anyBut(String, String, instead: String)
}

extension Field {
  /// A key that must be written, or whose default is what `place` holds in a blank record.
  init<V>(
    _ name: String, _ place: WritableKeyPath<Owner, V>, _ form: Form<V>, required: Bool = false,
    _ doc: String, _ availability: Availability = .built
  ) {
    self.init(
      name: name, doc: doc, required: required, availability: availability, schema: form.schema,
      read: { tree, reader, owner in
        if let value = form.read(tree, &reader) { owner[keyPath: place] = value }
      },
      write: { form.write($0[keyPath: place]) })
  }

  /// A key that may be absent.
  init<V>(
    _ name: String, _ place: WritableKeyPath<Owner, V?>, _ form: Form<V>, required: Bool = false,
    _ doc: String, _ availability: Availability = .built
  ) {
    self.init(
      name: name, doc: doc, required: required, availability: availability, schema: form.schema,
      read: { tree, reader, owner in
        if let value = form.read(tree, &reader) { owner[keyPath: place] = value }
      },
      write: { $0[keyPath: place].map(form.write) })
  }

  /// Another way to write what a further key holds, and is printed as.
  static func shorthand<V>(
    _ name: String, _ form: Form<V>, _ doc: String, store: @escaping (V, inout Owner) -> Void
  ) -> Field {
    Field(
      name: name, doc: doc, required: false, availability: .built, schema: form.schema,
      read: { tree, reader, owner in
        if let value = form.read(tree, &reader) { store(value, &owner) }
      },
      write: { _ in nil })
  }

  /// A key that is checked and has no place in the refined value.
  static func unkept<V>(
    _ name: String, _ form: Form<V>, required: Bool = false, _ doc: String,
    _ availability: Availability = .built
  ) -> Field {
    Field(
      name: name, doc: doc, required: required, availability: availability, schema: form.schema,
      read: { tree, reader, _ in _ = form.read(tree, &reader) },
      write: { _ in nil })
  }
}

extension Field {
  /// This key, not printed where it holds an empty list or mapping.
  var omittedWhenEmpty: Field {
    Field(
      name: name, doc: doc, required: required, availability: availability, schema: schema, read: read,
      write: { owner in write(owner).flatMap { $0.isEmpty ? nil : $0 } })
  }
}

extension Field {
  /// This key, not printed for some owners: while a feature isn't built, its defaults would ask for it.
  func omitted(when isOmitted: @escaping (Owner) -> Bool) -> Field {
    Field(
      name: name, doc: doc, required: required, availability: availability, schema: schema, read: read,
      write: { owner in isOmitted(owner) ? nil : write(owner) })
  }
}

/// The owner of records whose features aren't built: nothing of them is kept.
struct Unkept {}

extension Form {
  /// A mapping with these keys and no others. `finish` checks what takes several of them.
  static func record(
    _ blank: Value, _ fields: [Field<Value>], finish: ((inout Value, inout Reader) -> Void)? = nil
  ) -> Form {
    Form(
      schema: RecordSchema(blank: blank, fields: fields).json,
      read: { tree, reader in
        var value = blank
        guard reader.read(tree, fields, into: &value) else { return nil }
        finish?(&value, &reader)
        return value
      },
      write: { value in
        .mapping(fields.compactMap { field in field.write(value).map { (field.name, $0) } })
      })
  }
}

extension Reader {
  /// False where `tree` is no mapping; errors in fields are noted only.
  fileprivate mutating func read<Owner>(_ tree: Tree, _ fields: [Field<Owner>], into owner: inout Owner)
    -> Bool
  {
    guard case .mapping(let entries) = tree.content else {
      fail(Self.mismatch(tree, wanted: "a mapping"), at: tree.mark)
      return false
    }
    var lines: [String: Int] = [:]
    for entry in entries {
      if let first = lines.updateValue(entry.mark.line, forKey: entry.key) {
        failRepeated(entry, first: first)
      } else if let field = fields.first(where: { $0.name == entry.key }) {
        read(entry, field, into: &owner)
      } else {
        let suggestion = Suggestion.text(for: entry.key, among: fields.map(\.name))
        fail("unknown key '\(entry.key)'\(suggestion)", at: entry.mark)
      }
    }
    for field in fields where field.required && lines[field.name] == nil {
      fail("'\(field.name)' is missing: \(field.doc)")
    }
    return true
  }

  private mutating func read<Owner>(_ entry: Tree.Entry, _ field: Field<Owner>, into owner: inout Owner) {
    at(path.key(entry.key), entry.errorMark) { reader in
      let isUnbuilt = reader.noteAvailability(field.availability, entry)
      reader.insideUnbuilt(isUnbuilt) { field.read(entry.value, &$0, &owner) }
    }
  }

  /// Whether all of the entry is unbuilt.
  private mutating func noteAvailability(_ availability: Availability, _ entry: Tree.Entry) -> Bool {
    switch availability {
    case .built: return false
    case .unbuilt(let what):
      if entry.value.isEmpty { return false }
      note(unbuilt: what, at: entry.mark, instead: "remove \(path)")
      return true
    case .only(let value, let what):
      guard case .scalar(let text) = entry.value.content else { return false }
      if expanded(text) != value {
        note(unbuilt: what, at: entry.mark, instead: "write '\(value)' for \(path)")
      }
      return false
    case .anyBut(let value, let what, let instead):
      guard case .scalar(let text) = entry.value.content else { return false }
      if expanded(text) == value {
        note(unbuilt: what, at: entry.mark, instead: "write '\(instead)' for \(path)")
      }
      return false
    }
  }
}

extension Reader {
  fileprivate func expanded(_ text: String) -> String? {
    (try? References.expand(text, environment: environment))?.text
  }
}

extension Tree.Entry {
  /// Where errors about the value as a whole are reported: at a single value, else at its key.
  var errorMark: Mark {
    if case .scalar = value.content { value.mark } else { mark }
  }
}

/// The JSON Schema of a record, from the fields that read it.
private struct RecordSchema<Owner> {
  let blank: Owner
  let fields: [Field<Owner>]

  var json: JSON {
    let required = fields.filter(\.required).map { JSON.string($0.name) }
    return .object(
      [("type", "object"), ("additionalProperties", .bool(false))]
        + (required.isEmpty ? [] : [("required", .array(required))])
        + [("properties", .object(fields.map { (name: $0.name, value: property($0)) }))])
  }

  private func property(_ field: Field<Owner>) -> JSON {
    var members: [(name: String, value: JSON)] = [("description", .string(field.doc + remark(field)))]
    if !field.required, case .scalar(let text)? = field.write(blank)?.content {
      members.append(
        (name: "default", value: Int(text).map(JSON.int) ?? Bool(text).map(JSON.bool) ?? .string(text)))
    }
    return field.schema.adding(members)
  }

  private func remark(_ field: Field<Owner>) -> String {
    switch field.availability {
    case .built: ""
    case .unbuilt: " (Not built yet.)"
    case .only(let value, _): " (Only `\(value)` is built yet.)"
    case .anyBut(let value, _, _): " (`\(value)` is not built yet.)"
    }
  }
}
