import ArgumentParser
import Coordination
import Gateway
import Policy
import Settings

/// `switchyard inspect`: what replicas share, with units.
struct Inspect: AsyncParsableCommand {
  enum Part: String, CaseIterable, ExpressibleByArgument {
    case all, limits, reservations, replicas, loads, keys, cache, breakers, rollouts, experiments
  }

  static let configuration = CommandConfiguration(
    abstract: "Show the state that replicas share in Redis, with units.",
    discussion: """
      Limits with what they have left now, reservations of exchanges that run, replicas with what they have in flight, \
      virtual keys, stored answers, the breakers that ever opened, who leads which rollouts, and how many sessions \
      experiments have. Reads only; no prompt of a \
      request and no key is ever there to be shown. Exits 1 where Redis can't be asked.
      """)

  @Argument(
    help: """
      What to show: all, limits, reservations, replicas, loads, keys, cache, breakers, rollouts or experiments.
      """)
  var part = Part.all

  @OptionGroup var options: ConfigOptions

  @Option(
    help: """
      One tag only: t:TENANT, m:MODEL, d:DEPLOYMENT, p:PROVIDER/N, k:KEY, cb:ENDPOINT/DEPLOYMENT, ro, ro:MODEL or \
      xp:EXPERIMENT.
      """)
  var tag: String?

  @Flag(help: "Print it for programs.")
  var json = false

  func run() async throws {
    let settings = try loaded()
    if part == .cache, settings.cache?.redis != nil {
      return try await show(settings, try CacheAddress.of(settings))
    }
    guard let url = settings.state.redis else {
      StandardError.write(
        "\(options.path) has no state.redis: limits are in the replica's own memory, and /metrics tells of them."
      )
      throw Switchyard.Exit.no
    }
    do {
      let address = try RedisAddress(
        url.revealed, password: settings.state.password?.revealed, caFile: settings.state.caFile)
      try await show(settings, address)
    } catch let exit as ExitCode {
      throw exit
    } catch {
      StandardError.write("\(error)")
      throw Switchyard.Exit.no
    }
  }

  private func show(_ settings: Settings, _ address: RedisAddress) async throws {
    do {
      let result = try await StateInspection(address, prefix: settings.state.keyPrefix, tag: tag).read()
      let rows = result.keys.filter { part.shows($0.value) }.map { InspectedRow($0, now: result.now) }
      print(json ? InspectedRow.json(rows) : InspectedRow.table(rows))
    } catch {
      StandardError.write("\(error)")
      throw Switchyard.Exit.no
    }
  }

  private func loaded() throws -> Settings {
    do {
      return try options.load()
    } catch let errors {
      for error in errors.errors { StandardError.write("\(error)") }
      throw Switchyard.Exit.no
    }
  }
}

extension Inspect.Part {
  func shows(_ value: StoredKey.Value) -> Bool {
    switch (self, value) {
    case (.all, _), (.limits, .bucket), (.limits, .budget), (.limits, .slots), (.limits, .foreign),
      (.reservations, .reservation), (.reservations, .lease), (.replicas, .replicas), (.loads, .loads),
      (.cache, .cached), (.cache, .flight), (.keys, .key), (.keys, .keyIndex),
      (.breakers, .breaker), (.breakers, .breakerPart),
      (.rollouts, .leadership), (.rollouts, .control), (.experiments, .experiment):
      true
    default: false
    }
  }
}

/// One key: what it is, how it stands, and how long it is kept.
struct InspectedRow {
  private let stored: StoredKey
  private let what: String
  private let standing: String
  /// The figures in it, by name.
  private let figures: [(name: String, value: Int64)]

