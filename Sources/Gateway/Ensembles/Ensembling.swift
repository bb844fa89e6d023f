import Dialects
import NIOCore
import Policy
import Settings
import Synchronization
import Telemetry

/// Several models asked for one answer (algorithms §9):
///
///     line up → [begin → attempt … → gather] × n → decide → appoint → (relay) → finish
///
/// What is in brackets is a call that goes the way of any client's exchange, past limits, queue, breakers, retries and fallbacks, in a task
/// of its own. Nothing is sent before it is decided whose answer that is.
extension Worker {
  /// The answer that is sent; throws what the first model's call ended in where there is none.
  func decide(_ run: EnsembleRun, _ exchange: Exchange) async throws(ExchangeError) -> Attempt {
    let served: Branch
    switch run.lineUp.ensemble.kind {
    case .cascade: served = await cascade(run, exchange)
    case .vote: served = await vote(run, exchange)
    case .bestOf: served = await bestOf(run, exchange)
    }
    return try appoint(served, of: run, exchange)
  }

  // MARK: A call

  /// Asks one of the line-up's models.
  func begin(_ place: Int, of run: EnsembleRun, _ exchange: Exchange) -> Branch {
    begin(run.lineUp.models[place], run.request, run.body, place: place, of: run, exchange)
  }

  /// Nil for `place`: it is a judge, whose request is not the client's.
  func begin(
    _ model: Int, _ request: PeekedRequest, _ body: PaddedBytes, place: Int?, of run: EnsembleRun,
    _ exchange: Exchange
  ) -> Branch {
    let (snapshot, own) = (exchange.snapshot, Exchange(branch: run.nextNumber, of: exchange))
    var request = request
    own.arm = snapshot.servingArm(of: model)
    if let edits = own.arm.flatMap({ snapshot.versions?.entry(at: $0.position)?.edits }) {
      request.facts = edits.facts(of: request)
    }
    (own.model, own.facts, own.permitted) = (model, request.facts, run.lineUp.permitted)
    // A judge is asked in OpenAI's dialect, whatever the client's is.
    if place == nil { own.permitted.narrow(to: snapshot.takers(of: request.facts.surface)) }
    if place != nil { own.rule = exchange.rule }
    let branch = Branch(own, request, body, model: model, place: place)
    run.add(branch)
    attend(own)
    Task(executorPreference: executor) { await self.play(branch, of: run, exchange) }
    return branch
  }

  private func play(_ branch: Branch, of run: EnsembleRun, _ exchange: Exchange) async {
    let end: Branch.End
    do throws(ExchangeError) {
      guard
        let found = try await attempt(
          branch.request, branch.body, to: branch.model, run.principal, branch.exchange)
      else { preconditionFailure("a branch was answered from the cache") }
      await found.gathered()
      end = Branch.End(found)
    } catch {
      end = .error(error)
    }
    take(end, of: branch, run, exchange)
  }

  /// It has ended: what it holds of limits goes back at once, less what it took.
  private func take(_ end: Branch.End, of branch: Branch, _ run: EnsembleRun, _ exchange: Exchange) {
    let own = branch.exchange
    own.slot = nil
    leaveQueue(own)
    branch.finish(end)
    if let attempt = branch.attempt {
      branch.held = attempt.heldBytes.readableBytes
      shared.buffered.wrappingAdd(branch.held, ordering: .relaxed)
      if let verdict = attempt.finalVerdict {
        own.answer.recordUse(attempt, verdict)
        settleGrants(own)
      }
    } else {
      settleGrants(own)
    }
    if run.served != nil, branch !== run.served { account(for: branch, of: run, exchange) }
  }

