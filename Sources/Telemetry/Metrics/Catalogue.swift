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

  package static let ruleMatches = MetricFamily(
    .counter, "switchyard_rule_matches_total", labels: ["rule"],
    help:
      "Requests for which a routing rule was the first to match, by its name or its place in routing.rules.")

  package static let accuracyAudited = MetricFamily(
    .counter, "switchyard_routing_accuracy_audited_total", labels: accuracyLabels,
    help:
      "Requests of which somebody said what they really were (by: judge, feedback), by the rule that decided (none: no rule) and by what"
      + " rules took them for (none: no rule asks, or it isn't known).")
  package static let accuracyCorrect = MetricFamily(
    .counter, "switchyard_routing_accuracy_correct_total", labels: accuracyLabels,
    help:
      "Of those, the ones for which the same rule would have decided had they been taken for what they were.")
  package static let accuracyClasses = MetricFamily(
    .counter, "switchyard_routing_accuracy_classes_total", labels: ["fact", "taken", "said", "by"],
    help: "Of those, what rules took them for and what they were said to be, of a fact (task, complexity).")
  package static let auditDrops = MetricFamily(
    .counter, "switchyard_routing_accuracy_drops_total", labels: ["reason"],
    help:
      "Requests that were to be looked at again by a judge and were not (not_permitted, no_text, too_long, no_store: it may or can not;"
      + " no_evidence: it got no answer; failed, no_verdict: the judge gave no answer, or none that says it; else as of switchyard_shadow_drops_total)."
  )
  package static let auditCost = MetricFamily(
    .counter, "switchyard_routing_accuracy_cost_dollars_total", .dollars,
    help:
      "What this replica's questions about requests cost, at the configured prices: no part of switchyard_cost_dollars_total."
  )
  package static let auditExamples = MetricFamily(
    .counter, "switchyard_routing_accuracy_examples_total", labels: ["result"],
    help:
      "Labelled prompts that were to be kept for training, by result (kept, lost: the shared state was away, unfit: of a class of data,"
      + " more than text, or too long).")

  package static let dataClassRequests = MetricFamily(
    .counter, "switchyard_data_class_requests_total", labels: ["class", "action"],
    help:
      "Requests with data of a class, by what became of them (restrict: narrowed to those who may see it, refuse: by the"
      + " class, no_deployment: refused, as nobody may see it).")
  package static let shed = MetricFamily(
    .counter, "switchyard_shed_requests_total", labels: ["reason"],
    help:
      "Requests refused unread as this replica is overloaded, by reason (lag of a loop, buffers nearly full)."
  )
  package static let loopLag = MetricFamily(
    .gauge, "switchyard_loop_lag_seconds", .seconds,
    help: "How late the slowest worker's loop is with what is due: the median of its last eleven ticks.")

  // MARK: Ensembles

  package static let ensembleRequests = MetricFamily(
    .counter, "switchyard_ensemble_requests_total", labels: ["ensemble", "end"],
    help:
      "Exchanges that several models were asked for, by what decided (accepted, escalated, rejected: of a cascade; quorum, plurality,"
      + " tie, medoid: of a vote; judged, unjudged: of best_of; only: one answer came, deadline: of the ensemble, failed: no answer came)."
  )
  package static let ensemblePlain = MetricFamily(
    .counter, "switchyard_ensemble_plain_total", labels: ["ensemble", "reason"],
    help:
      "Exchanges whose rule names an ensemble that one model was asked for all the same, by reason (surface, choices, stateful, tools:"
      + " of the request; pinned: it goes to a version; steered: a budget is nearly spent; models: fewer than two may serve it; judge: it"
      + " may not see it).")
  package static let ensembleBranches = MetricFamily(
    .counter, "switchyard_ensemble_branches_total", labels: ["ensemble", "model", "result"],
    help:
      "What became of each model that was asked (served: its answer was sent, passed_over, failed, cancelled), and of judges (judge)."
  )
  package static let ensembleObjections = MetricFamily(
    .counter, "switchyard_ensemble_objections_total", labels: ["ensemble", "reason"],
    help: "Answers of cascades that would not do, by reason (empty, refusal, schema, confidence, judge).")
  package static let ensembleJudged = MetricFamily(
    .counter, "switchyard_ensemble_judged_total", labels: ["ensemble", "verdict"],
    help:
      "Judges' replies by verdict (good, bad: of one answer; better, worse, same: of a later one beside an earlier; none: no verdict;"
      + " failed: no reply; late: after the deadline).")
  package static let ensembleCost = MetricFamily(
    .counter, "switchyard_ensemble_cost_dollars_total", .dollars, labels: ["ensemble"],
    help:
      "What ensembles cost, with all that were asked and judges, at the configured prices: a part of switchyard_cost_dollars_total."
  )

  // MARK: Attempts

  package static let attempts = MetricFamily(
    .counter, "switchyard_upstream_attempts_total", labels: ["deployment", "reason"],
    help: "Attempts started, by reason (first, retry, fallback, hedge).")
  package static let attemptResults = MetricFamily(
    .counter, "switchyard_upstream_attempt_results_total", labels: ["deployment", "result"],
    help: "Attempts settled, by result.")
  package static let fallbacks = MetricFamily(
    .counter, "switchyard_fallbacks_total", labels: ["from", "to", "reason"],
    help: "Exchanges that moved on from one deployment to another.")
  package static let hedges = MetricFamily(
    .counter, "switchyard_hedges_total", labels: ["model", "outcome"],
    help:
      "Attempts beside a first one that was late, by outcome (won: it was sooner, lost, failed: both did, client_gone), and"
      + " why none was started (denied: by the budget, limited, full, breaker_open, deadline).")
  package static let inflight = MetricFamily(
    .gauge, "switchyard_inflight", labels: ["endpoint"],
    help: "Attempts in flight at an endpoint, of this replica.")
  package static let endpointHealthy = MetricFamily(
    .gauge, "switchyard_endpoint_healthy", labels: ["endpoint"],
    help: "Whether an endpoint passes its health checks (1) or not (0), as this replica sees it.")
  package static let healthChecks = MetricFamily(
    .counter, "switchyard_health_checks_total", labels: ["endpoint", "result"],
    help: "Health checks of an endpoint, by result (passed, failed).")
  package static let discoveredEndpoints = MetricFamily(
    .gauge, "switchyard_discovered_endpoints", labels: ["provider"],
    help: "Endpoints known of a provider that is declared by a name.")
  package static let discoveryLookups = MetricFamily(
    .counter, "switchyard_discovery_lookups_total", labels: ["provider", "result"],
    help: "Look-ups of a provider's name, by result (found, failed).")
  package static let inflightCluster = MetricFamily(
    .gauge, "switchyard_inflight_cluster", labels: ["endpoint"],
    help: "Attempts in flight at an endpoint, of all replicas as far as this one knows.")
  package static let loadsAge = MetricFamily(
    .gauge, "switchyard_loads_age_seconds", .seconds,
    help: "How old this replica's knowledge of the others' attempts in flight is; -1 where it has none.")
  package static let firstTokenAverage = MetricFamily(
    .gauge, "switchyard_upstream_first_token_average_seconds", .seconds, labels: ["deployment", "endpoint"],
    help: "Peak average of the time to the first token of streams, by which slow endpoints get less.")

  // MARK: The queue

  package static let queueWaiting = MetricFamily(
    .gauge, "switchyard_queue_waiting", labels: ["model", "class"],
    help: "Requests that wait as all endpoints are full, of this replica, by the class in which they stand.")
  package static let queueWait = MetricFamily(
    .histogram(Buckets.operation), "switchyard_queue_wait_seconds", .seconds, labels: ["model", "class"],
    help: "How long requests waited, in vain or not, by the class in which they came.")
  package static let queueRefusals = MetricFamily(
    .counter, "switchyard_queue_refusals_total", labels: ["model", "class", "reason"],
    help:
      "Requests without a place, by reason (full: no room to wait, slow: not in time, waited: in vain, left: the client went,"
      + " its time was up or the replica stopped).")

  // MARK: Circuit breakers

  package static let breakerState = MetricFamily(
    .gauge, "switchyard_breaker_state", labels: ["deployment", "endpoint"],
    help:
      "How an endpoint stands: 0 closed, 1 half-open, 2 open, 3 left alone as it asked for, 4 refusing the router's credential."
  )
  package static let breakerTransitions = MetricFamily(
    .counter, "switchyard_breaker_transitions_total", labels: ["deployment", "endpoint", "to"],
    help: "Changes of how an endpoint stands, as this replica saw them, by what it came to.")
  package static let breakerProbes = MetricFamily(
    .counter, "switchyard_breaker_probes_total", labels: ["deployment", "endpoint", "result"],
    help: "Probes that this replica made, by result (ok, failed, cooldown, given_back: it said nothing).")
  package static let breakerPanic = MetricFamily(
    .counter, "switchyard_breaker_panic_total", labels: ["deployment", "endpoint"],
    help: "Attempts at an open breaker, as too little of its pool was closed.")

  // MARK: Limits and shared state

  package static let limitDecisions = MetricFamily(
    .counter, "switchyard_ratelimit_decisions_total", labels: ["result", "mode"],
    help:
      "Decisions of limits, by result (admitted, refused) and mode (shared, leased: charged ahead, local: without"
      + " the shared state, memo: remembered).")
  package static let limitRefusals = MetricFamily(
    .counter, "switchyard_ratelimit_refusals_total", labels: ["limit"],
    help: "Requests and attempts refused, by the limit's place in the configuration.")
  package static let budgetSteered = MetricFamily(
    .counter, "switchyard_budget_steered_total", labels: ["limit"],
    help:
      "Requests sent to a cheaper model or deployment as a budget is nearly spent, by the limit's place in the configuration."
  )
  package static let reservedTokens = MetricFamily(
    .counter, "switchyard_ratelimit_reserved_tokens_total", labels: ["model"],
    help: "Tokens reserved at the estimate by exchanges that were admitted and told their usage.")
  package static let settledTokens = MetricFamily(
    .counter, "switchyard_ratelimit_settled_tokens_total", labels: ["model"],
    help: "Tokens that the same exchanges really used.")
  package static let estimateError = MetricFamily(
    .histogram(Buckets.tokens), "switchyard_ratelimit_estimate_error_tokens", labels: ["model"],
    help: "How far the estimate of one exchange was off, in tokens.")
  package static let redisMode = MetricFamily(
    .gauge, "switchyard_redis_mode",
    help: "0 while the shared state answers (or is embedded), 1 while requests go on without it.")
  package static let replicasKnown = MetricFamily(
    .gauge, "switchyard_replicas_known",
    help: "Replicas that a limit's share is computed for while the shared state is away.")
  package static let unsettled = MetricFamily(
    .gauge, "switchyard_ratelimit_unsettled",
    help: "Settlements and debts that wait for the shared state to answer.")
  package static let lostSettlements = MetricFamily(
    .counter, "switchyard_ratelimit_lost_settlements_total",
    help: "Settlements given up as too many waited: their exchanges stay charged at the estimate.")
  package static let slotsHeld = MetricFamily(
    .gauge, "switchyard_ratelimit_slots_held",
    help: "Slots of concurrency limits that this replica's exchanges hold.")

  // MARK: Virtual keys

  package static let keyLookups = MetricFamily(
    .counter, "switchyard_key_lookups_total", labels: ["result"],
    help:
      "Virtual keys looked up, by result (used, used_stale: known, and older than a second, asked: of the shared state, waited,"
      + " refused, busy, unavailable).")
  package static let keysKnown = MetricFamily(
    .gauge, "switchyard_keys_known", help: "Records of virtual keys held in memory, over all workers.")
  package static let keyAge = MetricFamily(
    .gauge, "switchyard_key_age_seconds", .seconds,
    help: "The oldest data of a key that let a request in since the last scrape: what revoking took at most.")

  // MARK: The cache

  package static let cacheRequests = MetricFamily(
    .counter, "switchyard_cache_requests_total", labels: ["result"],
    help:
      "Exchanges of a configuration with a cache, by result (hit, stale, collapsed: answered without a call,"
      + " miss, bypass: nothing of them is kept).")
  package static let cacheStores = MetricFamily(
    .counter, "switchyard_cache_stores_total", labels: ["result"],
    help: "Answers fetched to be stored, by result (stored, failed: the cache took none, else why not).")

  // MARK: Versions

  package static let rolloutWeight = MetricFamily(
    .gauge, "switchyard_rollout_weight", .share, labels: ["model", "arm"],
    help:
      "Share of a model's traffic by arm (baseline, canary; shadow: of which a candidate gets copies), as this replica gives it at this"
      + " moment: nothing to a candidate that is vetoed, or that no leader looks after.")
  package static let rolloutVersion = MetricFamily(
    .gauge, "switchyard_rollout_version", labels: ["model", "arm"],
    help:
      "Version that an arm (baseline, canary, shadow) of a model is; 0: the model's own deployments, or none."
  )
  package static let weightsEpoch = MetricFamily(
    .gauge, "switchyard_weights_epoch", help: "Epoch of the leader whose decisions on versions are in force.")
  package static let weightsVersion = MetricFamily(
    .gauge, "switchyard_weights_version", help: "Version of the decisions on versions that are in force.")
  package static let fencingRejections = MetricFamily(
    .counter, "switchyard_fencing_rejections_total",
    help: "Decisions on versions that were not taken, as they were not higher than those in force.")
  package static let localVetoes = MetricFamily(
    .counter, "switchyard_rollout_local_vetoes_total",
    help: "Candidates that this replica has stopped by what it saw itself.")
  package static let leader = MetricFamily(
    .gauge, "switchyard_leader", help: "Whether this replica leads rollouts (1) or another one does (0).")
  package static let promptMismatches = MetricFamily(
    .counter, "switchyard_prompt_mismatches_total", labels: ["model"],
    help: "Requests whose x-prompt-hash is not that of the version that they were for.")

  package static let shadowCopies = MetricFamily(
    .counter, "switchyard_shadow_copies_total", labels: ["model", "result"],
    help: "Copies of requests that a candidate was sent, by result: ok, or what an attempt's would be.")
  package static let shadowDrops = MetricFamily(
    .counter, "switchyard_shadow_drops_total", labels: ["model", "reason"],
    help:
      "Exchanges of sessions that are copied which were not (tools, stateful, no_store, no_evidence: they may not be; busy, draining,"
      + " full, no_endpoint, cooldown, limited, budget_spent, budget_unknown, unpriced: there was no room for a copy)."
  )
  package static let shadowJudged = MetricFamily(
    .counter, "switchyard_shadow_judged_total", labels: ["model", "verdict"],
    help:
      "Questions that a judge was asked about copies, by verdict on the candidate's answer (better, worse, same; none: the reply is no"
      + " verdict; failed: there was no reply).")
  package static let shadowUnjudged = MetricFamily(
    .counter, "switchyard_shadow_unjudged_total", labels: ["model", "reason"],
    help:
      "Copies that a judge was to be asked about and was not (own_version, not_permitted, no_text, too_long: it may or can not; else as of"
      + " switchyard_shadow_drops_total: there was no room for a question).")
  package static let shadowCost = MetricFamily(
    .counter, "switchyard_shadow_cost_dollars_total", .dollars, labels: ["model"],
    help:
      "What this replica's copies cost, and questions about them, at the configured prices: no part of"
      + " switchyard_cost_dollars_total.")
  package static let shadowSpent = MetricFamily(
    .gauge, "switchyard_shadow_spent_dollars", .dollars, labels: ["model"],
    help:
      "What copies and questions about them cost all replicas today (UTC), as far as this one knows.")

  package static let feedback = MetricFamily(
    .counter, "switchyard_feedback_total", labels: ["result"],
    help:
      "Judgements of answers, by what came of them (counted, uncounted: no evidence any more, or too much of one session or tenant,"
      + " repeated, unknown, late, invalid, unavailable).")

  package static let experimentExchanges = MetricFamily(
    .counter, "switchyard_experiment_exchanges_total", labels: ["experiment", "arm"],
    help: "Exchanges of sessions that take part in an experiment, by its arm.")
  package static let experimentLost = MetricFamily(
    .counter, "switchyard_experiment_lost_sessions_total",
    help: "Sessions of which something was not told, as the shared state took too little or nothing.")

  package static let choiceStanding = MetricFamily(
    .gauge, "switchyard_choice_standing", labels: ["model", "standing"],
    help:
      "How a learned choice stands (1): gathering: too little is known, steering: it decides, idle: it does not beat the best deployment"
      + " alone and has switched itself off, stopped: somebody has switched it off.")
  package static let choiceEvidence = MetricFamily(
    .gauge, "switchyard_choice_evidence", labels: ["model"],
    help: "Answers that say how a learned choice does, over all replicas; halved now and then.")
  package static let choiceGain = MetricFamily(
    .gauge, "switchyard_choice_gain", .share, labels: ["model", "bound"],
    help:
      "How much more an answer is worth by a learned choice than by the best deployment alone: the estimate (mean) and what holds at all"
      + " looks together (lower, upper).")

  // MARK: What must return to zero

  package static let shadowsActive = MetricFamily(
    .gauge, "switchyard_shadow_active",
    help: "Copies for candidates that are under way, and questions about them.")

  package static let cacheFlights = MetricFamily(
    .gauge, "switchyard_cache_flights",
    help: "Answers that are being fetched for the cache, here or elsewhere.")
  package static let cacheWaiting = MetricFamily(
    .gauge, "switchyard_cache_waiting", help: "Exchanges that wait for the answer that another fetches.")

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
  package static let configRefused = MetricFamily(
    .gauge, "switchyard_config_refused",
    help: "1 while the configuration that was read last is not the one in force, as it was refused.")
  package static let draining = MetricFamily(
    .gauge, "switchyard_draining", help: "1 while the replica finishes what it has and accepts nothing new.")
  package static let accessLogDropped = MetricFamily(
    .counter, "switchyard_access_log_dropped_total",
    help: "Lines of the access log that were lost because its reader was too slow or gone.")
  package static let decisions = MetricFamily(
    .counter, "switchyard_decisions_total", labels: ["result"],
    help: "Decisions that were to be kept by telemetry.decisions, by whether they were (kept, lost).")
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

  // MARK: Rollouts

  package static let controlEpoch = MetricFamily(
    .gauge, "switchyard_control_leader_epoch",
    help: "The epoch in which this replica leads rollouts; 0 where it does not.")
  package static let controlRounds = MetricFamily(
    .counter, "switchyard_control_rounds_total", labels: ["result"],
    help: "Rounds of this replica as a leader, by whether the shared state let them end (ended, unfinished).")
  package static let controlActions = MetricFamily(
    .counter, "switchyard_control_actions_total", labels: ["action"],
    help: "What this replica did to candidates as a leader (begin, promote, hold, rollback).")
  package static let controlAsks = MetricFamily(
    .counter, "switchyard_control_asks_total", labels: ["result"],
    help: "What people asked of this replica as a leader, by its answer (done, refused).")
  package static let controlResignations = MetricFamily(
    .counter, "switchyard_control_resignations_total",
    help: "Leaderships given up, as somebody else wrote or the shared state forgot.")

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
    requests, requestDuration, overhead, tokens, cost, clientDisconnects, invalidRequests, ruleMatches,
    accuracyAudited, accuracyCorrect, accuracyClasses, auditDrops, auditCost, auditExamples,
    dataClassRequests, shed, loopLag,
    ensembleRequests, ensemblePlain, ensembleBranches, ensembleObjections, ensembleJudged, ensembleCost,
    attempts, attemptResults, fallbacks, hedges, inflight, inflightCluster, loadsAge, firstTokenAverage,
    discoveredEndpoints, discoveryLookups, endpointHealthy, healthChecks,
    queueWaiting, queueWait, queueRefusals,
    breakerState, breakerTransitions, breakerProbes, breakerPanic,
    limitDecisions, limitRefusals, budgetSteered, reservedTokens, settledTokens, estimateError, redisMode,
    replicasKnown,
    unsettled, lostSettlements, slotsHeld, keyLookups, keysKnown, keyAge,
    rolloutWeight, rolloutVersion, weightsEpoch, weightsVersion, fencingRejections, localVetoes, leader,
    promptMismatches, shadowCopies, shadowDrops, shadowJudged, shadowUnjudged, shadowCost, shadowSpent,
    shadowsActive,
    feedback, experimentExchanges, experimentLost, choiceStanding, choiceEvidence, choiceGain,
    cacheRequests, cacheStores, cacheFlights, cacheWaiting,
    controlEpoch, controlRounds, controlActions, controlAsks, controlResignations,
    exchangesActive, connectionsOpen, transfersActive, permitsOutstanding, bufferedBytes,
    configEpoch, configReloads, configRefused, draining, accessLogDropped, decisions, buildInfo,
    genAIRequestDuration, genAITimeToFirstToken, genAITokenUsage,
    residentMemory, openDescriptors, maximumDescriptors, processorTime, startTime,
  ]

  private static let accuracyLabels = ["rule", "task", "complexity", "by"]
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
