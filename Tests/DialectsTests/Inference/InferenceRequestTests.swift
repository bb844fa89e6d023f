import Dialects
import Testing

@Suite("Requests for inferences")
struct InferenceRequestTests {
  private let peek = Peek()

  private func facts(_ text: String, header: String? = nil) throws(PeekError) -> InferenceFacts {
    try peek.inference(PaddedBytes(text.utf8), header: header)
  }

  private func refusal(_ text: String, header: String? = nil) -> PeekError? {
    do {
      _ = try facts(text, header: header)
      return nil
    } catch { return error }
  }

  @Test func factsAreRead() throws {
    let text =
      #"{"id":"r-1","model_name":"iris","parameters":{"sequence_id":7,"x":[]},"inputs":[{"name":"a","shape":[2,0],"datatype":"FP32","data":[[],[]]},{"name":"b","shape":[],"datatype":"BYTES","data":["é"],"parameters":{"content_type":"str"}}],"outputs":[{"name":"y","parameters":{"binary_data":true}}],"mine":null}"#
    let read = try facts(text)
    #expect(read.id == "r-1")
    #expect(read.inputs == 2)
    #expect(read.namesModel)
    #expect(read.jsonLength == text.utf8.count)
    #expect(read.tensorBytes == 0)
    #expect(read.sequence != nil)
  }

