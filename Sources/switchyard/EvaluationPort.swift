import Policy

/// A data port that a suite's requests are sent to.
struct EvaluationPort {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  let call: AdminCall
  /// Of a tenant; nil where the port asks for none.
  let key: String?
  let model: String

  /// How often a request is sent again, as a replica reads the version first, or a session is in the version that is tried.
  private static let attempts = 50
  private static let pause = Duration.milliseconds(200)

  /// Sends one case. `version` is pinned; nil: the model's own deployments are meant, where no version serves.
  func answer(_ this: EvaluationSuite.Case, of version: Int?) async throws -> EvaluationAnswer {
    let body = Array(this.body(for: model).utf8)
    for _ in 0..<Self.attempts {
      let began = ContinuousClock.now
      let answer = try send(body, version)
      let code = Self.code(of: answer.body)
      // Who asks too often is told so whatever the version is.
      let isLimited = answer.status == 429 && this.expect.status != 429
      if isLimited || answer.status == 503 && code == "version_loading" {
        try await Task.sleep(for: Self.pause)
        continue
      }
      try check(answer.status, code, version)
      let taken = (ContinuousClock.now - began) / Duration.milliseconds(1)
      let found = EvaluationAnswer(status: answer.status, latency: Int(taken.rounded(.up)), body: answer.body)
      {
        answer.headers[$0]
      }
      // Without a version that serves, nothing can be pinned: another session may be in the other arm.
      if version == nil, found.isCanary || isOfAnotherArm(found, answer) { continue }
      return found
    }
    throw Failure(
      description: "\(call.authority): \(Self.attempts) requests, and none reached what was to be asked")
  }

  /// Whether an experiment had it answered by something else than the model's own deployments.
  private func isOfAnotherArm(_ found: EvaluationAnswer, _ answer: AdminCall.Answer) -> Bool {
    answer.headers["x-switchyard-experiment"] != nil && (found.model != model || found.version != nil)
  }

  private func send(_ body: [UInt8], _ version: Int?) throws(AdminCall.Failure) -> AdminCall.Answer {
    var headers = [
      (name: "content-type", value: "application/json"),
      (name: "cache-control", value: "no-store"),
      (name: "x-session-id", value: "evaluate-\(UInt64.random(in: .min ... .max))"),
    ]
    if let key { headers.append((name: "authorization", value: "Bearer \(key)")) }
    if let version { headers.append((name: "x-switchyard-version", value: "\(version)")) }
    do throws(AdminCall.Failure) {
      return try call.send("POST", "/v1/chat/completions", headers, body: body)
    } catch {
      throw AdminCall.Failure("\(call.authority): \(error)")
    }
  }

  /// What says nothing about any version ends the evaluation.
  private func check(_ status: Int, _ code: String?, _ version: Int?) throws {
    switch (status, code) {
    case (401, _):
      throw Failure(
        description: "\(call.authority) wants a key, or another one: name its variable with --key-env")
    case (404, "version_not_found"):
      throw Failure(
        description:
          "\(call.authority): version \(version ?? 0) of \(model) can't be asked for with this key: give it 'pin: any', and the configuration the version's deployment"
      )
    case (404, "model_not_found"):
      throw Failure(description: "\(call.authority): '\(model)' can't be asked for with this key")
    default: break
    }
  }

  private static func code(of body: String) -> String? {
    let error = (try? JSONLiteral(text: body))?[member: "error"]
    guard case .string(let code)? = error?[member: "code"] else { return nil }
    return code
  }
}
