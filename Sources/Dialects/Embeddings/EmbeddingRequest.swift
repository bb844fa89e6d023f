/// Texts whose embeddings are asked for, without the words of a dialect.
package struct EmbeddingRequest: Sendable, Equatable {
  /// How a vector is written.
  package enum Encoding: String, Sendable {
    /// A list of numbers.
    case float
    /// Its numbers as floats of 32 bits, least byte first, in base64.
    case base64
  }

  /// Whose words the request has.
  package var origin: ChatDialectName
  package var model: String?
  /// At least one.
  package var inputs: [String] = []
  /// Numbers that a vector is to have; nil: as many as the model makes.
  package var dimensions: Int?
  /// Of the answer.
  package var encoding = Encoding.float
  /// Who asks, by the client's own name.
  package var user: String?
  /// Members that only the client's dialect has, or nobody.
  package var others: [RawMember] = []

  package init(origin: ChatDialectName) { self.origin = origin }
}

/// The answer, a vector for each text.
package struct EmbeddingAnswer: Sendable, Equatable {
  /// As the provider calls it.
  package var model: String?
  /// JSON, in the encoding that was asked for.
  package var vectors: [JSONText]
  package var usage: Usage?

  package init(model: String? = nil, vectors: [JSONText], usage: Usage? = nil) {
    (self.model, self.vectors, self.usage) = (model, vectors, usage)
  }
}
