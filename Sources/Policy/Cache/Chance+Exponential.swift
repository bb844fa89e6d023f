extension Chance {
  /// −ln of a number that is equally likely anywhere in (0, 1]: at least x with probability e⁻ˣ.
  package mutating func exponential() -> Double {
    let unit = Double((next() >> 11) + 1) * 0x1p-53
    return -Self.logarithm(unit)
  }

  /// ln of a positive number.
  static func logarithm(_ value: Double) -> Double { Elementary.log(value) }
}
