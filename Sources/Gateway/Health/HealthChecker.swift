import Logging
import Policy
import Settings
import Upstream

/// Checks endpoints over HTTP from time to time, for all workers of the replica. Confined to one worker's loop; times are monotonic
/// nanoseconds.
final class HealthChecker {
  /// What is checked once, whatever credentials it is called with.
  fileprivate struct Place: Hashable {
    var provider: String
    var url: String
    var address: String?
  }

  private final class Subject {
    let health: Settings.Health
    let target: TransferTarget
    /// One for each credential.
    var endpoints: [Endpoint]
    var threshold = HealthThreshold()
    var isFirst = true
    var pool: (any TransferPool)?
    var probe: EndpointProbe?
    var dueAt: Int64
    var until: Int64 = 0

    init(_ health: Settings.Health, _ target: TransferTarget, _ endpoints: [Endpoint], dueAt: Int64) {
      (self.health, self.target, self.endpoints, self.dueAt) = (health, target, endpoints, dueAt)
    }
  }

  private let upstream: UpstreamClient
  private let logger: Logger
  private var subjects: [Place: Subject] = [:]
  private var trouble: Trouble
  private var random = Chance(seed: .random(in: 0...UInt64.max))

  /// Bytes of an answer's body that are read at most: what counts is its status.
  private static let mostBytes = 4_096

  init(_ upstream: UpstreamClient, _ snapshot: Snapshot, _ logger: Logger, now: Int64) {
    self.upstream = upstream
    self.logger = logger
    trouble = snapshot.breakers.trouble
    apply(snapshot, now: now)
  }

  /// Checks these endpoints from now on; what is known of those that stay is kept.
  func apply(_ snapshot: Snapshot, now: Int64) {
    trouble = snapshot.breakers.trouble
    let rules = Dictionary(
      snapshot.settings.providers.compactMap { provider in provider.health.map { (provider.name, $0) } },
      uniquingKeysWith: { first, _ in first })
    var wanted: [Place: [Endpoint]] = [:]
    for endpoint in snapshot.endpoints where rules[endpoint.identity.provider] != nil {
      wanted[Place(endpoint), default: []].append(endpoint)
    }
    for (place, subject) in subjects {
      let endpoints = wanted[place] ?? []
      for endpoint in subject.endpoints where !endpoints.contains(where: { $0 === endpoint }) {
        endpoint.health.forget(trouble)
      }
      if endpoints.isEmpty || subject.health != rules[place.provider] { end(subject, at: place) }
    }
    for (place, endpoints) in wanted {
      guard let health = rules[place.provider] else { continue }
      if let subject = subjects[place] {
        subject.endpoints = endpoints
      } else {
        subjects[place] = Subject(health, Self.target(health, endpoints[0]), endpoints, dueAt: now)
      }
      let isHealthy = subjects[place]?.threshold.isHealthy ?? true
      for endpoint in endpoints { endpoint.health.set(isHealthy: isHealthy, trouble) }
    }
  }

  /// Ten times a second: checks begin whose time has come, and those that take too long have failed.
  func tick(now: Int64) {
    for subject in subjects.values {
      if let probe = subject.probe {
        if now >= subject.until { probe.giveUp("no answer within \(subject.health.timeout)") }
      } else if now >= subject.dueAt {
        check(subject, now)
      }
    }
  }

  /// Before the loop's transfers end.
  func close() {
    for (place, subject) in subjects { end(subject, at: place) }
  }

  private func end(_ subject: Subject, at place: Place) {
    subjects[place] = nil
    subject.probe?.giveUp("no longer asked for")
    subject.pool?.retire()
  }

  private func check(_ subject: Subject, _ now: Int64) {
    let period = Int(subject.health.every.nanoseconds)
    // Replicas that began together don't check together for ever.
    subject.dueAt = now + Int64(period - period / 10 + random.below(period / 5 + 1))
    subject.until = now + subject.health.timeout.nanoseconds
    let probe = EndpointProbe(keeping: Self.mostBytes) { [weak self, weak subject] end in
      guard let self, let subject else { return }
      subject.probe = nil
      if let endpoint = subject.endpoints.first, subjects[Place(endpoint)] === subject {
        hear(end, of: subject)
      }
    }
    subject.probe = probe
    do {
      let pool = try subject.pool ?? upstream.pool(subject.target)
      subject.pool = pool
      probe.start(on: pool)
    } catch {
      probe.giveUp("\(error)")
    }
  }

  private func hear(_ end: EndpointProbe.End, of subject: Subject) {
    let failure: String? =
      switch end {
      case .answered(200..<300, _): nil
      case .answered(let status, _): "status \(status)"
      case .failed(let reason): reason
      }
    for endpoint in subject.endpoints { endpoint.health.count(passed: failure == nil) }
    let (isFirst, health) = (subject.isFirst, subject.health)
    subject.isFirst = false
    let hasChanged = subject.threshold.note(
      passed: failure == nil, unhealthyAfter: health.unhealthyAfter, healthyAfter: health.healthyAfter,
      isFirst: isFirst)
    guard hasChanged else { return }
    for endpoint in subject.endpoints { endpoint.health.set(isHealthy: failure == nil, trouble) }
    let id = subject.endpoints.first?.id ?? ""
    if let failure {
      logger.warning("endpoint is unhealthy", metadata: ["endpoint": "\(id)", "reason": "\(failure)"])
    } else {
      logger.info("endpoint is healthy again", metadata: ["endpoint": "\(id)"])
    }
  }

  private static func target(_ health: Settings.Health, _ endpoint: Endpoint) -> TransferTarget {
    let (scheme, authority, _) = endpoint.identity.parts
    var target = endpoint.target(scheme + authority + health.path)
    target.method = .get
    return target
  }
}

extension HealthChecker.Place {
  fileprivate init(_ endpoint: Endpoint) {
    let identity = endpoint.identity
    self.init(provider: identity.provider, url: identity.url, address: identity.address)
  }
}
