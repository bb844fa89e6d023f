/// International bank account numbers (ISO 13616): a country, two check digits, and as many letters and digits as that country has.
enum BankAccount {
  /// Where the number stands whose check digits begin at `digits`.
  static func range(_ text: TextBytes, digits: Int) -> Range<Int>? {
    let start = digits - 2
    guard text.isLetter(start + 1), text.isLetter(start), !text.isWord(start - 1), text.isDigit(digits + 1),
      let length = length(text.capital(start), text.capital(start + 1))
    else { return nil }
    var (rest, taken, place) = (0, 4, digits + 2)
    while taken < length {
      if !text.isWord(place) {
        guard text[place] == 0x20 || text[place] == 0x2d else { return nil }
        place += 1
      }
      guard text.isWord(place) else { return nil }
      rest = append(text, place, to: rest)
      place += 1
      taken += 1
    }
    for moved in start..<start + 4 { rest = append(text, moved, to: rest) }
    return rest % 97 == 1 && !text.isWord(place) ? start..<place : nil
  }

  /// What has the same remainder by 97, with a further letter or digit. It is divided only when it gets large.
  @inline(__always)
  private static func append(_ text: TextBytes, _ place: Int, to rest: Int) -> Int {
    let longer =
      text.isDigit(place) ? rest * 10 + text.digit(place) : rest * 100 + Int(text.capital(place)) - 55
    return longer < 1_000_000_000_000_000 ? longer : longer % 97
  }

  private static func length(_ first: UInt8, _ second: UInt8) -> Int? {
    var found: Int?
    var at = 0
    // A country is two letters and two digits of the table.
    while found == nil, at < countries.utf8CodeUnitCount {
      let entry = countries.utf8Start + at
      if entry[0] == first, entry[1] == second { found = Int(entry[2] - 0x30) * 10 + Int(entry[3] - 0x30) }
      at += 4
    }
    return found
  }

  private static let countries: StaticString = """
    AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24FI18FK18FO18FR27GB22\
    GE22GI23GL18GR27GT28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20MR27\
    MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29\
    VA22VG24XK20
    """
}
