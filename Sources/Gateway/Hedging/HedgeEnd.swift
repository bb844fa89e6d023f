import Policy
import Telemetry

/// What became of an attempt beside the first.
enum HedgeEnd: String {
  /// It was sooner.
  case won
  case lost
  /// Neither had an answer.
  case failed
  /// The client left before either had one.
  case clientGone = "client_gone"

  /// `verdict`: of `attempt`, with which the exchange goes on.
  init(_ attempt: Attempt, _ verdict: Classification) {
    self =
      switch verdict.reason {
      case .clientGone: .clientGone
      case _ where verdict.kind != .success: .failed
      default: attempt.step.reason == .hedge ? .won : .lost
      }
  }
}

/// Why none began, though the first was late.
enum HedgeDenial: String, Error {
  /// Of the model's requests, so many were hedged already.
  case budget = "denied"
  /// No limit of it has room.
  case limited
  /// The other endpoints are left out, or what was asked for a permit gave none.
  case breakerOpen = "breaker_open"
  /// The other endpoints have as many requests as they take.
  case full
  /// It would answer behind the exchange's deadline.
  case deadline
  /// There is nobody else to ask, or nobody who waits any more. It is not counted.
  case pointless
}

extension Worker {
  func count(_ end: HedgeEnd, _ exchange: Exchange) { countHedge(end.rawValue, exchange) }

  func count(_ denial: HedgeDenial, _ exchange: Exchange) {
    if denial != .pointless { countHedge(denial.rawValue, exchange) }
  }

  private func countHedge(_ outcome: String, _ exchange: Exchange) {
    guard let model = exchange.model else { return }
    shard.increment(series.hedge(model, outcome, in: exchange.snapshot))
  }
}
