/// What kind of request it is, as far as somebody says: routing, a judge, or its client.
package struct RequestClass: Sendable, Hashable {
  package var task: TaskKind?
  package var complexity: ComplexityBand?

  package init(task: TaskKind? = nil, complexity: ComplexityBand? = nil) {
    (self.task, self.complexity) = (task, complexity)
  }

  /// Nothing is said.
  package var isEmpty: Bool { self == RequestClass() }
}

/// Who says what a request really was. The raw values are labels of metrics.
package enum AuditSource: String, CaseIterable, Sendable { case judge, feedback }

/// Some of all classes, one bit each.
package struct ClassSet: Sendable, Equatable {
  package let bits: UInt64

  package init(bits: UInt64) { self.bits = bits }

  package init(where isIn: (RequestClass) -> Bool) {
    bits = Self.all.reduce(0) { isIn($1) ? $0 | 1 << Self.position(of: $1) : $0 }
  }

  package func contains(_ one: RequestClass) -> Bool { bits >> Self.position(of: one) & 1 == 1 }

  /// Those too that leave one of the two unsaid, or both.
  private static let all: [RequestClass] = {
    let tasks: [TaskKind?] = [nil] + TaskKind.allCases.map { Optional($0) }
    let bands: [ComplexityBand?] = [nil] + ComplexityBand.allCases.map { Optional($0) }
    return tasks.flatMap { task in bands.map { RequestClass(task: task, complexity: $0) } }
  }()

  private static func position(of one: RequestClass) -> UInt64 {
    let task = one.task.flatMap { TaskKind.allCases.firstIndex(of: $0) }.map { $0 + 1 } ?? 0
    let band = one.complexity.flatMap { ComplexityBand.allCases.firstIndex(of: $0) }.map { $0 + 1 } ?? 0
    return UInt64(task * (ComplexityBand.allCases.count + 1) + band)
  }
}
