import Testing

@testable import Dialects

@Suite("Numbers as ECMAScript writes them")
struct DecimalTests {
  /// RFC 8785, appendix B.
  @Test(
    arguments: [
      (0x0000_0000_0000_0000, "0"), (0x8000_0000_0000_0000, "0"), (0x0000_0000_0000_0001, "5e-324"),
      (0x8000_0000_0000_0001, "-5e-324"), (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
      (0xffef_ffff_ffff_ffff, "-1.7976931348623157e+308"), (0x4340_0000_0000_0000, "9007199254740992"),
      (0xc340_0000_0000_0000, "-9007199254740992"), (0x4430_0000_0000_0000, "295147905179352830000"),
      (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"), (0x44b5_2d02_c7e1_4af6, "1e+23"),
      (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"), (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
      (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"), (0x444b_1ae4_d6e2_ef50, "1e+21"),
      (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"), (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
      (0x41b3_de43_5555_5553, "333333333.3333332"), (0x41b3_de43_5555_5554, "333333333.33333325"),
      (0x41b3_de43_5555_5555, "333333333.3333333"), (0x41b3_de43_5555_5556, "333333333.3333334"),
      (0x41b3_de43_5555_5557, "333333333.33333343"), (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
      (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
    ] as [(UInt64, String)])
  func theExamplesOfTheStandard(_ bits: UInt64, _ expected: String) {
    #expect(Decimal(Double(bitPattern: bits)).text == expected)
  }

  @Test func everyFormReadsBackAsTheSameNumber() {
    var random = SeededGenerator(seed: 1)
    for _ in 0..<20_000 {
      let value = Double(bitPattern: random.next())
      if value.isFinite { #expect(Double(Decimal(value).text) == value) }
    }
  }

  @Test(arguments: [
    ("100", "1e2"), ("0.10", "1e-1"), ("-1200e-2", "-12"), ("1000000e-6", "1"), ("00.0", "0"),
  ])
  func spellingsOfANumberAreEqual(_ one: String, _ other: String) {
    #expect(Decimal(one.utf8) == Decimal(other.utf8))
  }

  @Test func moreDigitsThanADoubleNeedsAreNone() {
    #expect(Decimal("1.2345678901234567".utf8) != nil)
    #expect(Decimal("1.23456789012345678".utf8) == nil)
    #expect(Decimal("1.23456789012345670000".utf8) != nil)
  }
}
