/// The endpoints that a replica has to do with: whoever began under a former configuration may still be at one that has gone from it, or
/// wait for it.
struct ServedEndpoints: Sendable {
  private struct Held: Sendable {
    weak let endpoint: Endpoint?
  }

  private var current: [Endpoint] = []
  private var former: [Held] = []

  mutating func replace(by endpoints: [Endpoint]) {
    let kept = Set(endpoints.map(ObjectIdentifier.init))
    let held = former.compactMap(\.endpoint) + current
    former = held.filter { !kept.contains(ObjectIdentifier($0)) }.map { Held(endpoint: $0) }
    current = endpoints
  }

  /// Those of former configurations that somebody still holds, of which none is at the same place as one of `endpoints`.
  func retired(beside endpoints: [Endpoint]) -> [Endpoint] {
    guard !former.isEmpty else { return [] }
    var places = Set(endpoints.map { ObjectIdentifier($0.occupancy) })
    return former.compactMap(\.endpoint).filter { places.insert(ObjectIdentifier($0.occupancy)).inserted }
  }
}
