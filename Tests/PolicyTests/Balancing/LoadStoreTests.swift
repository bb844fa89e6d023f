import Policy
import Testing

struct LoadStoreTests {
  @Test func loadsAreReadAsTheyAreWritten() {
    let loads = EndpointLoads(["gpus/10.0.0.5:8000": 3, "a=b": 1, "idle": 0])
    #expect(loads.text == "a=b=1;gpus/10.0.0.5:8000=3")
    #expect(EndpointLoads(loads.text) == loads)
    #expect(loads["idle"] == 0 && loads["a=b"] == 1)
  }

  @Test(arguments: ["", ";", "=1", "a=", "a=x", "a=-1", "a=0", "a=99999999999999999999"])
  func whatIsNoLoadIsPassedOver(text: String) {
    #expect(EndpointLoads(text + ";b=2") == EndpointLoads(["b": 2]))
  }

  @Test func whatOvertookIsNotTakenBack() {
    var store = LoadStore()
    let told = [(2, 10), (1, 20), (2, 20)].map { sequence, now in
      store.tell(EndpointLoads(["a": sequence]), of: "r1", sequence: Int64(sequence), now: now)
    }
    #expect(told == [true, false, false])
    #expect(store.entries["r1"] == LoadStore.Entry(at: 10, sequence: 2, loads: EndpointLoads(["a": 2])))
  }

  @Test func theSilentDoNotCountAndAreRemoved() {
    var store = LoadStore()
    _ = store.tell(EndpointLoads(["a": 2]), of: "r1", sequence: 1, now: 100_000)
    #expect(store.entries["r1"]?.isCurrent(at: 101_199) == true)
    #expect(store.entries["r1"]?.isCurrent(at: 101_200) == false)
    #expect(store.entries["r1"]?.isCurrent(at: 95_000) == true)
    #expect(store.entries["r1"]?.isCurrent(at: 94_999) == false)
    store.sweep(now: 109_999)
    #expect(store.entries.count == 1)
    store.sweep(now: 110_000)
    #expect(store.entries.isEmpty)
  }

  @Test(arguments: ["", "1", "1 2", "x 2 a=1", "-1 2 a=1", "1  a=1"])
  func whatIsNoEntryIsNone(text: String) { #expect(LoadStore.Entry(text) == nil) }
}
