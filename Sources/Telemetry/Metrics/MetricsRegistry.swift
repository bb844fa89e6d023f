import NIOConcurrencyHelpers

/// Turns families and label values into handles, once, when a configuration is applied.
///
/// Shared by all workers. Registering takes a lock and hashes a string, so it never happens for each
/// exchange. A series lives as long as the process: a counter that vanishes would look like a reset.
package final class MetricsRegistry: Sendable {
  /// One set of label values with its place in the shards.
  struct Series: Sendable {
    /// `a="b",c="d"`, escaped; empty where the family has no labels.
    let labels: String
    let cell: Int
  }

  /// A family with all that was registered for it, in the order of registration.
  struct Group: Sendable {
    let family: MetricFamily
    var series: [Series] = []
  }

  fileprivate struct State {
    var groups: [Group]
    var cells = 0
    var known: [String: Int] = [:]
  }

  /// The value that stands for all labels of the series that were one too many.
  package static let overflow = "other"

  let bounds: [HistogramBounds]
  private let indices: [String: Int]
  /// How many numbers a shard must have room for.
  let maximumCells: Int
  /// Of these, how many are kept for the series that stand for what was one too many.
  private let reserve: Int
  private let state: NIOLockedValueBox<State>

  /// - Parameters:
  ///   - families: every family there is; the order is the order of rendering. Names must be unique.
  ///   - maximumCells: numbers of all series together (a counter has one, a histogram up to 18); beyond it,
  ///     new label values of a family share one series labelled `other`. Each worker reserves 8 bytes of
  ///     address space for each.
  package init(families: [MetricFamily] = Catalogue.all, maximumCells: Int = 262_144) {
    indices = Dictionary(uniqueKeysWithValues: families.enumerated().map { ($1.name, $0) })
    bounds = families.map { family in
      guard case .histogram(let bounds) = family.kind else { return HistogramBounds([]) }
      return HistogramBounds(bounds)
    }
    self.maximumCells = maximumCells
    reserve = families.reduce(0) { $0 + $1.cellCount }
    precondition(maximumCells >= 2 * reserve, "room for each family is the least")
    state = NIOLockedValueBox(State(groups: families.map { Group(family: $0) }))
    for family in families where family.labels.isEmpty { _ = register(family, []) }
  }

  /// How many numbers of a shard are in use.
  var cells: Int { state.withLockedValue { $0.cells } }

  /// What was registered so far; taken after the snapshots it may name cells that they lack, which count as
  /// 0.
  var groups: [Group] { state.withLockedValue { $0.groups } }

  /// The handle of a counter or gauge; the same arguments give the same handle.
  ///
  /// Traps when the family is a histogram, is not of this registry, or has another number of labels.
  package func series(_ family: MetricFamily, _ values: String...) -> SeriesID {
    if case .histogram = family.kind { preconditionFailure("\(family.name) is a histogram") }
    return SeriesID(cell: register(family, values))
  }

  /// The handle of a histogram; the same arguments give the same handle.
  ///
  /// Traps when the family is no histogram, is not of this registry, or has another number of labels.
  package func histogram(_ family: MetricFamily, _ values: String...) -> HistogramID {
    guard case .histogram(let bounds) = family.kind else {
      preconditionFailure("\(family.name) is no histogram")
    }
    return HistogramID(cell: register(family, values), bounds: index(of: family), count: bounds.count)
  }

  private func index(of family: MetricFamily) -> Int {
    guard let index = indices[family.name] else { preconditionFailure("\(family.name) is not registered") }
    return index
  }

  private func register(_ family: MetricFamily, _ values: [String]) -> Int {
    precondition(values.count == family.labels.count, "\(family.name) has labels \(family.labels)")
    let index = index(of: family)
    let labels = PrometheusText.labels(family.labels, values)
    return state.withLockedValue { state in
      if let cell = state.known[family.name + labels] { return cell }
      let isFull = state.cells + family.cellCount > maximumCells - reserve
      return isFull ? state.overflowing(index) : state.add(labels, to: index)
    }
  }
}

extension MetricsRegistry.State {
  /// The series that all label values beyond the limit share; at most one per family.
  fileprivate mutating func overflowing(_ index: Int) -> Int {
    let family = groups[index].family
    let others = family.labels.map { _ in MetricsRegistry.overflow }
    let labels = PrometheusText.labels(family.labels, others)
    return known[family.name + labels] ?? add(labels, to: index)
  }

  fileprivate mutating func add(_ labels: String, to index: Int) -> Int {
    let cell = cells
    groups[index].series.append(MetricsRegistry.Series(labels: labels, cell: cell))
    known[groups[index].family.name + labels] = cell
    cells += groups[index].family.cellCount
    return cell
  }
}

extension MetricFamily {
  /// Numbers that one series takes in a shard.
  fileprivate var cellCount: Int {
    guard case .histogram(let bounds) = kind else { return 1 }
    return bounds.count + 2
  }
}
