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
      || RefusalWords.begin(text)
  }
}

extension JSONLiteral {
  fileprivate var first: JSONLiteral? { if case .array(let elements) = self { elements.first } else { nil } }
  fileprivate var string: String? { if case .string(let text) = self { text } else { nil } }
}