  init(_ stored: StoredKey, now: Int64) {
    self.stored = stored
    let subject = ([stored.tag] + (stored.subject.isEmpty ? [] : [stored.subject])).joined(separator: " ")
    let measure = stored.measure.replacing("_", with: " ")
    switch stored.value {
    case .bucket(let bucket, let rule):
      what = "\(subject): \(measure) per \(stored.window)"
      let current = bucket.refilled(rule, now: now)
      let (left, debt) = (current.tokens(rule), max(0, -current.level) / rule.window)
      let full = current.timeToFull(rule)
      standing =
        "\(left) of \(rule.tokens) left" + (debt > 0 ? ", in debt by \(debt)" : "")
        + ", full in \((full + 999) / 1_000) s"
      figures = [("left", left), ("capacity", rule.tokens), ("debt", debt), ("full_in_ms", full)]
    case .budget(let spent, let capacity, let starts):
      what = "\(subject): \(measure) per \(stored.window) from \(starts)"
      let isMoney = stored.measure == "dollars"
      standing =
        isMoney
        ? "\(Self.dollars(spent)) of \(Self.dollars(capacity)) spent" : "\(spent) of \(capacity) spent"
      let unit = isMoney ? "_microdollars" : ""
      figures = [("spent\(unit)", spent), ("capacity\(unit)", capacity)]
    case .slots(let holders):
      what = "\(subject): requests at a time"
      let running = holders.filter { $0.value > now }.count
      standing = "\(running) running"
      figures = [("running", Int64(running))]
    case .reservation(let reservation):
      what = "\(stored.tag): reservation"
      standing =
        "\(reservation.costs.map(String.init).joined(separator: ", ")) by replica \(reservation.owner)"
      figures = reservation.costs.enumerated().map { ("cost_\($0.offset + 1)", $0.element) }
    case .lease(let record):
      what = "\(stored.tag): lease"
      standing =
        "\(record.charged.map(String.init).joined(separator: ", ")) charged ahead by replica \(record.owner)"
        + " so far"
      figures = record.charged.enumerated().map { ("charged_\($0.offset + 1)", $0.element) }
    case .replicas(let replicas):
      what = "replicas"
      let names = replicas.filter { $0.value > now }.keys.sorted()
      standing = "\(names.count): \(names.joined(separator: ", "))"
      figures = [("replicas", Int64(names.count))]
    case .loads(let entries):
      what = "in flight"
      (standing, figures) = Self.standing(of: entries, now)
    case .key(let entry):
      what = "\(stored.tag): key"
      (standing, figures) = Self.standing(of: entry)
    case .keyIndex(let text):
      let name = stored.key.drop { $0 != "}" }.dropFirst(2)
      what = "\(stored.tag): \(name)"
      standing = text
      figures = []
    case .cached(let meta, let created):
      what = "\(stored.tag): answer"
      let left = meta.ttl - max(0, now - created)
      standing =
        "\(meta.kind.rawValue), \(meta.status), \(meta.bytes) bytes, \(max(0, now - created) / 1_000) s old, "
        + (left > 0 ? "fresh for \(left / 1_000) s" : "stale for \(-left / 1_000) s")
      figures = [("age_ms", max(0, now - created)), ("left_ms", left), ("bytes", meta.bytes)]
    case .flight(let owner, let until):
      what = "\(stored.tag): being fetched"
      standing = "by flight \(owner), for \(max(0, until - now)) ms unless it is prolonged"
      figures = [("left_ms", until - now)]
    case .breaker(let state):
      what = "\(stored.tag): breaker"
      (standing, figures) = Self.standing(of: state, now: now)
    case .breakerPart(let text):
      what = "\(stored.tag): breaker's \(stored.key.drop { $0 != "}" }.dropFirst(2))"
      standing = text
      figures = []
    case .leadership(let lease):
      what = "\(stored.tag): leader"
      let left = lease.left(now)
      standing =
        (left > 0 ? "\(lease.id) for \(left) ms" : "nobody; last \(lease.id)") + ", epoch \(lease.epoch)"
      figures = [("epoch", lease.epoch), ("left_ms", left)]
    case .control(let text):
      what = "\(stored.tag): \(stored.key.drop { $0 != "}" }.dropFirst(2))"
      standing = text
      figures = []
    case .experiment(let text), .choice(let text):
      what = "\(stored.tag): \(stored.key.drop { $0 != "}" }.dropFirst(2))"
      standing = text
      figures = []
    case .foreign(let text):
      what = "\(subject): NOT SWITCHYARD'S"
      standing = String(text.prefix(60))
      figures = []
    }
  }

  private static func standing(of entry: KeyEntry) -> (String, [(name: String, value: Int64)]) {
    switch entry {
    case .none: ("nothing", [])
    case .record(let record): (KeyText.words(record), [("version", record.version)])
    case .tombstone(let revoked, let version): ("REVOKED \(revoked)", [("version", version)])
    }
  }

  /// By replica, those that don't count any more left out.
  private static func standing(of entries: [String: LoadStore.Entry], _ now: Int64) -> (
    String, [(name: String, value: Int64)]
  ) {
    let current = entries.filter { $0.value.isCurrent(at: now) }.sorted { $0.key < $1.key }
    let parts = current.map { name, entry in
      let counts = entry.loads.counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
      return "\(name): \(counts.isEmpty ? "nothing" : counts.joined(separator: ", "))"
    }
    let figures = current.flatMap { name, entry in
      entry.loads.counts.sorted { $0.key < $1.key }.map { ("\(name) \($0.key)", Int64($0.value)) }
    }
    return (parts.isEmpty ? "no replica" : parts.joined(separator: "; "), figures)
  }

  private static func standing(of state: BreakerState, now: Int64) -> (
    String, [(name: String, value: Int64)]
  ) {
    let (left, cool) = (state.left(now), state.coolLeft(now))
    var words =
      switch state.phase {
      case .closed: "closed"
      case .open: left > 0 ? "open for \(left) ms" : "open, to be probed by the next request"
      case .half: "half-open, \(state.succeeded) of \(state.issued) probes succeeded"
      }
    words += " (\(state.reason.rawValue), \(max(0, now - state.since) / 1_000) s ago)"
    if cool > 0 { words += ", to be left alone for \(cool) ms" }
    return (
      words,
      [
        ("generation", state.generation), ("left_ms", left), ("cool_ms", cool), ("opens", state.opens),
        ("issued", state.issued), ("succeeded", state.succeeded),
      ]
    )
  }

  private static func dollars(_ micro: Int64) -> String {
    let fraction = String(1_000_000 + abs(micro) % 1_000_000).dropFirst()
    return "$\(micro / 1_000_000).\(fraction)"
  }

  static func table(_ rows: [InspectedRow]) -> String {
    guard !rows.isEmpty else { return "Nothing is there: buckets that are full are not kept." }
    let width = rows.map(\.what.count).max() ?? 0
    return rows.map { row in
      let kept = row.stored.remaining.map { "\(($0 + 999) / 1_000) s" } ?? "for ever"
      return
        "\(row.what)\(String(repeating: " ", count: width - row.what.count))  \(row.standing)  (kept \(kept))"
    }.joined(separator: "\n")
  }

  static func json(_ rows: [InspectedRow]) -> String {
    "[" + rows.map(\.json).joined(separator: ",\n ") + "]"
  }

  private var json: String {
    var members = [
      Self.pair("key", stored.key), Self.pair("what", what), Self.pair("standing", standing),
    ]
    members += figures.map { "\"\($0.name)\": \($0.value)" }
    if let remaining = stored.remaining { members.append("\"kept_ms\": \(remaining)") }
    return "{\(members.joined(separator: ", "))}"
  }

  private static func pair(_ name: String, _ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": escaped += "\\\(scalar)"
      case _ where scalar.value < 0x20: escaped += " "
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return "\"\(name)\": \"\(escaped)\""
  }
}
