/// What may stand between groups of digits.
struct Separators: OptionSet {
  static let blank = Separators(rawValue: 1 << 0x20)
  static let dash = Separators(rawValue: 1 << 0x2d)
  static let dot = Separators(rawValue: 1 << 0x2e)
  static let slash = Separators(rawValue: 1 << 0x2f)
  static let brackets = Separators(rawValue: 3 << 0x28)

  /// By byte: all of them are below 64.
  let rawValue: UInt64

  @inline(__always)
  func contains(_ byte: UInt8) -> Bool { byte < 64 && rawValue &>> UInt64(byte) & 1 == 1 }
}
