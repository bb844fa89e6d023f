import Glibc

/// The numbers of one worker: plain integers, touched on its loop alone.
///
/// Recording takes no lock, hashes nothing and allocates nothing. Room for all cells that the registry may
/// ever hand out is reserved at the start; the kernel gives memory only to pages that are touched. Sums
/// wrap; a reader sees that as a counter's reset.
package final class MetricsShard {
  private let registry: MetricsRegistry
  private let bounds: [HistogramBounds]
  private let cells: UnsafeMutablePointer<Int64>
  private let capacity: Int
  /// Cells that were set.
  private var stated: Set<Int> = []

  package init(registry: MetricsRegistry) {
    self.registry = registry
    bounds = registry.bounds
    capacity = registry.maximumCells
    guard let memory = calloc(capacity, MemoryLayout<Int64>.stride) else { fatalError("out of memory") }
    cells = memory.bindMemory(to: Int64.self, capacity: capacity)
  }

  deinit { free(cells) }

  /// Adds to a counter (`amount` must not be negative) or to a gauge.
  package func add(_ amount: Int64, to series: SeriesID) {
    precondition(series.cell < capacity, "a handle of another registry")
    cells[series.cell] &+= amount
  }

  /// Adds 1.
  package func increment(_ series: SeriesID) { add(1, to: series) }

  /// Replaces a gauge's part in the sum, or stores a count that is kept elsewhere. Set it in one shard only.
  package func set(_ series: SeriesID, to value: Int64) {
    precondition(series.cell < capacity, "a handle of another registry")
    cells[series.cell] = value
    stated.insert(series.cell)
  }

  /// Counts a value, in the unit that the family records (nanoseconds, tokens); below 0 counts as 0.
  package func observe(_ value: Int64, in histogram: HistogramID) {
    let sum = histogram.cell &+ histogram.count &+ 1
    precondition(sum < capacity, "a handle of another registry")
    let value = max(0, value)
    cells[histogram.cell &+ bounds[histogram.bounds].bucket(of: value)] &+= 1
    cells[sum] &+= value
  }

  /// What the shard holds now, free to leave the loop.
  package func snapshot() -> MetricsSnapshot {
    MetricsSnapshot(cells: Array(UnsafeBufferPointer(start: cells, count: registry.cells)), stated: stated)
  }
}

/// A shard's numbers at one moment.
package struct MetricsSnapshot: Sendable {
  let cells: [Int64]
  /// Those that were set, and not only added to.
  let stated: Set<Int>

  /// The sum, cell by cell; a snapshot taken before the registry grew lacks cells, which count as 0.
  static func sum(_ snapshots: [MetricsSnapshot]) -> MetricsSnapshot {
    var total = [Int64](repeating: 0, count: snapshots.map(\.cells.count).max() ?? 0)
    for snapshot in snapshots {
      for (cell, value) in snapshot.cells.enumerated() { total[cell] &+= value }
    }
    return MetricsSnapshot(cells: total, stated: snapshots.reduce(into: []) { $0.formUnion($1.stated) })
  }

  subscript(cell: Int) -> Int64 { cell < cells.count ? cells[cell] : 0 }
}
