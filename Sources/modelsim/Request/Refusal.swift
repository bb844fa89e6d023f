/// Why a request is not answered. Each dialect has its own shape for it (`Dialect.reply`).
struct Refusal: Error, Equatable {
  var status = 400
  var message: String
  /// OpenAI's `type`, where it does not follow from the status.
  var type: String?
  /// OpenAI's `param`.
  var parameter: String?
  /// OpenAI's and Azure's `code`, Google's `reason`.
  var code: String?
  /// Seconds, for those who also say it in the body.
  var retryAfter: String?
}
