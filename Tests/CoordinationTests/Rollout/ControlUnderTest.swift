import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Policy
import TestSupport
import Testing

@testable import Coordination

/// The registry and rollouts on a loop, entered from tests, and what is told of the state.
struct ControlUnderTest: Sendable {
  private let loop: any EventLoop
  private let register: NIOLoopBound<any ControlRegister>
  private let foreign: NIOLockedValueBox<[String]>

  init(_ store: EmbeddedStore) async throws {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    (self.loop, foreign) = (loop, NIOLockedValueBox([]))
    register = try await loop.submit { NIOLoopBound(EmbeddedState(store), eventLoop: loop) }.get()
  }

  init(_ url: String, name: String = "r1") async throws {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let (address, foreign) = (try RedisAddress(url), NIOLockedValueBox<[String]>([]))
    (self.loop, self.foreign) = (loop, foreign)
    let register = try await loop.submit {
      let replica = ReplicaState(name: name, leastReplicas: 1)
      let state = RedisState(address, on: loop, replica, prefix: "sy", timeout: .seconds(5)) { news in
        if case .foreignValue(let text) = news { foreign.withLockedValue { $0.append(text) } }
      }
      state.start()
      return NIOLoopBound(state as any ControlRegister, eventLoop: loop)
    }.get()
    self.register = register
    #expect(try await eventually { try await loop.submit { register.value.isAvailable }.get() })
  }

  /// Errors of values that no script wrote.
  var foreignValues: [String] { foreign.withLockedValue { $0 } }

  func ask<Value: Sendable>(
    _ call: @escaping @Sendable (any ControlRegister, @escaping StateCompletion<Value>) -> Void
  ) async throws -> Value {
    try await loop.flatSubmit {
      let promise = loop.makePromise(of: Value.self)
      call(register.value) { promise.completeWith($0.mapError { $0 as any Error }) }
      register.value.flush()
      return promise.futureResult
    }.get()
  }

  func close() async throws {
    try await loop.submit { (register.value as? RedisState)?.close() }.get()
  }
}