  @Test func sequencesAreToldApart() throws {
    func sequence(_ id: String) throws -> UInt64? {
      try facts(#"{"parameters":{"sequence_id":\#(id)},\#(one)}"#).sequence
    }
    #expect(try sequence("7") == sequence("7"))
    #expect(try sequence("7") != sequence("8"))
    for none in ["0", "\"\"", "null"] { #expect(try sequence(none) == nil) }
  }

  @Test func tensorsFollowTheJSON() throws {
    let json =
      #"{"inputs":[{"name":"a","shape":[4],"datatype":"UINT8","parameters":{"binary_data_size":4}},{"name":"b","shape":[1],"datatype":"FP16","parameters":{"binary_data_size":2}}]}"#
    // What looks like the end of the JSON is a tensor's.
    let read = try facts(json + "\u{0}}]\"é", header: "\(json.utf8.count)")
    #expect(read.jsonLength == json.utf8.count)
    #expect(read.tensorBytes == 6)
    #expect(read.inputs == 2)
    let raw = try facts("{not json", header: "0")
    #expect(raw.inputs == 0)
    #expect(raw.tensorBytes == 9)
  }

  @Test(arguments: badHeaders)
  func headersThatMakeNoSenseAreRefused(header: String) {
    #expect(refusal("{\(one)}", header: header)?.param == "Inference-Header-Content-Length")
  }

  @Test(arguments: unreadable)
  func whatCantBeReadIsNamed(text: String, param: String?, code: String) throws {
    let error = try #require(refusal(text))
    #expect(error.param == param, "\(error)")
    #expect(error.code == code)
  }

  @Test func tensorsThatDontFitAreRefused() {
    let json =
      #"{"inputs":[{"name":"a","shape":[4],"datatype":"UINT8","parameters":{"binary_data_size":4}}]}"#
    for tensors in ["", "abc", "abcde"] {
      let error = refusal(json + tensors, header: "\(json.utf8.count)")
      #expect(error?.param == "inputs")
      #expect(error?.message.contains("to 4 bytes, but \(tensors.utf8.count) follow") == true)
    }
    let unpromised = "{\(one)}"
    #expect(refusal(unpromised + "abc", header: "\(unpromised.utf8.count)")?.param == "inputs")
  }

  @Test func everyCutOfABodyIsRefused() {
    let text = "{\(one)}"
    for length in 0..<text.utf8.count {
      #expect(refusal(String(decoding: Array(text.utf8)[..<length], as: UTF8.self)) != nil, "\(length)")
    }
  }

  // MARK: Names

  private func renamed(_ text: String, _ place: InferenceName = .model, header: String? = nil) -> String? {
    let renamed = peek.renaming(place, to: "b\"c", in: PaddedBytes(text.utf8), header: header)
    return renamed.map { $0.body.text + ($0.header.map { " \($0)" } ?? "") }
  }

  @Test func namesAreReplacedAndNothingElse() {
    #expect(
      renamed(#"{ "x":[{"model_name":1}],"model_name" : "a" , "y":1.0}"#)
        == #"{ "x":[{"model_name":1}],"model_name" : "b\"c" , "y":1.0}"#)
    #expect(renamed(#"{"name":"a"}"#, .metadata) == #"{"name":"b\"c"}"#)
    for text in [#"{"name":"a"}"#, #"{"model_name":7}"#, "[]", "{", #"{"x":{"model_name":"a"}}"#] {
      #expect(renamed(text) == nil)
    }
  }

  @Test func headersCountWhatIsThereNow() {
    let json = #"{"model_name":"a"}"#
    #expect(
      renamed(json + "\u{1}}", header: "\(json.utf8.count)") == #"{"model_name":"b\"c"}"# + "\u{1}} 21")
    #expect(renamed(json, header: "x") == nil)
  }
}

/// A member that makes a request.
private let one = #""inputs":[{"name":"a","shape":[1],"datatype":"FP32","data":[1.5]}]"#

private let badHeaders = ["", "-1", "+1", "1.5", " 4", "1000", "99999999999999999999", "0x4"]

/// Bodies, the field at fault, and the error's code.
private let unreadable: [(String, String?, String)] = [
  ("", nil, "invalid_json"), ("[]", nil, "invalid_json"), ("{", nil, "invalid_json"),
  (#"{"inputs":[{"data":[NaN]}]}"#, nil, "invalid_json"),
  ("{}", "inputs", "missing_required_parameter"), (#"{"inputs":[]}"#, "inputs", "missing_required_parameter"),
  (#"{"inputs":{}}"#, "inputs", "invalid_type"), (#"{"inputs":[7]}"#, "inputs[0]", "invalid_type"),
  (#"{"id":7,\#(one)}"#, "id", "invalid_type"), (#"{"model_name":7,\#(one)}"#, "model_name", "invalid_type"),
  (#"{\#(one),\#(one)}"#, "inputs", "duplicate_key"),
  (#"{"model_name":"a","model_n\u0061me":"b",\#(one)}"#, "model_name", "duplicate_key"),
  (#"{"parameters":[],\#(one)}"#, "parameters", "invalid_type"),
  (#"{"parameters":{"sequence_id":true},\#(one)}"#, "parameters.sequence_id", "invalid_type"),
  (
    #"{"inputs":[{"shape":[1],"datatype":"FP32","data":[]}]}"#, "inputs[0].name",
    "missing_required_parameter"
  ),
  (
    #"{"inputs":[{"name":"","shape":[1],"datatype":"FP32","data":[]}]}"#, "inputs[0].name",
    "missing_required_parameter"
  ),
  (
    #"{"inputs":[{"name":"a","datatype":"FP32","data":[]}]}"#, "inputs[0].shape",
    "missing_required_parameter"
  ),
  (
    #"{"inputs":[{"name":"a","shape":[-1],"datatype":"FP32","data":[]}]}"#, "inputs[0].shape", "invalid_value"
  ),
  (
    #"{"inputs":[{"name":"a","shape":[1.5],"datatype":"FP32","data":[]}]}"#, "inputs[0].shape", "invalid_type"
  ),
  (
    #"{"inputs":[{"name":"a","shape":[1],"data":[]}]}"#, "inputs[0].datatype", "missing_required_parameter"
  ),
  (
    #"{"inputs":[{"name":"a","shape":[1],"datatype":"float","data":[]}]}"#, "inputs[0].datatype",
    "invalid_value"
  ),
  (
    #"{"inputs":[{"name":"a","shape":[1],"datatype":"FP32"}]}"#, "inputs[0].data",
    "missing_required_parameter"
  ),
  (#"{"inputs":[{"name":"a","shape":[1],"datatype":"FP32","data":7}]}"#, "inputs[0].data", "invalid_type"),
  (
    #"{"inputs":[{"name":"a","shape":[1],"datatype":"FP32","data":[],"parameters":{"binary_data_size":0}}]}"#,
    "inputs[0].data", "invalid_value"
  ),
  (
    #"{"inputs":[{"name":"a","shape":[1],"datatype":"FP32","parameters":{"binary_data_size":-4}}]}"#,
    "inputs[0].parameters.binary_data_size", "invalid_value"
  ),
  (
    #"{"inputs":[{"name":"a","shape":[1],"datatype":"FP32","parameters":{"shared_memory_region":"r"}}]}"#,
    "inputs[0].parameters.shared_memory_region", "not_supported"
  ),
  (
    #"{"outputs":[{"name":"y","parameters":{"shared_memory_region":"r"}}],\#(one)}"#,
    "outputs[0].parameters.shared_memory_region", "not_supported"
  ),
  (#"{"outputs":[{}],\#(one)}"#, "outputs[0].name", "missing_required_parameter"),
  (#"{"outputs":{},\#(one)}"#, "outputs", "invalid_type"),
]
