import Testing

@testable import Coordination

struct RedisAddressTests {
  private static func tcp(_ host: String, _ port: Int) -> RedisServer.Address { .tcp(host: host, port: port) }

  @Test(
    arguments: [
      ("redis://redis", .standalone(tcp("redis", 6_379)), 0),
      ("REDIS://10.0.0.1:7000/3", .standalone(tcp("10.0.0.1", 7_000)), 3),
      ("rediss://[::1]:7000/", .standalone(tcp("::1", 7_000)), 0),
      ("redis://[fe80::1%eth0]", .standalone(tcp("fe80::1%eth0", 6_379)), 0),
      ("redis+unix:///run/redis.sock", .standalone(.unix(path: "/run/redis.sock")), 0),
      ("unix:///run/@redis", .standalone(.unix(path: "/run/@redis")), 0),
      ("unix:///run/my%20redis?db=2", .standalone(.unix(path: "/run/my redis")), 2),
      (
        "redis-sentinel://a,b:1,[::1]/mymaster/4",
        .sentinel([tcp("a", 26_379), tcp("b", 1), tcp("::1", 26_379)], name: "mymaster"), 4
      ),
      ("rediss-sentinel://a/my%2Fname", .sentinel([tcp("a", 26_379)], name: "my/name"), 0),
      ("redis-cluster://a:1,b:2/0", .cluster([tcp("a", 1), tcp("b", 2)]), 0),
      ("rediss-cluster://a", .cluster([tcp("a", 6_379)]), 0),
    ] as [(String, RedisAddress.Topology, Int)])
  func urlsAreRead(url: String, topology: RedisAddress.Topology, database: Int) throws {
    let address = try RedisAddress(url)
    #expect(address.topology == topology)
    #expect(address.database == database)
    #expect(address.user == nil && address.password == nil)
    #expect((address.tls != nil) == url.hasPrefix("rediss"))
  }

  @Test(
    arguments: [
      ("redis://:p%40ss@h", nil, "p@ss"), ("redis://router:p:a:s@h", "router", "p:a:s"),
      ("redis://router:a/b@h/2", "router", "a/b"), ("redis-cluster://u:p@a,b", "u", "p"),
      ("redis+unix://u:p@/run/redis", "u", "p"), ("redis://@h", nil, nil),
    ] as [(String, String?, String?)])
  func userAndPasswordAreRead(url: String, user: String?, password: String?) throws {
    let address = try RedisAddress(url)
    #expect(address.user == user)
    #expect(address.password == password)
  }

  @Test func aPasswordMayStandBesideTheURL() throws {
    let address = try RedisAddress("rediss://router@redis", password: "secret", caFile: "/ca.pem")
    #expect(address.password == "secret")
    #expect(address.tls == RedisTLS(caFile: "/ca.pem"))
    #expect(
      address.server(at: .tcp(host: "a", port: 1)).greeting.first == ["AUTH", "router", "secret"])
  }

  @Test(
    arguments: [
      ("", "begins with"), ("http://a", "begins with"), ("redis:/a", "begins with"),
      ("redis://", "host"), ("redis://a,", "host"), ("redis://a:0", "host"), ("redis://a:65536", "host"),
      ("redis://a:x", "host"), ("redis://a:", "host"), ("redis://::1", "host"), ("redis://[::1", "host"),
      ("redis://[::1]x", "host"), ("redis://a$b", "host"), ("redis://a,b", "several"),
      ("redis://a/x", "number"), ("redis://a/-1", "number"), ("redis://a/99999999999999999999", "number"),
      ("redis://a?db=1", "number"), ("redis://a b", "space"), ("redis://a#b", "#"),
      ("redis-sentinel://a,b", "name"), ("redis-sentinel://a/", "name"), ("redis-sentinel://a/n/x", "number"),
      ("redis-cluster://a/1", "path"), ("unix://host/path", "slashes"), ("unix:///", "path"),
      ("unix:///\(String(repeating: "x", count: 107))", "path"), ("unix:///a?dn=1", "option"),
      ("redis://u:%zz@h", "%"), ("redis://u:%f@h", "%"), ("redis://u:%00@h", "text"),
      ("redis://u:%ff@h", "text"), ("redis://u@h", "password"),
    ])
  func aBadURLIsRefusedWithWhatToDo(url: String, word: String) {
    do {
      let address = try RedisAddress(url)
      Issue.record("\(url) was read as \(address)")
    } catch {
      #expect(error.description.contains(word))
      #expect(error.description.hasSuffix(".") && error.description.contains(": "))
    }
  }

  @Test func secretsAreNeverShown() throws {
    for url in ["redis://u:secret@h:1/2", "redis+unix://u:secret@/run/r?db=1", "rediss-cluster://u:secret@h"]
    {
      let address = try RedisAddress(url)
      let server = address.server(at: .unix(path: "/"))
      let texts = ["\(address)", String(reflecting: address), "\(server)", String(reflecting: server)]
      #expect(!texts.contains { $0.contains("secret") })
    }
    let address = try RedisAddress("rediss-sentinel://u:secret@a,[::1]:2/n/1")
    #expect("\(address)" == "rediss-sentinel://a:26379,[::1]:2/n/1")
    for url in ["redis://u:secret@h", "redis://u:secret@h:x", "redis://u:secret@h/x", "redis://u:secret%@h"] {
      do { _ = try RedisAddress(url, password: "other") } catch { #expect(!"\(error)".contains("secret")) }
    }
  }

  @Test func whatContradictsIsRefused() {
    #expect(throws: RedisAddress.Invalid.self) { try RedisAddress("redis://:a@h", password: "b") }
    #expect(throws: RedisAddress.Invalid.self) { try RedisAddress("redis://h", caFile: "/ca.pem") }
  }
}
