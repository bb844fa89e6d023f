import NIOCore

/// Reads an `Ask` from the body of an Open Inference request, and answers it: the output is the sum of each row of the
/// first input; of texts, the number of their bytes.
///
/// After https://github.com/kserve/open-inference-protocol. Tensors are JSON: the binary extension is not spoken.
enum InferReader {
  private static let types: Set<String> = [
    "BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP16", "FP32", "FP64",
    "BYTES",
  ]

  static func read(_ body: ByteBuffer) throws(Refusal) -> Ask {
    let root = try Field.root(of: body, in: .inference)
    try root.checkObject(of: ["id", "parameters", "inputs", "outputs"])
    let inputs = try root.required("inputs").list()
    var rows: [Double] = []
    for (index, input) in inputs.enumerated() {
      let sums = try sums(of: input)
      if index == 0 { rows = sums }
    }
    guard !inputs.isEmpty else { throw Refusal(message: "inputs: must not be empty") }
    try checkOutputs(root)
    let output: JSONValue = [
      "name": "output", "shape": .array([.int(rows.count), .int(1)]), "datatype": "FP64",
      "data": .array(rows.map { .number("\($0)") }),
    ]
    var members: [JSONValue.Member] = []
    if let id = root["id"] { members.append(.init(key: "id", value: .string(try id.string()))) }
    members.append(.init(key: "outputs", value: .array([output])))
    var ask = Ask()
    ask.outputs = .object(members)
    return ask
  }

  private static func checkOutputs(_ root: Field) throws(Refusal) {
    for output in try root["outputs"]?.list() ?? [] {
      let name = try output.required("name").string()
      guard name == "output" else { throw Refusal(message: "unexpected inference output '\(name)'") }
    }
  }

  /// The sum of each row of a tensor.
  private static func sums(of input: Field) throws(Refusal) -> [Double] {
    try input.checkObject(of: ["name", "shape", "datatype", "parameters", "data"])
    _ = try input.required("name").string()
    let type = try input.required("datatype").string()
    guard types.contains(type) else {
      throw Refusal(message: "\(input.path).datatype: unknown type '\(type)'")
    }
    var shape: [Int] = []
    for size in try input.required("shape").list() { shape.append(try size.whole(atLeast: 0)) }
    let data = try input.required("data")
    var numbers: [Double] = []
    try flatten(data, type, into: &numbers)
    var count = 1
    for size in shape {
      let product = count.multipliedReportingOverflow(by: size)
      count = product.overflow ? -1 : product.partialValue
      if product.overflow { break }
    }
    guard count == numbers.count else {
      throw data.refusal("\(numbers.count) elements do not fill the shape \(shape)")
    }
    guard let rowCount = shape.first, rowCount > 0 else { return numbers }
    let width = count / rowCount
    return (0..<rowCount).map { row in
      numbers[row * width..<(row + 1) * width].reduce(0, +)
    }
  }

  private static func flatten(_ data: Field, _ type: String, into numbers: inout [Double]) throws(Refusal) {
    for element in try data.list() {
      switch element.value {
      case .array: try flatten(element, type, into: &numbers)
      case .bool(let flag) where type == "BOOL": numbers.append(flag ? 1 : 0)
      case .string(let text) where type == "BYTES": numbers.append(Double(text.utf8.count))
      case .number(let digits) where type != "BOOL" && type != "BYTES":
        guard type.hasPrefix("FP") || element.value.integer != nil, let number = Double(digits),
          number.isFinite
        else { throw element.refusal(.type(type)) }
        numbers.append(number)
      default: throw element.refusal(.type(type))
      }
    }
  }
}
