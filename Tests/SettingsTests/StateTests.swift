import Settings
import Testing

/// Shared state: which Redis, and what is never said of it.
struct StateTests {
  @Test func theReferenceNamesARedisWithTLS() throws {
    let state = try Fixture("reference.yaml").load().state
    let redis = try #require(state.redis)
    #expect(redis.revealed == "rediss://router@redis:6379/0")
    #expect((redis.topology, redis.isTLS) == (.standalone, true))
    #expect((redis.hasUser, redis.hasPassword) == (true, false))
    #expect(state.password?.revealed == "secret-of-redis")
    #expect(state.caFile == "/etc/sy/redis-ca.crt")
    #expect((state.keyPrefix, state.timeout, state.minReplicas) == ("sy", .milliseconds(25), 3))
    #expect((state.atomic, state.dir) == (false, "/var/lib/switchyard"))
  }

  @Test func withoutRedisEachReplicaIsAlone() throws {
    let state = try Fixture.load(LoadTests.minimal()).state
    #expect(state == Settings().state)
    #expect((state.keyPrefix, state.timeout, state.minReplicas) == ("sy", .milliseconds(25), 1))
  }

  @Test(
    arguments: [
      ("redis://h", .standalone, false), ("redis://h/", .standalone, false),
      ("redis://[::1]:6379/15", .standalone, false), ("rediss://h:6380", .standalone, true),
      ("redis://:p%40ss@h", .standalone, false), ("unix:///run/redis.sock", .standalone, false),
      ("redis+unix://u:p@/run/redis.sock", .standalone, false),
      ("redis-sentinel://h1:26379,h2,[::1]/primary", .sentinel, false),
      ("rediss-sentinel://u:p@h1/primary", .sentinel, true), ("redis-cluster://h1,h2:7000", .cluster, false),
      ("rediss-cluster://u:p@h1,h2/0", .cluster, true),
    ] as [(String, RedisURL.Topology, Bool)])
  func everyKindOfURLIsRead(url: String, topology: RedisURL.Topology, isTLS: Bool) throws {
    let redis = try #require(try Fixture.load(Self.state("redis: \"\(url)\"")).state.redis)
    #expect(redis.revealed == url)
    #expect((redis.topology, redis.isTLS) == (topology, isTLS))
  }

  @Test(arguments: [
    ("redis://u:secret-p@h/1", "redis://u:***@h/1"), ("${REDIS_URL}", "${REDIS_URL}"),
    ("redis://u:${SET}@h", "redis://u:${SET}@h"), ("redis://u:secret-p@h:${PORT}", "redis://u:***@h:${PORT}"),
    ("redis://u:secret%3Ap@h", "redis://u:***@h"), ("redis://h/1", "redis://h/1"),
  ])
  func passwordsInURLsAreNeverShown(url: String, printed: String) throws {
    let settings = try Fixture.load(Self.state("redis: \"\(url)\""))
    var dumped = ""
    dump(settings, to: &dumped)
    for shown in [settings.printed(), "\(settings)", String(reflecting: settings), dumped] {
      #expect(!shown.contains("secret"), "\(shown)")
    }
    #expect(settings.printed().contains("redis: \"\(printed)\""), "\(settings.printed())")
  }

  @Test func theFileOfThePasswordIsPrintedAndReadAgain() throws {
    let settings = try Fixture.load(Self.state("redis: \"redis://h\", password_file: /run/secrets/redis"))
    #expect(settings.printed().contains("password_file: \"/run/secrets/redis\""))
    #expect(try Fixture.load(settings.printed()) == settings)
  }

  @Test func foldersAndOneScriptAreNotBuilt() throws {
    let state = "redis: \"redis://h\", atomic: true, dir: /var/lib/sy"
    let settings = try Fixture.load(Self.state(state))
    #expect(settings.unbuilt.map(\.path) == ["state.atomic", "state.dir"])
    #expect(settings.state.atomic)
    #expect(try Fixture.load(Self.state("redis: \"redis://h\", atomic: false")).unbuilt.isEmpty)
  }

  private static func state(_ state: String) -> String { LoadTests.minimal() + "state: { \(state) }\n" }
}
