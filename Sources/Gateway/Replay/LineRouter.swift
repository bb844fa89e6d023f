import Dialects
import Policy
package import Settings

/// Routes lines of traffic by one configuration, or by two side by side: by the code that explains requests, which is that which serves
/// them.
package struct LineRouter: Sendable {
  /// The configuration that is asked about, then the one that it is compared with.
  let snapshots: [Snapshot]
  /// Who asks where a line doesn't say.
  private let usual: TrafficLine.Who

  /// `key` and `tenant` say who asks where a line doesn't.
  package init(_ settings: Settings, against: Settings?, key: String?, tenant: String?) {
    snapshots = ([settings] + (against.map { [$0] } ?? [])).map { Snapshot($0, epoch: 1, former: nil) }
    usual = key.map { .key($0) } ?? tenant.map { .tenant($0) } ?? .nobody
  }

  /// Each chunk on a thread of its own; a chunk is whole lines.
  package func route(_ chunks: [[UInt8]]) async -> [RoutedChunk] {
    await withTaskGroup(of: (Int, RoutedChunk).self) { group in
      for (place, chunk) in chunks.enumerated() {
        group.addTask { (place, LineDesk(snapshots, usual).route(chunk)) }
      }
      var routed = [RoutedChunk](repeating: RoutedChunk(), count: chunks.count)
      for await (place, chunk) in group { routed[place] = chunk }
      return routed
    }
  }
}

/// Routes one chunk after another. Confined to one thread.
private final class LineDesk {
  private let snapshots: [Snapshot]
  private let usual: TrafficLine.Who
  private let reader = TrafficReader()
  private let peek = Peek()
  private let traces: [RuleTrace]
  private let (line, body, nothing) = (PaddedBytes(), PaddedBytes(), PaddedBytes())
  /// Of whom lines name: whom each configuration takes them for.
  private var askers: [TrafficLine.Who: [Principal?]] = [:]
  /// Of requests without headers, by path.
  private var heads: [String: RequestHead] = [:]

  init(_ snapshots: [Snapshot], _ usual: TrafficLine.Who) {
    (self.snapshots, self.usual) = (snapshots, usual)
    traces = snapshots.map { _ in RuleTrace(isSilent: true) }
  }

  func route(_ chunk: [UInt8]) -> RoutedChunk {
    var routed = RoutedChunk()
    chunk.withUnsafeBytes { bytes in
      var rest = bytes[...]
      while !rest.isEmpty {
        let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.endIndex
        take(UnsafeRawBufferPointer(rebasing: rest[..<end]), in: &routed)
        rest = rest[min(end + 1, rest.endIndex)...]
      }
    }
    return routed
  }

  private func take(_ text: UnsafeRawBufferPointer, in chunk: inout RoutedChunk) {
    let number = chunk.count
    chunk.count += 1
    guard text.contains(where: { $0 > 0x20 }) else { return }
    line.removeAll(keepingCapacity: 1 << 20)
    line.append(text)
    do throws(TrafficFault) {
      let line = try reader.read(line)
      let decisions = try decisions(line)
      chunk.lines.append(
        RoutedLine(
          number: number, at: line.at, use: line.use, deployment: line.deployment, took: line.took,
          decisions: decisions))
    } catch {
      chunk.faults.append((number, error.message))
    }
  }

  private func decisions(_ line: TrafficLine) throws(TrafficFault) -> [RoutedLine.Decision] {
    let who = line.who == .nobody ? usual : line.who
    let principals = try principals(of: who)
    let head = try head(of: line)
    if case .body(let range) = line.content {
      body.removeAll(keepingCapacity: 1 << 20)
      self.line.withUnsafeBytes { body.append(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }
    var decisions: [RoutedLine.Decision] = []
    for (place, principal) in principals.enumerated() {
      guard let principal else {
        decisions.append(.refused(ExchangeError.wrongKey.code))
        continue
      }
      do throws(ExchangeError) {
        decisions.append(.way(try way(line, principal, head, place)))
      } catch {
        decisions.append(.refused(error.code))
      }
    }
    return decisions
  }

  private func way(
    _ line: TrafficLine, _ principal: Principal, _ head: RequestHead, _ place: Int
  ) throws(ExchangeError) -> RoutedLine.Way {
    let snapshot = snapshots[place]
    let explainer = Explainer(
      snapshot: snapshot, principal: principal, head: head, path: line.path,
      view: { PoolView(snapshot.pools[$0]) }, live: nil, trace: traces[place], time: line.at)
    let request: Explainer.Request
    switch line.content {
    case .body:
      peek.readsPrefix = snapshot.usesPrefixes
      request = try explainer.read(body, peek, nothing)
    case .sizes(let sizes):
      _ = try explainer.surface()
      request = try explainer.route(sizes, nothing, peek, nothing)
    }
    return RoutedLine.Way(
      principal: principal, head: head, facts: request.facts, model: request.model,
      position: request.position, rule: request.rule, permitted: request.permitted,
      refusal: request.refusal?.code)
  }

  /// Whom each configuration takes the asker for; nil where it doesn't know that one.
  private func principals(of who: TrafficLine.Who) throws(TrafficFault) -> [Principal?] {
    if let known = askers[who] { return known }
    let found = snapshots.map { $0.principal(of: who) }
    guard found.contains(where: { $0 != nil }) else { throw who.fault }
    askers[who] = found
    return found
  }

  private func head(of line: TrafficLine) throws(TrafficFault) -> RequestHead {
    if line.headers.isEmpty, let known = heads[line.path] { return known }
    do throws(ExplainAsk.Refusal) {
      // Its length is not asked for here.
      let head = try ExplainAsk(who: .anybody, path: line.path, headers: line.headers, body: [0]).head()
      if line.headers.isEmpty, heads.count < 100 { heads[line.path] = head }
      return head
    } catch {
      throw TrafficFault("\(error)")
    }
  }
}

extension Snapshot {
  /// Whom the configuration takes somebody for; without keys everybody is one.
  fileprivate func principal(of who: TrafficLine.Who) -> Principal? {
    if let anyone = authenticator.anyone { return anyone }
    switch who {
    case .key(let id): return authenticator.configured(id)?.principal
    case .tenant(let name): return authenticator.principal(ofTenant: name, self)
    case .nobody: return nil
    }
  }
}

extension TrafficLine.Who {
  fileprivate var fault: TrafficFault {
    switch self {
    case .key(let id):
      TrafficFault("The configuration has no key '\(id.prefix(60))'; of virtual keys name the tenant.")
    case .tenant(let name): TrafficFault("The configuration has no tenant '\(name.prefix(60))'.")
    case .nobody: TrafficFault("The line names neither a key nor a tenant: add it, or say --key or --tenant.")
    }
  }
}
