/// Everything that is wrong with a document, in the order of the document.
package struct SettingsErrors: Error, Sendable, CustomStringConvertible {
  package var errors: [SettingsError]

  package init(_ errors: [SettingsError]) {
    self.errors = errors.sorted { ($0.line, $0.column, $0.path) < ($1.line, $1.column, $1.path) }
  }

  /// One line per error.
  package var description: String { errors.map(\.description).joined(separator: "\n") }
}

/// One thing that is wrong, where it stands and what to write instead. Never quotes a secret.
package struct SettingsError: Error, Sendable, Equatable, CustomStringConvertible {
  package var file: String
  /// Counted from 1; 0 where the whole file is meant.
  package var line: Int
  /// Counted from 1, in Unicode scalars.
  package var column: Int
  /// `models.chat-fast.retry.attempts`; empty at the top of the document.
  package var path: String
  package var message: String

  /// `switchyard.yaml:12:5: models.chat-fast: unknown key 'fallback': did you mean 'fallbacks'?`
  package var description: String {
    let place = line > 0 ? "\(file):\(line):\(column): " : "\(file): "
    return place + (path.isEmpty ? "" : "\(path): ") + message
  }
}
