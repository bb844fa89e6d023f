import Testing

@testable import modelsim

private func tensor(_ shape: String, _ type: String, _ data: String) -> String {
  #"{"inputs":[{"name":"x","shape":\#(shape),"datatype":"\#(type)","data":\#(data)}]}"#
}

/// A body and words of the refusal.
private let wrongs: [(body: String, words: String)] = [
  ("{}", "inputs: is missing"),
  (#"{"inputs":[]}"#, "must not be empty"),
  (tensor("[2,2]", "FP32", "[1,2,3]"), "do not fill the shape"),
  (tensor("[1]", "FP99", "[1]"), "unknown type 'FP99'"),
  (tensor("[1]", "INT32", "[1.5]"), "must be of type INT32"),
  (tensor("[1]", "FP32", #"["a"]"#), "must be of type FP32"),
  (tensor("[-1]", "FP32", "[1]"), "must be at least 0"),
  (#"{"inputs":[],"input":[]}"#, "input: is unknown"),
]

@Suite struct InferenceTests {
  private let path = "/v2/models/m/infer"

  @Test(arguments: wrongs)
  func whatMakesNoSenseIsRefused(body: String, words: String) async throws {
    try await withServer { server in
      let (status, answer) = try server.exchange(post(path, body))
      #expect(status == 400)
      #expect(answer["error"]?.text?.contains(words) == true, "\(answer)")
    }
  }

  @Test func rowsAreSummed() async throws {
    try await withServer { server in
      func data(_ body: String, path: String = "/v2/models/m/infer") throws -> JSONValue? {
        try server.exchange(post(path, body)).body["outputs"]?.elements?.first?["data"]
      }
      let expected = try JSONValue(parsing: "[3.5,7.0]")
      #expect(try data(tensor("[2,2]", "FP32", "[1,2.5,3,4]")) == expected)
      #expect(try data(tensor("[2,2]", "FP32", "[[1,2.5],[3,4]]")) == expected)
      #expect(
        try data(tensor("[2,2]", "FP64", "[1,2.5,3,4]"), path: "/v2/models/m/versions/1/infer") == expected)
      let texts = try JSONValue(parsing: "[2.0]")
      #expect(try data(tensor("[1]", "BYTES", #"["ab"]"#)) == texts)
      let named = #"{"id":"i1","inputs":[{"name":"x","shape":[1],"datatype":"BOOL","data":[true]}]}"#
      let answer = try server.exchange(post(path, named)).body
      #expect(answer["id"] == "i1" && answer["model_name"] == "m")
      #expect(answer["outputs"]?.elements?.first?["shape"] == .array([.int(1), .int(1)]))
    }
  }

  @Test func modelsTellOfThemselves() async throws {
    var settings = SimulatorSettings()
    settings.models = ["m"]
    settings.keys = ["sk-right-key"]
    try await withServer(settings) { server throws in
      func get(_ path: String) throws -> (status: Int, body: JSONValue) {
        try server.exchange(httpRequest("GET", path, headers: "Authorization: Bearer sk-right-key\r\n"))
      }
      #expect(try get("/v2/models/m").body["inputs"]?.elements?.first?["datatype"] == "FP32")
      #expect(try get("/v2/models/m/ready").body["ready"] == .bool(true))
      #expect(try get("/v2/models/n/ready").status == 404)
      #expect(try get("/v2").body["name"] == "modelsim")
      #expect(try server.exchange(httpRequest("GET", "/v2/health/ready")).status == 200)
      #expect(try server.exchange(httpRequest("GET", "/v2/models/m")).status == 401)
    }
  }

  @Test func directivesAndFaultsHold() async throws {
    try await withServer { server in
      let note = #"{"parameters":{"note":"[[sim:status=503]]"},"#
      let body: String = note + tensor("[1]", "FP32", "[1]").dropFirst()
      let (status, answer) = try server.exchange(post(path, body))
      #expect(status == 503 && answer["error"]?.text != nil)
    }
  }
}
