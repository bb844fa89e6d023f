import NIOCore

/// Findings at one primary.
struct CheckedRedis: Equatable, Sendable {
  /// Host and port, or path.
  var server: String
  var findings: [RedisFinding]
}

extension RedisClient {
  /// Asks every primary that can be reached how it is set up. `completion` is called once, on the loop, with those that answered.
  func check(
    _ check: RedisSettingsCheck, by deadline: NIODeadline, _ completion: @escaping ([CheckedRedis]) -> Void
  ) {
    let links = primaries
    var checked: [CheckedRedis] = []
    var left = links.count
    if left == 0 { return completion([]) }
    for link in links {
      link.settings(by: deadline) { settings in
        let server = link.server?.description ?? ""
        if let settings { checked.append(CheckedRedis(server: server, findings: check.findings(settings))) }
        left -= 1
        if left == 0 { completion(checked.sorted { $0.server < $1.server }) }
      }
    }
  }
}

extension RedisLink {
  /// Nil where the connection ended or was too slow.
  fileprivate func settings(by deadline: NIODeadline, _ completion: @escaping (RedisSettings?) -> Void) {
    let sections = RedisSettings.sections.map { ["INFO", $0] }
    let commands = sections + RedisSettings.names.map { ["CONFIG", "GET", $0] }
    var replies: [Reply] = []
    var answers = 0
    for command in commands {
      var bytes = ByteBuffer()
      bytes.writeCommand(command)
      send(bytes, by: deadline) { result in
        if case .success(let reply) = result { replies.append(reply) }
        answers += 1
        guard answers == commands.count else { return }
        let isWhole = replies.count == commands.count
        completion(
          isWhole
            ? RedisSettings(
              info: Array(replies.prefix(sections.count)),
              configuration: Array(replies.dropFirst(sections.count))) : nil)
      }
    }
    flush()
  }
}
