import Policy
import Testing

@testable import Coordination

struct KeySecretTests {
  /// RFC 4231 has no key of 32 bytes; this was reckoned with openssl.
  @Test func theCodeIsTheFirstBytesOfHMAC() throws {
    let secret = try #require(KeySecret((0..<32).map { UInt8($0) }))
    let code = Array("0123456789".utf8).withUnsafeBytes { secret.code($0) }
    #expect(code == 0xCD28_6AD0)
  }

  @Test func aSecretIsReadAsItIsWritten() throws {
    let text = (0..<32).map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }.joined()
    #expect(try #require(KeySecret(text: text)).text == text)
  }

  @Test(arguments: ["", "00", String(repeating: "0", count: 63), String(repeating: "G", count: 64)])
  func whatIsNoSecretIsRefused(_ text: String) { #expect(KeySecret(text: text) == nil) }

  @Test func aSecretIsNeverPrinted() throws {
    let secret = try #require(KeySecret(Array(repeating: 0xAB, count: 32)))
    var dumped = ""
    dump(secret, to: &dumped)
    for text in ["\(secret)", String(reflecting: secret), dumped] {
      #expect(!text.contains("abab") && !text.contains("171"))
    }
  }

  @Test func aDigestIsOfTheWholeKey() {
    let digest = Array("abc".utf8).withUnsafeBytes { KeyDigest(of: $0) }
    #expect(digest.text == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }
}
