import Policy
import Testing

/// What is kept of a request until somebody says what it was.
struct AuditNoteTests {
  private let low = ClassSet { $0.complexity != .high && $0.task != .code }

  @Test func aSetHasTheClassesThatItWasMadeOf() {
    #expect(low.contains(RequestClass(task: .chat, complexity: .low)))
    #expect(low.contains(RequestClass()) && low.contains(RequestClass(complexity: .medium)))
    #expect(!low.contains(RequestClass(complexity: .high)) && !low.contains(RequestClass(task: .code)))
    #expect(!low.contains(RequestClass(task: .code, complexity: .low)))
    for task in TaskKind.allCases {
      for band in ComplexityBand.allCases {
        let one = RequestClass(task: task, complexity: band)
        let alone = ClassSet { $0 == one }
        #expect(alone.contains(one) && alone.bits.nonzeroBitCount == 1, "\(one)")
      }
    }
  }

  @Test func aNoteIsReadAsItWasWritten() throws {
    let taken = RequestClass(task: .code, complexity: .low)
    for (rule, taken) in [
      ("rules[3]", taken), ("none", RequestClass()), ("a/b:c", RequestClass(task: .chat)),
    ] {
      for sketch in [nil, PromptSketch("Why, why?", heuristic: 0.25)] {
        let note = AuditNote(rule: rule, taken: taken, same: low, sketch: sketch)
        #expect(AuditNote(text: note.text) == note, "\(note.text)")
      }
    }
    let note = AuditNote(rule: "r", taken: taken, same: low)
    #expect(note.isRight(RequestClass(complexity: .medium)) && !note.isRight(RequestClass(complexity: .high)))
  }

  @Test(arguments: [
    "", "r", "r code low", "r code low -", "r code low zz!", "r cook low 1", "r code huge 1",
    "r code low 1 x",
    "r code low 1 1 1 1,1 -",
  ])
  func whatIsNoneIsNotRead(text: String) {
    #expect(AuditNote(text: text) == nil)
  }
}
