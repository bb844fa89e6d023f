/// Letters beyond ASCII, by their script: what a language without Latin letters is known by.
struct ScriptCounts: Sendable, Equatable {
  private(set) var latin = 0
  private var greek = 0
  private var cyrillic = 0
  /// Letters that Russian has and Ukrainian hasn't, and the other way about.
  private var russian = 0
  private var ukrainian = 0
  private var hebrew = 0
  private var arabic = 0
  /// Of them, letters that Arabic doesn't have.
  private var persian = 0
  private var devanagari = 0
  private var thai = 0
  private var kana = 0
  private var han = 0
  private var hangul = 0

  /// The first two bytes of a letter.
  mutating func add(_ pair: UInt32) {
    switch pair {
    case 0xc380...0xc9bf: latin &+= 1
    case 0xcd80...0xcfbf: greek &+= 1
    case 0xd080...0xd3bf: addCyrillic(pair)
    case 0xd680...0xd7bf: hebrew &+= 1
    case 0xd880...0xdbbf:
      arabic &+= 1
      if pair >= 0xda80 { persian &+= 1 }
    case 0xe0a4...0xe0a5: devanagari &+= 1
    case 0xe0b8...0xe0b9: thai &+= 1
    case 0xe381...0xe383: kana &+= 1
    case 0xe490...0xe9bf: han &+= 1
    case 0xeab0...0xed9f: hangul &+= 1
    default: break
    }
  }

  private mutating func addCyrillic(_ pair: UInt32) {
    cyrillic &+= 1
    switch pair {
    // ы э ё, small and capital.
    case 0xd18b, 0xd18d, 0xd191, 0xd0ab, 0xd0ad, 0xd081: russian &+= 1
    // є і ї
    case 0xd194, 0xd196, 0xd197, 0xd084, 0xd086, 0xd087: ukrainian &+= 1
    default: break
    }
  }

  /// Whether one of these scripts has enough letters to be the text's, a letter counting for three ASCII ones: terms are often English.
  func isOwn(beside asciiLetters: Int) -> Bool { most.count > 0 && most.count * 3 > asciiLetters }

  /// The language of the most frequent script; nil where several are written in it and none shows.
  var language: String? { most.language }

  private var most: (count: Int, language: String?) {
    var most: (count: Int, language: String?) = (kana + han, kana * 8 > han ? "ja" : "zh")
    if hangul > most.count { most = (hangul, "ko") }
    if greek > most.count { most = (greek, "el") }
    if hebrew > most.count { most = (hebrew, "he") }
    if devanagari > most.count { most = (devanagari, "hi") }
    if thai > most.count { most = (thai, "th") }
    if cyrillic > most.count { most = (cyrillic, cyrillicLanguage) }
    if arabic > most.count { most = (arabic, persian * 50 > arabic ? nil : "ar") }
    return most
  }

  private var cyrillicLanguage: String? {
    switch (russian > 0, ukrainian > 0) {
    case (true, false): "ru"
    case (false, true): "uk"
    default: nil
    }
  }
}
