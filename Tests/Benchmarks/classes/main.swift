import Glibc
import Policy

// What a look at a text costs, by what is looked for: nanoseconds a byte, the best of many runs. `swift run -c release classes`.

func nanoseconds() -> Int64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

/// A megabyte of a sentence, which holds nothing that is looked for.
func text(_ sentence: String) -> [UInt8] {
  let bytes = Array(sentence.utf8)
  return (0..<1 << 20).map { bytes[$0 % bytes.count] }
}

let prose = text(
  "The committee met again in 1994 and agreed, after a long discussion, that nothing would be changed for now. "
)
let code = text("for (let i = 0; i < items.length; i += 1) { total[i] = items[i].price * 1.19; }\n")
let rows = text("1994-11-23,12.50,3,DE,17;")
let digits = text("123 456 789 12 ")
/// Each four letters begin what may be an account of 22: about the dearest there is.
let accounts = text("DE89 ")
let all: DetectorSet = [.email, .phone, .card, .iban, .nationalID, .ip, .health]

func measure(_ name: String, _ detectors: DataDetectors, _ text: [UInt8]) {
  var best = Int64.max
  var found: DetectorSet = []
  for _ in 0..<30 {
    var findings = Findings()
    let start = nanoseconds()
    text.withUnsafeBufferPointer { detectors.scan($0, into: &findings) }
    best = min(best, nanoseconds() - start)
    found = findings.detectors
  }
  let perByte = Double(best) / Double(text.count)
  print(
    "\(name): \(Double(best / 1_000) / 1_000) ms a megabyte, \((perByte * 100).rounded() / 100) ns a byte, found \(found.rawValue)"
  )
}

let patterns = [#"\bMRN-\d{6,8}\b"#, #"\b[A-Z]{2}\d{6}[A-Z]?\b"#, "(Falcon|Condor)[0-9]*"].enumerated().map {
  DataDetectors.Entry((try? Pattern($1)) ?? .sequence([]), DetectorSet(pattern: $0))
}
let start = nanoseconds()
let everything = try DataDetectors(all, patterns)
print("compiled in \((nanoseconds() - start) / 1_000) µs")
let kinds = [("prose", prose), ("code", code), ("rows", rows), ("digits", digits), ("accounts", accounts)]
for (kind, text) in kinds {
  measure("\(kind), all detectors and three patterns", everything, text)
  measure("\(kind), e-mail and cards", try DataDetectors([.email, .card], []), text)
  measure("\(kind), three patterns", try DataDetectors([], patterns), text)
}
