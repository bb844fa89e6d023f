extension Form where Value == Settings.State {
  static var state: Form {
    .record(
      Settings.State(),
      [
        Field("redis", \.redis, .redisURL, "The Redis that replicas share; absent, each is alone."),
        Field("password_file", \.password, .secretFile, "File that holds its password."),
        Field("ca_file", \.caFile, .file, "Authorities that its certificate must be from, PEM."),
        Field("key_prefix", \.keyPrefix, .keyPrefix, "What all keys begin with."),
        Field("timeout", \.timeout, .duration(.milliseconds(1)...Duration.seconds(10)), "For one call."),
        Field(
          "min_replicas", \.minReplicas, .int(1...10_000),
          "Least replicas that a limit's share is computed for."),
        Field(
          "atomic", \.atomic, .flag, "All limits in one script; for a standalone Redis.",
          .only("false", "all limits in one script are")),
        Field(
          "dir", \.dir, .fileName, "Folder for what must survive a restart.",
          .unbuilt("folders for what survives a restart are")),
      ],
      finish: Checks.state)
  }
}

extension Form where Value == String {
  /// Short, and without the braces that choose a cluster's slot.
  fileprivate static var keyPrefix: Form {
    .scalar(
      "a prefix of keys", schema: .pattern("[a-z0-9_-]{1,16}", "sy"),
      parse: { text throws(Refusal) in
        let isGood = text.utf8.allSatisfy { byte in
          UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || Ascii.isDigit(byte) || "_-".utf8.contains(byte)
        }
        guard isGood, (1...16).contains(text.utf8.count) else {
          throw Refusal("cannot begin keys: write 1 to 16 of a-z, 0-9, _ and -, such as sy")
        }
        return text
      }, write: { $0 })
  }
}
