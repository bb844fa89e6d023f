import Policy

/// What `train` compares classifiers with: the score that routing has without one, of a prompt that is a turn of its own.
///
/// - Returns: 0 to 1.
func heuristicComplexity(of prompt: String) -> Double {
  var prompt = prompt
  return prompt.withUTF8 { text in
    var scan = PromptScan(length: text.count)
    scan.add(UnsafeRawBufferPointer(text))
    var context = PromptContext()
    (context.turns, context.bytes) = (1, 0)
    return PromptFacts(scan, in: context, by: PromptRules()).complexity
  }
}
