/// Something of a request that its provider is not sent as the client wrote it.
package struct Dropped: Sendable, Equatable {
  package var feature: ChatFeature
  /// Where it stands, such as `messages[2]`; nil where the feature's name says it.
  package var place: String?
  /// What became of it, as documented.
  package var rule: String

  package init(_ feature: ChatFeature, at place: String? = nil, rule: String) {
    (self.feature, self.place, self.rule) = (feature, place, rule)
  }

  /// For headers and logs: `seed`, or `image_detail at messages[2]`.
  package var text: String { place.map { "\(feature.rawValue) at \($0)" } ?? feature.rawValue }
}

/// Keeps account of what a request loses on its way to a provider, by the one table of `Carrying`.
package struct Losses {
  private let dialect: ChatDialectName
  package private(set) var dropped: [Dropped] = []
  /// Entries beyond which only their number grows: requests may have thousands of messages.
  private static let most = 32

  package init(to dialect: ChatDialectName) { self.dialect = dialect }

  /// Notes that a request has this and the provider isn't sent it so. Throws where the table says that it is refused.
  package mutating func lose(_ feature: ChatFeature, at place: String? = nil) throws(PeekError) {
    switch Carrying.of(feature, to: dialect) {
    case .refused(let reason): throw .notCarried(place ?? feature.rawValue, to: dialect, reason)
    case .dropped(let rule), .changed(let rule): note(Dropped(feature, at: place, rule: rule))
    case .whole: note(Dropped(feature, at: place, rule: "is not sent"))
    }
  }

  /// What only the client's dialect has; to be called where the provider's is another.
  package mutating func loseOthers(of request: ChatRequest) throws(PeekError) {
    for member in request.others {
      if let reason = Carrying.reasonToRefuse(member.name, of: request.origin) {
        throw .notCarried(member.name, to: dialect, reason)
      }
      try lose(.otherMembers, at: member.name)
    }
    for member in request.streamOthers { try lose(.otherMembers, at: "stream_options.\(member.name)") }
    for (index, message) in request.messages.enumerated() {
      for member in message.others { try lose(.otherMembers, at: "messages[\(index)].\(member.name)") }
    }
  }

  /// Members deep in the body that nobody knows.
  package mutating func loseStrays(of request: ChatRequest) throws(PeekError) {
    for stray in request.strays { try lose(.otherMembers, at: stray) }
  }

  private mutating func note(_ loss: Dropped) {
    guard dropped.count < Self.most, !dropped.contains(loss) else { return }
    dropped.append(loss)
  }
}

extension PeekError {
  /// A request that the provider's dialect has no words for. `reason` is a whole sentence.
  static func notCarried(_ field: String, to dialect: ChatDialectName, _ reason: String) -> PeekError {
    PeekError(
      message:
        "The field '\(field)' can't be sent to the model's provider, which speaks \(dialect.rawValue). \(reason)",
      param: field, code: codeOfDialects)
  }
}
