/// What every service refuses, each in its words.
extension Dialect {
  var noKey: Refusal {
    switch self {
    case .openai:
      Refusal(status: 401, message: "You didn't provide an API key.", code: "invalid_api_key")
    case .azure: badAzureKey
    case .anthropic: Refusal(status: 401, message: "x-api-key header is required")
    case .gemini:
      Refusal(
        status: 403,
        message: "Method doesn't allow unregistered callers (callers without established identity). "
          + "Please use API Key or other form of API consumer identity to call this API.")
    case .ollama, .inference: Refusal(status: 401, message: "unauthorized")
    }
  }

  /// `suffix`: what may be shown of the key.
  func wrongKey(_ suffix: String) -> Refusal {
    switch self {
    case .openai:
      Refusal(status: 401, message: "Incorrect API key provided: ****\(suffix).", code: "invalid_api_key")
    case .azure: badAzureKey
    case .anthropic: Refusal(status: 401, message: "invalid x-api-key")
    case .gemini:
      Refusal(message: "API key not valid. Please pass a valid API key.", code: "API_KEY_INVALID")
    case .ollama, .inference: Refusal(status: 401, message: "unauthorized")
    }
  }

  private var badAzureKey: Refusal {
    Refusal(
      status: 401,
      message: "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a "
        + "valid key for an active subscription and use a correct regional API endpoint for your resource.",
      code: "401")
  }

  func noModel(_ name: String) -> Refusal {
    switch self {
    case .openai:
      Refusal(
        status: 404, message: "The model '\(name)' does not exist or you do not have access to it.",
        code: "model_not_found")
    case .azure:
      Refusal(
        status: 404,
        message: "The API deployment for this resource does not exist. If you created the deployment within "
          + "the last 5 minutes, please wait a moment and try again.",
        code: "DeploymentNotFound")
    case .anthropic: Refusal(status: 404, message: "model: \(name)")
    case .ollama: Refusal(status: 404, message: "model '\(name)' not found")
    case .gemini:
      Refusal(
        status: 404,
        message: "models/\(name) is not found for API version v1beta, or is not supported for "
          + "generateContent. Call ListModels to see the list of available models and their supported methods."
      )
    case .inference: Refusal(status: 404, message: "Model \(name) not found")
    }
  }

  func noPath(_ path: String) -> Refusal {
    switch self {
    case .openai: Refusal(status: 404, message: "Unknown request URL: \(path).", code: "unknown_url")
    case .azure: Refusal(status: 404, message: "Resource not found", code: "404")
    case .anthropic, .ollama, .gemini, .inference: Refusal(status: 404, message: "Not Found")
    }
  }

  /// What a fault `status` is about, told apart by kind as OpenAI does.
  func simulated(_ status: Int) -> Refusal {
    let message =
      switch status {
      case 401: "Simulated: incorrect API key provided."
      case 429: "Simulated: rate limit reached."
      case 500...: "Simulated: the server had an error."
      default: "Simulated error \(status)."
      }
    var refusal = Refusal(status: status, message: message)
    guard self == .openai || self == .azure else { return refusal }
    if status == 401 { refusal.code = self == .azure ? "401" : "invalid_api_key" }
    if status == 429 { (refusal.type, refusal.code) = ("requests", "rate_limit_exceeded") }
    return refusal
  }
}
