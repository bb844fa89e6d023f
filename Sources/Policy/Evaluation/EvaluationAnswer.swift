/// What came of one case's request.
package struct EvaluationAnswer: Sendable {
  /// Of HTTP; 0: nothing came.
  package var status: Int
  /// Milliseconds until all of it was there.
  package var latency: Int
  /// The version that answered; nil: the model's own deployments did.
  package var version: Int?
  package var model: String?
  package var deployment: String?
  /// It went to the version that is being tried, though nobody asked for it.
  package var isCanary = false
  /// The content of the first choice.
  package var text = ""
  package var finishReason: String?
  package var isRefusal = false

  /// `header` finds a header by its name in lower case.
  package init(status: Int, latency: Int, body: String, header: (String) -> String?) {
    (self.status, self.latency) = (status, latency)
    version = header("x-switchyard-version").flatMap { Int($0) }
    (model, deployment) = (header("x-switchyard-model"), header("x-switchyard-deployment"))
    isCanary = header("x-switchyard-arm") == "canary"
    guard let choice = (try? JSONLiteral(text: body))?[member: "choices"]?.first else { return }
    finishReason = choice[member: "finish_reason"]?.string
    let message = choice[member: "message"]
    text = message?[member: "content"]?.string ?? ""
    isRefusal =
      finishReason == "content_filter" || message?[member: "refusal"]?.string?.isEmpty == false
      || Self.refuses(text)
  }

  /// How refusals of today's models begin. A guess: who wants certainty asks for a schema, or for words.
  private static let refusals = [
    "i can't", "i can’t", "i cannot", "i'm unable", "i’m unable", "i am unable", "i'm sorry, but",
    "i’m sorry, but", "i won't", "i won’t",
  ]

  private static func refuses(_ text: String) -> Bool {
    let beginning = text.prefix(200).lowercased()
    return refusals.contains { beginning.contains($0) }
  }
}

extension JSONLiteral {
  fileprivate var first: JSONLiteral? { if case .array(let elements) = self { elements.first } else { nil } }
  fileprivate var string: String? { if case .string(let text) = self { text } else { nil } }
}
