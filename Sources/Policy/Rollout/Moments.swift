/// Number, sum and sum of squares of some values: enough for their mean and variance. Of two sets, those of both are the sums.
package struct Moments: Equatable, Sendable {
  package private(set) var count: Double = 0
  package private(set) var sum: Double = 0
  package private(set) var squares: Double = 0

  package init() {}

  /// Of counters that others wrote: what no values can have is taken for the nearest that they can.
  package init(count: Double, sum: Double, squares: Double) {
    guard count >= 1, count < 1e100, abs(sum) < 1e100, squares < 1e200 else { return }
    (self.count, self.sum) = (count, sum)
    // Never less than the values' mean alone would make it.
    self.squares = max(squares, sum * sum / count)
  }

  package mutating func add(_ value: Double) {
    guard abs(value) < 1e50 else { return }
    count += 1
    sum += value
    squares += value * value
  }

  package static func += (a: inout Moments, b: Moments) {
    a.count += b.count
    a.sum += b.sum
    a.squares += b.squares
  }

  /// 0 of no values.
  package var mean: Double { count > 0 ? sum / count : 0 }

  /// 0 of fewer than two.
  package var variance: Double { count > 1 ? max(0, squares - sum * sum / count) / (count - 1) : 0 }

  package var text: String { "\(count) \(sum) \(squares)" }

  package init?(text: String) {
    let numbers = text.split(separator: " ", omittingEmptySubsequences: false).map { Double($0) }
    guard numbers.count == 3, let count = numbers[0], let sum = numbers[1], let squares = numbers[2],
      count >= 0, count < 1e100, abs(sum) < 1e100, squares >= 0, squares < 1e200
    else { return nil }
    (self.count, self.sum, self.squares) = (count, sum, squares)
  }
}
