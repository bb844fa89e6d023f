/// Quantiles of any number of values to within 2 %, from counts in bins that grow like the values do: DDSketch.
///
/// The bin of x is ⌈log_γ x⌉ with γ = (1 + a)/(1 − a) and a = 2 %. Masson, Rim, Lee, *DDSketch* (VLDB 2019). Where that one merges
/// its lowest bins when there are too many, this one has a fixed range, of 1,039 bins: so the sketch of all is exactly the sum of
/// the sketches of parts, in whatever order they are added, in Redis too.
package struct QuantileSketch: Equatable, Sendable {
  package static let accuracy = 0.02
  /// Values below `least` count as 0, those above `most` as `most`: a nanosecond to thirty thousand years, in seconds.
  package static let least = 1e-6
  package static let most = 1e12

  private static let logGamma = Elementary.log((1 + accuracy) / (1 - accuracy))
  private static let lowest = Int((Elementary.log(least) / logGamma).rounded(.up))
  private static let highest = Int((Elementary.log(most) / logGamma).rounded(.up))
  /// So that no sum of counts overflows.
  private static let mostCount: Int64 = 1 << 50

  /// Of what is below `least`, then of each bin from `lowest` on.
  private var counts: [Int64] = Array(repeating: 0, count: highest - lowest + 2)
  package private(set) var count: Int64 = 0

  package init() {}

  /// Counts a value; not one that is no number.
  package mutating func add(_ value: Double) {
    guard !value.isNaN else { return }
    add(1, at: Self.place(of: value))
  }

  package static func += (a: inout QuantileSketch, b: QuantileSketch) {
    for place in a.counts.indices where b.counts[place] > 0 { a.add(b.counts[place], at: place) }
  }

  /// A value that is at most 2 % from one that `fraction` of all are not above; nil of none.
  package func quantile(_ fraction: Double) -> Double? {
    guard count > 0 else { return nil }
    let rank = Int64((min(max(fraction, 0), 1) * Double(count - 1)).rounded(.down))
    var seen: Int64 = 0
    for place in counts.indices {
      seen += counts[place]
      if seen > rank { return Self.value(at: place) }
    }
    return nil
  }

  private mutating func add(_ number: Int64, at place: Int) {
    let added = min(number, Self.mostCount - counts[place])
    counts[place] += added
    count += added
  }

  private static func place(of value: Double) -> Int {
    guard value >= least else { return 0 }
    let bin = Int((Elementary.log(min(value, most)) / logGamma).rounded(.up))
    return min(max(bin, lowest), highest) - lowest + 1
  }

  /// The middle of a bin's ends in the sense that both are equally far off, relative to themselves.
  private static func value(at place: Int) -> Double {
    guard place > 0 else { return 0 }
    let gamma = (1 + accuracy) / (1 - accuracy)
    return 2 * Elementary.exp(Double(place - 1 + lowest) * logGamma) / (gamma + 1)
  }
}

// MARK: Text

extension QuantileSketch {
  /// What is in bins, as `<bin>=<count>` and `zero=<count>`: fields to add in a hash of Redis, too.
  package var words: [(bin: String, count: Int64)] {
    counts.indices.filter { counts[$0] > 0 }.map { place in
      (place == 0 ? "zero" : "\(place - 1 + Self.lowest)", counts[place])
    }
  }

  package var text: String { words.map { "\($0.bin)=\($0.count)" }.joined(separator: " ") }

  /// Reads a `text`; nil where it isn't one.
  package init?(text: String) {
    for word in text.split(separator: " ") {
      let parts = word.split(separator: "=", omittingEmptySubsequences: false)
      guard parts.count == 2, let count = Int64(parts[1]), 0...Self.mostCount ~= count,
        let place = Self.place(named: parts[0])
      else { return nil }
      add(count, at: place)
    }
  }

  /// The word of the bin that a value is counted in.
  package static func bin(of value: Double) -> String {
    let place = place(of: value.isNaN ? 0 : value)
    return place == 0 ? "zero" : "\(place - 1 + lowest)"
  }

  /// Adds to a bin by its word; nothing where there is no such bin.
  package mutating func add(_ count: Int64, bin: Substring) {
    guard count > 0, let place = Self.place(named: bin) else { return }
    add(min(count, Self.mostCount), at: place)
  }

  private static func place(named bin: Substring) -> Int? {
    if bin == "zero" { return 0 }
    return Int(bin).flatMap { lowest...highest ~= $0 ? $0 - lowest + 1 : nil }
  }
}
