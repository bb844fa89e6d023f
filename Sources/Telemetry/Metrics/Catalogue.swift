/// Every metric that Switchyard exports: this file is their documentation.
///
/// Labels hold configured names only (a model that no one configured is `other`), never a key, a user or a
/// path. A counter that an exchange touches is incremented at its settlement.
package enum Catalogue {
  // MARK: Exchanges

  package static let requests = MetricFamily(
    .counter, "switchyard_requests_total", labels: ["model", "provider", "status_class", "error_source"],
    help: "Exchanges settled, by the class of the status sent and by whose fault a failure was.")
  package static let requestDuration = MetricFamily(
    .histogram(Buckets.operation), "switchyard_request_duration_seconds", .seconds, labels: ["model"],
    help: "Time from the first byte of the request to the settlement.")
  package static let overhead = MetricFamily(
    .histogram(Buckets.overhead), "switchyard_overhead_seconds", .seconds, labels: ["model"],
    help: "Time up to the first byte sent, without that spent in attempts and in pauses between them.")
  package static let tokens = MetricFamily(
    .counter, "switchyard_tokens_total", labels: ["model", "type"],
    help: "Tokens settled, by type (input, output).")
  package static let cost = MetricFamily(
    .counter, "switchyard_cost_dollars_total", .dollars, labels: ["model"],
    help: "Cost settled, at the configured prices.")
  package static let clientDisconnects = MetricFamily(
    .counter, "switchyard_client_disconnects_total",
    help: "Exchanges whose client went away before the response ended.")
  package static let invalidRequests = MetricFamily(
    .counter, "switchyard_invalid_requests_total", labels: ["reason"],
    help: "Requests refused before routing, by reason.")

  // MARK: Attempts

  package static let attempts = MetricFamily(
    .counter, "switchyard_upstream_attempts_total", labels: ["deployment", "reason"],
    help: "Attempts started, by reason (first, retry, fallback).")
  package static let attemptResults = MetricFamily(
    .counter, "switchyard_upstream_attempt_results_total", labels: ["deployment", "result"],
    help: "Attempts settled, by result.")
  package static let fallbacks = MetricFamily(
    .counter, "switchyard_fallbacks_total", labels: ["from", "to", "reason"],
    help: "Exchanges that moved on from one deployment to another.")
  package static let inflight = MetricFamily(
    .gauge, "switchyard_inflight", labels: ["endpoint"],
    help: "Attempts in flight at an endpoint, of this replica.")

  // MARK: What must return to zero

  package static let exchangesActive = MetricFamily(
    .gauge, "switchyard_exchanges_active", help: "Exchanges accepted and not yet settled.")
  package static let connectionsOpen = MetricFamily(
    .gauge, "switchyard_connections_open", help: "Client connections open on the data port.")
  package static let transfersActive = MetricFamily(
    .gauge, "switchyard_transfers_active", help: "Upstream transfers that libcurl holds.")
  package static let permitsOutstanding = MetricFamily(
    .gauge, "switchyard_permits_outstanding", help: "Permits acquired and not yet settled.")
  package static let bufferedBytes = MetricFamily(
    .gauge, "switchyard_buffered_bytes", help: "Bytes of bodies held in memory.")

  // MARK: The replica

  package static let configEpoch = MetricFamily(
    .gauge, "switchyard_config_epoch", help: "Epoch of the configuration in force.")
  package static let configReloads = MetricFamily(
    .counter, "switchyard_config_reloads_total", labels: ["result"],
    help: "Configurations read since start, by result (applied, refused).")
  package static let draining = MetricFamily(
    .gauge, "switchyard_draining", help: "1 while the replica finishes what it has and accepts nothing new.")
  package static let accessLogDropped = MetricFamily(
    .counter, "switchyard_access_log_dropped_total",
    help: "Lines of the access log that were lost because its reader was too slow or gone.")
  package static let buildInfo = MetricFamily(
    .gauge, "switchyard_build_info", labels: ["version"], help: "Always 1; the version is the label.")

  // MARK: OpenTelemetry's names for generative AI

  package static let genAIRequestDuration = MetricFamily(
    .histogram(Buckets.operation), "gen_ai_server_request_duration_seconds", .seconds, labels: genAILabels,
    help: "Time from the request to the last byte of the response.")
  package static let genAITimeToFirstToken = MetricFamily(
    .histogram(Buckets.firstToken), "gen_ai_server_time_to_first_token_seconds", .seconds,
    labels: genAILabels,
    help: "Time from the request to the first token of a successful response.")
  package static let genAITokenUsage = MetricFamily(
    .histogram(Buckets.tokens), "gen_ai_client_token_usage", labels: genAILabels + ["gen_ai_token_type"],
    help: "Tokens of one exchange, by type (input, output).")

  // MARK: The process

  package static let residentMemory = MetricFamily(
    .gauge, "process_resident_memory_bytes", help: "Resident memory size in bytes.")
  package static let openDescriptors = MetricFamily(
    .gauge, "process_open_fds", help: "Number of open file descriptors.")
  package static let maximumDescriptors = MetricFamily(
    .gauge, "process_max_fds", help: "Maximum number of open file descriptors.")
  package static let processorTime = MetricFamily(
    .counter, "process_cpu_seconds_total", .seconds, help: "Total user and system CPU time spent in seconds.")
  package static let startTime = MetricFamily(
    .gauge, "process_start_time_seconds", .seconds, help: "Start time of the process since the epoch.")

  /// All of them, in the order of rendering.
  package static let all = [
    requests, requestDuration, overhead, tokens, cost, clientDisconnects, invalidRequests,
    attempts, attemptResults, fallbacks, inflight,
    exchangesActive, connectionsOpen, transfersActive, permitsOutstanding, bufferedBytes,
    configEpoch, configReloads, draining, accessLogDropped, buildInfo,
    genAIRequestDuration, genAITimeToFirstToken, genAITokenUsage,
    residentMemory, openDescriptors, maximumDescriptors, processorTime, startTime,
  ]

  private static let genAILabels = ["gen_ai_operation_name", "gen_ai_request_model", "gen_ai_provider_name"]
}

/// Upper bounds of the histograms, in nanoseconds or tokens.
private enum Buckets {
  /// 10 ms to 82 s, doubling: OpenTelemetry's for the duration of an operation.
  static let operation: [Int64] = (0..<14).map { 10_000_000 << Int64($0) }
  /// 1 ms to 10 s: OpenTelemetry's for the time to the first token.
  static let firstToken: [Int64] = [
    1, 5, 10, 20, 40, 60, 80, 100, 250, 500, 750, 1_000, 2_500, 5_000, 7_500, 10_000,
  ].map { $0 * 1_000_000 }
  /// 1 to 67 M, by 4: OpenTelemetry's for token usage.
  static let tokens: [Int64] = (0..<14).map { 1 << Int64(2 * $0) }
  /// 10 µs to 1 s.
  static let overhead: [Int64] = [
    10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000,
    1_000_000,
  ].map { $0 * 1_000 }
}