  /// Until another of these has ended, or until a time in monotonic nanoseconds.
  func waitForAny(of branches: [Branch], until time: Int64? = nil) async {
    let (pending, now) = (branches.filter { $0.end == nil }, SystemClock.monotonicNanoseconds())
    guard !pending.isEmpty, time.map({ $0 > now }) ?? true else { return }
    let bell = Bell()
    for branch in pending { branch.onEnd = { bell.ring() } }
    let timer = time.map { time in
      loop.scheduleTask(in: .nanoseconds(time - now)) { [executor] in executor.handle { bell.ring() } }
    }
    await withUnsafeContinuation { bell.wait($0) }
    timer?.cancel()
    for branch in pending { branch.onEnd = nil }
  }

  /// Until it has ended, or until a time in monotonic nanoseconds.
  func wait(for branch: Branch, until time: Int64?) async {
    while branch.end == nil, time.map({ $0 > SystemClock.monotonicNanoseconds() }) ?? true {
      await waitForAny(of: [branch], until: time)
    }
  }

  // MARK: The end

  /// The exchange goes on with the one whose answer is sent; the others end.
  private func appoint(
    _ served: Branch, of run: EnsembleRun, _ exchange: Exchange
  ) throws(ExchangeError) -> Attempt {
    leave(served.exchange)
    exchange.adopt(served.exchange, of: run, now: SystemClock.monotonicNanoseconds())
    for branch in run.branches where branch !== served {
      branch.dismiss()
      if branch.end != nil { account(for: branch, of: run, exchange) }
    }
    switch served.end {
    case .answer(let attempt), .failure(let attempt): return attempt
    case .error(let error): throw error
    case nil: preconditionFailure("an ensemble was decided for who has not ended")
    }
  }

  /// Its answer is held no longer.
  private func release(_ branch: Branch) {
    shared.buffered.wrappingSubtract(branch.held, ordering: .relaxed)
    branch.held = 0
  }

  /// What it took is its exchange's, and its model's. Once for each, but for the one whose answer is sent.
  private func account(for branch: Branch, of run: EnsembleRun, _ exchange: Exchange) {
    guard !branch.isCounted else { return }
    branch.isCounted = true
    let (own, name) = (branch.exchange, run.lineUp.ensemble.name)
    leave(own)
    release(branch)
    if let attempt = branch.attempt, let verdict = attempt.finalVerdict {
      own.answer.recordUse(attempt, verdict)
      count(attempt, verdict, own)
      attempt.heldBytes = ByteBuffer()
    }
    settleLimits(own)
    own.attempt = nil
    let model = own.snapshot.models[branch.model].name
    shard.increment(registry.series(Catalogue.ensembleBranches, name, model, branch.result))
    guard let usage = own.answer.usage, let candidate = own.answer.candidate else { return }
    let (input, output, cost) = (Int64(usage.input), Int64(usage.output), own.cost ?? 0)
    run.beside.inputTokens += input
    run.beside.outputTokens += output
    run.beside.microdollars += cost
    series.exchange(
      model: candidate.model, deployment: candidate.deployment, surface: own.surface, in: own.snapshot
    ).recordUse(input: input, output: output, cost: cost, in: shard)
  }

  /// Waits for those that were cancelled, and counts what came of it all. The client has its answer; nothing is done where nobody was asked.
  func finish(_ run: EnsembleRun, _ exchange: Exchange) async {
    guard let served = run.served else { return }
    release(served)
    // Whoever is slow to end makes its answer no later.
    exchange.answer.answeredAt = exchange.answer.answeredAt ?? SystemClock.monotonicNanoseconds()
    while run.branches.contains(where: { $0.end == nil }) { await waitForAny(of: run.branches) }
    if exchange.traces != nil { exchange.traces = run.branches.flatMap { $0.exchange.traces ?? [] } }
    let name = run.lineUp.ensemble.name
    shard.increment(registry.series(Catalogue.ensembleRequests, name, run.end.rawValue))
    shard.add(
      run.beside.microdollars + (exchange.cost ?? 0), to: registry.series(Catalogue.ensembleCost, name))
    let result = run.end == .failed ? "failed" : "served"
    let model = exchange.snapshot.models[served.model].name
    shard.increment(registry.series(Catalogue.ensembleBranches, name, model, result))
  }
}
