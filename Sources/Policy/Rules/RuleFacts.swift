/// A text that rules may ask for.
package enum RuleText: Hashable, Sendable {
  /// The name that the client asks for, an alias as it was written; nothing where it names none.
  case model
  case taskType, domain, userTier, taskValue, language, optimize
  case tenant, team, key
  /// Of a header, its name in small letters.
  case header(String)
  case metadata(String)

  /// Those without a name of their own, in the order in which people are told of them.
  package static let plain: [RuleText] = [
    .model, .taskType, .domain, .userTier, .taskValue, .language, .optimize, .tenant, .team, .key,
  ]

  /// The configuration's word.
  package var name: String {
    switch self {
    case .model: "model"
    case .taskType: "task_type"
    case .domain: "domain"
    case .userTier: "user_tier"
    case .taskValue: "task_value"
    case .language: "language"
    case .optimize: "optimize"
    case .tenant: "tenant"
    case .team: "team"
    case .key: "key"
    case .header(let name): "header.\(name)"
    case .metadata(let name): "metadata.\(name)"
    }
  }
}

/// A number that rules may ask for. The raw values are the words of the configuration.
package enum RuleNumber: String, Sendable, CaseIterable {
  case inputTokens = "input_tokens"
  case maxOutputTokens = "max_output_tokens"
  /// Messages so far.
  case turns
  /// The part of the places taken at the endpoints of the model that is asked for.
  case load
  /// From 0 to 1.
  case complexity

  /// Where it is kept in `RuleFacts`.
  var position: Int {
    switch self {
    case .inputTokens: 0
    case .maxOutputTokens: 1
    case .turns: 2
    case .load: 3
    case .complexity: 4
    }
  }
}

/// What rules may ask that is so or not. The raw values are the words of the configuration.
package enum RuleFlag: String, Sendable, CaseIterable {
  case requiresVision = "requires_vision"
  case requiresTools = "requires_tools"
  case requiresJSON = "requires_json"
  case code, stream
  /// Its session has rejected its last answer.
  case rejected

  var position: Int {
    switch self {
    case .requiresVision: 0
    case .requiresTools: 1
    case .requiresJSON: 2
    case .code: 3
    case .stream: 4
    case .rejected: 5
    }
  }
}

/// What rules may know of one request. Made once for a set of rules and filled in anew for each request: nothing is allocated for one.
package struct RuleFacts: Sendable {
  /// The texts that some rule asks for; others are never kept.
  package let asked: [RuleText]
  /// Names of the configured classes of data, by position.
  package let classNames: [String]
  package var classes: DataClassSet = []
  /// Seconds since 1970.
  package var now: Int64 = 0
  /// By the position in `asked`.
  private(set) var texts: [String?]
  private(set) var numbers = [Int64?](repeating: nil, count: RuleNumber.allCases.count)
  private var flags = [Bool](repeating: false, count: RuleFlag.allCases.count)

  package init(asking asked: [RuleText], classNames: [String] = []) {
    (self.asked, self.classNames) = (asked, classNames)
    texts = asked.map { _ in nil }
  }

  /// Nil where the request has no such thing, or nobody asks for it.
  package subscript(text: RuleText) -> String? { asked.firstIndex(of: text).flatMap { texts[$0] } }

  /// `position`: in `asked`.
  package mutating func set(text position: Int, to value: String?) { texts[position] = value }

  /// In millionths; nil where that isn't known.
  package subscript(number: RuleNumber) -> Int64? {
    get { numbers[number.position] }
    set { numbers[number.position] = newValue }
  }

  package subscript(flag: RuleFlag) -> Bool {
    get { flags[flag.position] }
    set { flags[flag.position] = newValue }
  }

  /// A whole number in millionths; what is beyond them is as large as can be.
  package static func millionths(_ count: Int64) -> Int64 {
    let (product, overflow) = count.multipliedReportingOverflow(by: 1_000_000)
    return overflow ? .max : product
  }

  /// Names of the classes of data that the request has.
  var ownClasses: [String] {
    classNames.enumerated().compactMap { isOfClass($0.offset) ? $0.element : nil }
  }

  func isOfClass(_ position: Int) -> Bool { classes.rawValue >> UInt64(position) & 1 == 1 }
}
