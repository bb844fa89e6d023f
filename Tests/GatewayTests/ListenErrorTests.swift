import Glibc
import NIOCore
import Testing

@testable import Gateway

struct ListenErrorTests {
  @Test func aPortInUseIsNamed() async {
    let error = await #expect(throws: ListenError.self) {
      try await ListenError.naming("admin", "127.0.0.1", 8081) {
        throw IOError(errnoCode: EADDRINUSE, reason: "bind")
      }
    }
    #expect(error?.description.hasPrefix("admin.port 8081 on 127.0.0.1: Address already in use. ") == true)
  }
}
