import Policy
import Testing

/// Made-up and published test numbers: what is found, and what only looks like it.
struct DetectorTests {
  private static func found(_ text: String, _ wanted: DetectorSet) throws -> DetectorSet {
    let detectors = try DataDetectors(wanted, [])
    var findings = Findings()
    Array(text.utf8).withUnsafeBufferPointer { detectors.scan($0, into: &findings) }
    return findings.detectors
  }

  /// Alone, within a sentence, and behind beginnings of all lengths: eight bytes are looked at together.
  private static func check(_ detector: Detector, finds good: [String], not bad: [String]) throws {
    for text in good {
      #expect(try found(text, detector.bit) == detector.bit, "\(detector) in \(text)")
      #expect(
        try found("It is \"\(text)\", you know.", detector.bit) == detector.bit, "\(detector) in \(text)")
      for gap in 1..<17 {
        let padded =
          String(repeating: "x", count: gap) + " " + text + "\n" + String(repeating: " y", count: gap)
        #expect(try found(padded, detector.bit) == detector.bit, "\(detector) in \(padded)")
      }
    }
    for text in bad {
      #expect(try found(text, detector.bit).isEmpty, "\(detector) in \(text)")
      #expect(try found("See (\(text)) there", detector.bit).isEmpty, "\(detector) in \(text)")
    }
  }

  @Test func cards() throws {
    try Self.check(
      .card,
      finds: [
        "4111111111111111", "4111 1111 1111 1111", "4111-1111-1111-1111", "4012888888881881", "4222222222222",
        "5555555555554444", "5105 1051 0510 5100", "2223003122003222", "378282246310005", "3782 822463 10005",
        "371449635398431", "30569309025904", "3056 930902 5904", "38520000023237", "6011111111111117",
        "6011 0009 9013 9424", "3530111333300000", "4917610000000000003", "4917 6100 0000 0000 003",
        "6759649826438453",
      ],
      not: [
        "4111111111111112", "4111 1111 1111 1112", "411111111111111", "41111111111111111", "1111111111111117",
        "0000000000000000", "4111  1111  1111  1111", "4111 1111 1111", "x4111111111111111",
        "4111111111111111x",
        "0.4111111111111111", "9111111111111111", "41 11 11 11 11 11 11 11", "4111_1111_1111_1111",
        "5555555555554443",
        "1234567890123456", "2024-11-23 12:00:39", "550e8400-e29b-41d4-a716-446655440000",
      ])
  }

  @Test func accounts() throws {
    try Self.check(
      .iban,
      finds: [
        "DE89370400440532013000", "DE89 3704 0044 0532 0130 00", "GB29 NWBK 6016 1331 9268 19",
        "GB29NWBK60161331926819",
        "FR14 2004 1010 0505 0001 3M02 606", "ES91 2100 0418 4502 0005 1332",
        "IT60 X054 2811 1010 0000 0123 456",
        "NL91 ABNA 0417 1643 00", "BE68 5390 0754 7034", "CH93 0076 2011 6238 5295 7",
        "AT61 1904 3002 3457 3201",
        "PL61 1090 1014 0000 0712 1981 2874", "SE45 5000 0000 0583 9825 7466", "NO93 8601 1117 947",
        "MT84 MALT 0110 0001 2345 MTLC AST0 01S", "de89370400440532013000", "DE89-3704-0044-0532-0130-00",
      ],
      not: [
        "DE88370400440532013000", "DE89 3704 0044 0532 0130 01", "DE8937040044053201300",
        "DE893704004405320130000",
        "XX89370400440532013000", "ADE89370400440532013000", "GB29 NWBK 6016 1331 9268 18", "FR14 2004 1010",
        "DE89",
        "89370400440532013000", "NL91 ABNA 0417 1643 01", "BE68 5390 0754 7035", "AT61 1904 3002 3457 3202",
        "ES91 2100 0418 4502 0005 1333", "DE89  3704  0044  0532  0130  00", "DE89_3704_0044_0532_0130_00",
      ])
  }

  @Test func americanIDs() throws {
    try Self.check(
      .nationalID,
      finds: [
        "123-45-6789", "123 45 6789", "001-01-0001", "665-45-6789", "667-45-6789", "899-99-9999",
        "078-05-1120", "219-09-9999",
        "457-55-5462", "574-12-3456", "212-34-5678", "321-54-9876", "101-02-0304", "555-12-1234",
        "700-11-2222",
      ],
      not: [
        "000-45-6789", "666-45-6789", "900-45-6789", "999-99-9999", "123-00-6789", "123-45-0000",
        "123-456-789",
        "12-345-6789", "1234-56-789", "123-45 6789", "123456789", "123.45.6789", "x123-45-6789",
        "123-45-6789x",
        "123-45-67890", "123--45-6789",
      ])
  }

  @Test func europeanIDs() throws {
    try Self.check(
      .nationalID,
      finds: [
        "86095742719", "86 095 742 719", "47036892816", "65929970489", "57549285017", "25768131411",
        "185057800608491", "1 85 05 78 006 084 91", "255081416802538", "294037512000591",
        "943 476 5919", "485-777-3457", "401 023 2137", "AB123456C", "AB 12 34 56 C", "JG103759A",
        "12345678Z", "12345678-Z", "00000000T", "50001065P", "X1234567L", "Y7654321G", "Z1112223V",
      ],
      not: [
        "86095742718", "06095742719", "11111111111", "86095742710", "12345678901", "185057800608492",
        "985057800608491",
        "185137800608491", "943 476 5918", "9434765919", "BG123456A", "AB123456E", "DA123456A", "AO123456A",
        "ZZ123456A",
        "12345678A", "X1234567A", "A1234567L", "1732366800",
      ])
  }

  @Test func phones() throws {
    try Self.check(
      .phone,
      finds: [
        "+49 30 1234567", "+4915112345678", "+1 (555) 123-4567", "+1-555-123-4567", "+33 6 12 34 56 78",
        "+44 (0)20 7946 0958",
        "0049 30 1234567", "00491511234567", "(555) 223-4567", "(555)223-4567", "555-223-4567",
        "555.223.4567",
        "1-555-223-4567", "030 1234567", "0171/1234567", "020 7946 0958", "06 12 34 56 78", "0171-1234567",
      ],
      not: [
        "+49", "+0 123 4567890", "12345", "2024-11-23", "01-02-2024", "01.02.2024 12:30", "09-11-2001 10",
        "155-223-4567",
        "555-123-456", "5552234567", "3.14159265358979", "1234567890", "192.168.100.200", "x+4915112345678",
        "0 800 1",
        "(12) 34", "00 11",
      ])
  }

  @Test func addresses() throws {
    try Self.check(
      .email,
      finds: [
        "ann@example.com", "a.b+c@example.co.uk", "ANN@EXAMPLE.COM", "a_b@sub.example.org", "x@y.io",
        "ann%20b@example.com",
        "ann@xn--bcher-kva.example", "jörg@example.de", "ann@bücher.example", "1@2.de", "a-b@c-d.info",
        "ann@example.museum",
        "mailto:ann@example.com", "<ann@example.com>", "ann@example.com.", "o'ann@example.com",
        "ann@example.com-",
      ],
      not: [
        "ann@example", "@example.com", "ann@", "ann@.com", "ann@example.c", "ann @example.com",
        "ann@ example.com",
        "ann@-example.com", "ann@example-.com", "ann@example.1a", "a@b", "@", "@ann", "import @testable.x()",
        "ann@@example", "ann.@example.com",
      ])
  }

  @Test func networkAddresses() throws {
    try Self.check(
      .ip,
      finds: [
        "192.168.1.1", "8.8.8.8", "255.255.255.255", "10.0.0.1", "203.0.113.7", "2001:db8::1", "fe80::1",
        "::1",
        "2001:0db8:85a3:0000:0000:8a2e:0370:7334", "2001:db8:1:2:3:4:5:6", "192.168.1.1:8080", "1::",
      ],
      not: [
        "256.1.1.1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.x", "12:30:45", "00:1a:2b:3c:4d:5e",
        "std::vector", "a::b", "::",
        "2001:db8::1::2", "12345::1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "http://x",
      ])
  }

  @Test func health() throws {
    try Self.check(
      .health,
      finds: [
        "diabetes", "Diabetes", "DIABETES", "type-2 diabetes", "multiple sclerosis", "HIV",
        "Lungenentzündung",
      ],
      not: ["diabetesx", "hive", "scanner", "chives", "multiple", "blood", "tumorous"])
  }

  @Test func textsAreSeparate() throws {
    let detectors = try DataDetectors([.email, .card], [])
    var findings = Findings()
    for part in ["ann@", "example.com", "4111 1111", "1111 1111"] {
      Array(part.utf8).withUnsafeBufferPointer { detectors.scan($0, into: &findings) }
    }
    #expect(findings.detectors.isEmpty)
  }

  @Test func onlyWhatIsWantedIsFound() throws {
    let text = "ann@example.com 4111111111111111 123-45-6789 diabetes 192.168.1.1"
    #expect(try Self.found(text, [.email]) == [.email])
    #expect(try Self.found(text, [.card, .health]) == [.card, .health])
    #expect(
      try Self.found(text, [.email, .card, .nationalID, .health, .ip, .iban])
        == [.email, .card, .nationalID, .health, .ip])
  }

  /// Pictures aren't looked into, whatever their letters happen to spell; what has a blank is a text.
  @Test func picturesAreNotLookedInto() throws {
    let picture = String(repeating: "abcd/HIV/4111111111111111/", count: 20)
    #expect(try Self.found("data:image/png;base64," + picture, [.health, .card]).isEmpty)
    #expect(
      try Self.found("data:image/png;base64," + picture + " HIV", [.health, .card]) == [.health, .card])
    #expect(try Self.found("/HIV/", [.health]) == [.health])
  }

  /// However hostile the text: nothing beyond its ends is read, and it ends.
  @Test func anyBytesAreLookedAt() throws {
    let detectors = try DataDetectors([.email, .phone, .card, .iban, .nationalID, .ip, .health], [])
    var chance = Chance(seed: 3)
    let letters = Array("0123456789 -./:@+()aDE89x\u{e9}".utf8)
    var texts = (0..<3_000).map { _ in
      (0..<chance.below(60)).map { _ in letters[chance.below(letters.count)] }
    }
    texts += ["@", ":", "1 ", "12-", "a@", "a@a.", "1.", "DE8"].map {
      Array(String(repeating: $0, count: 20_000).utf8)
    }
    for text in texts {
      var findings = Findings(keepsPlaces: true)
      text.withUnsafeBufferPointer { detectors.scan($0, into: &findings) }
      for place in findings.places {
        #expect(place.range.lowerBound >= 0 && place.range.upperBound <= text.count && !place.range.isEmpty)
      }
    }
  }
}
