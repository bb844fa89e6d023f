import Dialects
import Policy
import Settings

/// What becomes of a request's data.
struct DataCourse {
  struct Masked {
    var request: PeekedRequest
    var body: PaddedBytes
    var placeholders: Placeholders
  }

  var classes: DataClassSet
  /// Those that deployments must be allowed to see: all but what is masked.
  var bound: DataClassSet
  /// The request without what was found; nil where all of it stays.
  var masked: Masked?
}

extension DataRules {
  /// A copy of a request in which nothing is found any more that is to be masked; nil where that can't be had.
  func masked(_ request: PeekedRequest, _ body: PaddedBytes, _ peek: Peek) -> DataCourse.Masked? {
    guard let masking, let detectors, let copy = peek.masked(request, body, masking, detectors),
      var again = try? peek.request(copy.body, surface: request.facts.surface, detectors: detectors),
      again.facts.detected.isDisjoint(with: masking.masked),
      // What is found only now may be of a class that nobody was asked about.
      again.facts.detected.isSubset(of: request.facts.detected)
    else { return nil }
    // Sessions are told apart by what they were called, and classes by what was found.
    again.facts.session = request.facts.session
    again.facts.prefix = request.facts.prefix
    again.facts.detected = request.facts.detected
    return .init(request: again, body: copy.body, placeholders: copy.placeholders)
  }
}

extension Snapshot {
  /// The classes of a request: those of its key, those that it says it has, and those that were found in its texts. None of them takes
  /// another away.
  func dataClasses(
    _ facts: RequestFacts, _ head: RequestHead, _ principal: Principal
  ) throws(ExchangeError) -> DataClassSet {
    guard let data else {
      if head.count(.xDataClass) > 0 { _ = try declaredClasses(head) }
      return []
    }
    return principal.dataClasses.union(try declaredClasses(head)).union(
      data.classes.classes(found: facts.detected))
  }

  /// What `x-data-class` adds.
  func declaredClasses(_ head: RequestHead) throws(ExchangeError) -> DataClassSet {
    guard let text = head.string(.xDataClass) else { return [] }
    let known = data?.classes.rules.map(\.name) ?? []
    guard head.count(.xDataClass) == 1 else { throw .repeatedDataClass }
    let names = text.split { $0 == "," || $0 == " " || $0 == "\t" }
    guard let classes = names.isEmpty ? nil : data?.classes.classes(named: names) else {
      throw .unknownDataClass(known)
    }
    return classes
  }

  /// What becomes of a request's data, by all that tells of it.
  func dataCourse(
    _ request: PeekedRequest, _ body: PaddedBytes, _ head: RequestHead, _ principal: Principal, _ peek: Peek
  ) throws(ExchangeError) -> DataCourse {
    let classes = try dataClasses(request.facts, head, principal)
    var course = DataCourse(classes: classes, bound: classes)
    guard let data, data.classes.refused(classes) == nil else { return course }
    let masked = data.classes.redacted(data.classes.classes(found: request.facts.detected))
    guard !masked.isEmpty, let copy = data.masked(request, body, peek) else { return course }
    course.masked = copy
    // Of what was declared nobody knows whether it was found.
    let declared = try principal.dataClasses.union(declaredClasses(head))
    course.bound = classes.subtracting(masked).union(declared)
    return course
  }

  /// The same error, with the names of classes where they may be why nothing is left.
  func naming(_ error: ExchangeError, _ classes: DataClassSet) -> ExchangeError {
    guard !classes.isEmpty, error.code == ExchangeError.ruledOut.code, let data else { return error }
    return .noPermittedDeployment(data.words(classes))
  }
}

extension ExchangeError {
  static let repeatedDataClass = invalid(
    "The header x-data-class is given more than once. Send it once, with commas between classes.",
    code: "repeated_data_class")

  static func unknownDataClass(_ known: [String]) -> ExchangeError {
    invalid(
      known.isEmpty
        ? "The header x-data-class names a class, and this router has none (routing.data_classes): nothing would be"
          + " kept from anybody. Send the request without it, or ask the operator."
        : "The header x-data-class names no class that is known here, or none at all. Known are \(known.joined(separator: ", ")).",
      code: "unknown_data_class")
  }

  /// `words`: the names of classes.
  static func noPermittedDeployment(_ words: String) -> ExchangeError {
    ExchangeError(
      status: 403, type: "permission_error", code: "no_permitted_deployment",
      message:
        "The request has data of class \(words), and no deployment of the model, nor of its fallbacks, may see it. Ask for"
        + " another model, leave the data out, or ask the operator.", fault: .policy, shouldRetry: false)
  }

  static func refusedDataClass(_ name: String) -> ExchangeError {
    ExchangeError(
      status: 403, type: "permission_error", code: "data_class_refused",
      message: "The request has data of class \(name), which may go to no model here. Leave the data out.",
      fault: .policy, shouldRetry: false)
  }
}
