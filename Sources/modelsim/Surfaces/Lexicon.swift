/// The words that answers are made of: 64, ASCII, of seven letters at most, nothing to escape.
enum Lexicon {
  /// A word's letters in memory order from the lowest byte up.
  struct Packed: Sendable {
    var bytes: UInt64
    var count: Int
  }

  static let packed: [Packed] = words.map { word in
    Packed(bytes: word.utf8.reversed().reduce(0) { $0 << 8 | UInt64($1) }, count: word.utf8.count)
  }

  static let words: [String] = [
    "amber", "anchor", "arch", "basin", "beacon", "birch", "bridge", "brook", "cabin", "canal", "cedar",
    "cloud", "coast", "copper", "creek", "delta", "dune", "ember", "fern", "field", "fjord", "flint",
    "forest", "garden", "glade", "granite", "grove", "harbor", "heath", "hill", "inlet", "iron", "island",
    "lake", "lantern", "ledge", "linen", "maple", "marsh", "meadow", "mill", "moss", "oak", "orchard",
    "path", "pebble", "pine", "plain", "pond", "quarry", "reed", "ridge", "river", "sand", "shore", "slate",
    "spring", "stone", "stream", "summit", "timber", "valley", "willow", "wind",
  ]
}
