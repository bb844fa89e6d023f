/// What a model may call.
package enum ChatTool: Sendable, Equatable {
  case function(FunctionTool)
  /// A tool that only the client's dialect has, whole.
  case other(type: String, JSONText)
}

/// A function that the client carries out.
package struct FunctionTool: Sendable, Equatable {
  package var name: String
  package var description: String?
  /// The JSON schema of its arguments; nil: it takes none.
  package var parameters: JSONText?
  /// Arguments have to keep to the schema.
  package var strict: Bool?
  package var cache: CacheMark?

  package init(_ name: String, description: String? = nil, parameters: JSONText? = nil) {
    (self.name, self.description, self.parameters) = (name, description, parameters)
  }
}

/// Which tools the model may call, or must.
package enum ToolChoice: Sendable, Equatable {
  case auto
  /// None.
  case never
  /// Some tool.
  case required
  case named(String)
  /// One of these, where any is called; `mustCall`: one has to be.
  case allowed([String], mustCall: Bool)
}
