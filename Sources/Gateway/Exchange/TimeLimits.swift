import Settings

/// The times of a configuration in nanoseconds, converted once: dividing a `Duration` takes 128 bits.
struct TimeLimits: Sendable {
  /// For a whole exchange.
  let request: Int64
  /// For the first byte of a plain answer, and of a stream.
  let firstByte: (plain: Int64, stream: Int64)
  /// Between requests, and between two pieces of a stream.
  let idle: Int64
  /// For a request's head, and for its body.
  let head: Int64
  let body: Int64

  init(_ server: Settings.Server) {
    request = server.requestTimeout.nanoseconds
    firstByte = (server.firstByteTimeout.plain.nanoseconds, server.firstByteTimeout.stream.nanoseconds)
    idle = server.idleTimeout.nanoseconds
    head = server.headerTimeout.nanoseconds
    body = server.bodyTimeout.nanoseconds
  }
}

extension Duration {
  var nanoseconds: Int64 {
    components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
  }
}
