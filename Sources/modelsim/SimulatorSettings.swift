/// What a simulator is started with.
struct SimulatorSettings: Sendable {
  /// The models that exist; empty: every name is served.
  var models: [String] = []
  /// The keys that are accepted; empty: none is asked for.
  var keys: [String] = []
  var ttft = Distribution.zero
  var perToken = Distribution.zero
  /// What all of these times are multiplied with.
  var slowdown = 1.0
  /// Requests that are answered at a time; nil: all.
  var slots: Int?
  /// Words of an answer, where nothing says otherwise.
  var tokens = 16
  var seed: UInt64 = 1
  var prices = Prices()
  var keepsBodies = false
  /// Bytes of the largest request body that is read.
  var bodyLimit = 256 << 20
  var logCapacity = 10_000

  /// The model that is listed when every name is served.
  static let anyModel = "modelsim-1"

  var listedModels: [String] { models.isEmpty ? [Self.anyModel] : models }
}
