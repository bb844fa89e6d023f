import Testing

@testable import modelsim

@Suite struct SlotsTests {
  @Test func asManyAsThereAreSlotsRunAndTheOthersWaitInOrder() async throws {
    var settings = SimulatorSettings()
    settings.slots = 2
    try await withServer(settings) { server in
      let clients = try (0..<4).map { _ in try RawClient(port: server.port) }
      for (place, client) in clients.enumerated() {
        client.send(chat("[[sim:ttft=\(place == 0 ? 150 : 400)ms]] \(place)"))
        #expect(try server.eventually("/sim/stats") { $0["active_requests"]?.integer == place + 1 })
      }
      let metrics = try server.ask(httpRequest("GET", "/metrics")).body
      #expect(metrics.contains("vllm:num_requests_running{model_name=\"modelsim\"} 2\n"))
      #expect(metrics.contains("vllm:num_requests_waiting{model_name=\"modelsim\"} 2\n"))
      #expect(metrics.contains("vllm:kv_cache_usage_perc{model_name=\"modelsim\"} 1.0\n"))
      for client in clients { #expect(client.answer()?.head.contains(" 200 ") == true) }
      let ended = server.simulator.log(since: 0).map { $0.elapsed / 100_000_000 }
      #expect(ended[0] < ended[2], "\(ended)")
      #expect(ended[1] < ended[3], "\(ended)")
    }
  }

  @Test func whoWaitsNoLongerGivesUpItsPlace() {
    let slots = Slots(1)
    let turns = Turns()
    #expect(slots.enter(1) { turns.take(1) })
    #expect(!slots.enter(2) { turns.take(2) })
    #expect(!slots.enter(3) { turns.take(3) })
    slots.leave(2)
    slots.leave(1)
    #expect(turns.taken == [3])
    slots.leave(3)
    #expect(slots.enter(4) { turns.take(4) })
    slots.leave(9)
    #expect(!slots.enter(5) { turns.take(5) })
  }

  private final class Turns: @unchecked Sendable {  // one thread
    private(set) var taken: [Int] = []
    func take(_ number: Int) { taken.append(number) }
  }
}
