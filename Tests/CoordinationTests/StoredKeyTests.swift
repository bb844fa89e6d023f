import Policy
import Testing

@testable import Coordination

struct StoredKeyTests {
  private static func stored(_ key: String, text: String? = nil, members: [String: Int64]? = nil)
    -> StoredKey?
  {
    StoredKey(key, prefix: "sy", text: text, members: members, remaining: 5)
  }

  @Test func bucketsAreRead() {
    let key = Self.stored("sy:{t:acme}:rl:team:search:tokens:minute", text: "-120 99 200 60000")
    #expect(key?.tag == "t:acme")
    #expect(key?.subject == "team:search")
    #expect(key?.measure == "tokens")
    #expect(key?.window == "minute")
    #expect(
      key?.value == .bucket(Bucket(level: -120, at: 99), Bucket.Rule(tokens: 200, window: 60_000)))
  }

  @Test func loadsAreRead() {
    let fields = ["a": "7 1 gpus/x=3", "stranger": "?"]
    let key = StoredKey(
      "sy:{lb}:inflight", prefix: "sy", text: nil, members: nil, fields: fields, remaining: 5)
    let entry = LoadStore.Entry(at: 7, sequence: 1, loads: EndpointLoads(["gpus/x": 3]))
    #expect(key?.value == .loads(["a": entry]))
  }

  @Test func limitsOfADeploymentHaveNoSubject() {
    let key = Self.stored("sy:{d:gpt}:rl:requests:second", text: "1 2 3 1000")
    #expect(key?.subject == "")
    #expect(key?.measure == "requests")
  }

  @Test func budgetsAreReadWithTheirWindow() {
    let key = Self.stored("sy:{t:acme}:budget:user:a:b:dollars:day:2026-11-20T23:00Z", text: "7 50")
    #expect(key?.subject == "user:a:b")
    #expect(key?.value == .budget(spent: 7, capacity: 50, starts: "2026-11-20T23:00Z"))
  }

  @Test func experimentsAndSecretsAreRead() {
    func value(_ key: String, _ fields: [String: String]? = nil, length: Int64? = nil) -> StoredKey.Value? {
      StoredKey(
        key, prefix: "sy", text: nil, members: nil, fields: fields, length: length, remaining: 5)?.value
    }
    let sums = ["sessions": "30", "0.n": "10", "1.n": "20", "0.error.n": "10", "0.error.s": "1"]
    #expect(value("sy:{xp:a/b}:sums:e", sums) == .experiment("30 sessions: arm 0 10, arm 1 20"))
    #expect(value("sy:{xp:a/b}:told:e", ["r1": "7"]) == .experiment("1 replicas have told of sessions"))
    #expect(value("sy:{fb}:secret", length: 64) == .control("what tickets of feedback are sealed with"))
    #expect(value("sy:{xp:a/b}:sums:e") == .foreign(""))
    let learned = ["r1": "5 1 e 0 1", "r2": "5 1 adopted", "off": "1"]
    #expect(
      value("sy:{ml:chat}:sums", learned) == .choice("1 replicas have told what they learned, switched off"))
  }

  @Test func breakersAreRead() {
    let tag = "sy:{cb:http://a:1/v1/d}"
    let fields = [
      "state": "open", "why": "connect", "gen": "7", "since": "1", "until": "9", "span": "8", "opens": "2",
      "issued": "0", "succeeded": "0", "cool": "0", "cool_span": "0",
    ]
    func value(_ kind: String, _ fields: [String: String]) -> StoredKey.Value? {
      StoredKey("\(tag):\(kind)", prefix: "sy", text: nil, members: nil, fields: fields, remaining: 5)?.value
    }
    var state = BreakerState()
    (state.phase, state.reason, state.generation) = (.open, .connect, 7)
    (state.since, state.until, state.span, state.opens) = (1, 9, 8, 2)
    #expect(value("state", fields) == .breaker(state))
    #expect(value("window", ["100": "1 0", "@r": "1 2"]) == .breakerPart("1 tenths of its window"))
    #expect(value("probes", ["a": "1"]) == .breakerPart("1 probes under way"))
    #expect(value("state", ["state": "ajar"]) == .foreign(""))
  }

  @Test func keysAreReadAndTheirSecretIsNot() {
    let fields = ["version": "2", "revoked": "2026-11-21T20:18:42Z"]
    let key = StoredKey(
      "sy:{k:ci}:key", prefix: "sy", text: nil, members: nil, fields: fields, remaining: nil)
    #expect(
      key?.value == KeyInstant("2026-11-21T20:18:42Z").map { .key(.tombstone(revoked: $0, version: 2)) })
    let secret = StoredKey(
      "sy:{keys}:secret", prefix: "sy", text: nil, members: nil, length: 64, remaining: nil)
    #expect(secret?.value == .keyIndex("there"))
    #expect(Self.stored("sy:{keys}:epoch", text: "17 3")?.value == .keyIndex("last change 17"))
  }

  @Test func slotsReservationsAndReplicasAreRead() {
    #expect(Self.stored("sy:{t:a}:sem:key:ci", members: ["x": 3])?.value == .slots(["x": 3]))
    #expect(
      Self.stored("sy:{t:a}:res:x", text: "r1 5 6")?.value
        == .reservation(Reservation(owner: "r1", costs: [5, 6])))
    #expect(
      Self.stored("sy:{t:a}:lease:r1-7", text: "r1 3 500 20")?.value
        == .lease(LeaseRecord(owner: "r1", sequence: 3, charged: [500, 20])))
    #expect(Self.stored("sy:{replicas}:seen", members: ["r1": 3])?.value == .replicas(["r1": 3]))
  }

  @Test(arguments: [
    ("sy:{t:a}:rl:tokens:minute", "nonsense"), ("sy:{t:a}:rl:tokens:minute", "1 2 0 0"),
    ("sy:{t:a}:rl", "1 2 3 4"),
    ("sy:{t:a}:budget:x", "1 2"), ("sy:{t:a}:res:x", "r1 x"),
    ("sy:{t:a}:lease:x", "r1"), ("sy:{t:a}:what", "1"),
  ])
  func whatNoScriptWroteIsForeign(key: String, text: String) {
    #expect(Self.stored(key, text: text)?.value == .foreign(text))
  }

  @Test(arguments: ["other:{t:a}:rl:tokens:minute", "sy:{t:a", "sy:", "sy"])
  func otherKeysAreNotOurs(key: String) {
    #expect(Self.stored(key, text: "") == nil)
  }
}
