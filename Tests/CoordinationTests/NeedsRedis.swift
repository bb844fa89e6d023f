import Foundation
import TestSupport
import Testing

extension Trait where Self == ConditionTrait {
  /// Skips where `redis-server` is missing; not in CI, where that is a failure.
  static var needsRedis: Self {
    .enabled(if: RedisUnderTest.isInstalled || isCI, "redis-server is missing")
  }

  /// The same for the `openssl` command.
  static var needsOpenSSL: Self {
    .enabled(if: Certificates.canBeMade || isCI, "the openssl command is missing")
  }
}

/// Where a missing tool is a failure, not a reason to skip.
private let isCI = ProcessInfo.processInfo.environment["CI"] == "true"
