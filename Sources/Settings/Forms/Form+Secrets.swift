extension Form where Value == Secret {
  /// A string, best with `${VAR}`, or `{ file: path }`.
  static var secret: Form {
    let file = Form<Unread>.record(
      Unread(), [Field("file", \.path, .fileName, required: true, "File that holds the secret.")])
    return Form(
      schema: ["anyOf": [["type": "string", "examples": ["${OPENAI_API_KEY}"]], file.schema]],
      read: { tree, reader in
        guard case .mapping = tree.content else { return string(tree, &reader) }
        guard let path = file.read(tree, &reader)?.path, !path.isEmpty else { return nil }
        return Secrets.read(path, tree.mark, &reader)
      },
      write: { secret in
        switch secret.source {
        case .literal: .scalar("***")
        case .environment(let written): .scalar(written)
        case .file(let path): .mapping([("file", .scalar(References.escaped(path)))])
        }
      })
  }

  /// The name of a file that holds the secret.
  static var secretFile: Form {
    Form(
      schema: Form<String>.fileName.schema,
      read: { tree, reader in
        guard let path = Form<String>.fileName.read(tree, &reader) else { return nil }
        return Secrets.read(path, tree.mark, &reader)
      },
      write: { secret in
        guard case .file(let path) = secret.source else { return Tree(content: .nothing) }
        return .scalar(References.escaped(path))
      })
  }

  private static func string(_ tree: Tree, _ reader: inout Reader) -> Secret? {
    guard let text = reader.text(tree, wanted: "a string with ${VAR}, or { file: path }") else { return nil }
    let source: Secret.Source = text.isReference ? .environment(text.written) : .literal
    return Secrets.checked(text.value, source, tree.mark, &reader)
  }
}

extension Form where Value == String {
  /// A file that must be there, as a path that doesn't depend on the working directory.
  static var file: Form {
    var form = fileName
    form.read = { tree, reader in
      guard let path = fileName.read(tree, &reader) else { return nil }
      return Secrets.text(of: path, tree.mark, &reader) == nil ? nil : path
    }
    return form
  }

  /// A file's name alone, besides the document unless absolute.
  static var fileName: Form {
    var form = Form.text
    form.read = { tree, reader in
      Form.text.read(tree, &reader).map { reader.files.resolved($0) }
    }
    return form
  }
}

/// The file of a secret, before it is read.
private struct Unread {
  var path = ""
}

enum Secrets {
  /// One trailing newline is no part of the secret.
  static func read(_ path: String, _ mark: Mark, _ reader: inout Reader) -> Secret? {
    guard var text = text(of: path, mark, &reader) else { return nil }
    if text.last?.isNewline == true { text.removeLast() }
    return checked(text, .file(path), mark, &reader)
  }

  static func text(of path: String, _ mark: Mark, _ reader: inout Reader) -> String? {
    do throws(Refusal) {
      return try reader.files.text(of: path)
    } catch {
      reader.fail(error.message, at: mark)
      return nil
    }
  }

  /// Secrets travel in header fields.
  static func checked(
    _ text: String, _ source: Secret.Source, _ mark: Mark, _ reader: inout Reader
  ) -> Secret? {
    guard !text.isEmpty else {
      reader.fail("must not be empty: write ${VAR}, or { file: path }", at: mark)
      return nil
    }
    guard text != "***" else {
      reader.fail(
        "'***' is what printing shows in a secret's place: write ${VAR}, or { file: path }", at: mark)
      return nil
    }
    guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      reader.fail("a secret must be of visible ASCII letters, without spaces or line breaks", at: mark)
      return nil
    }
    return Secret(text, source: source)
  }
}
