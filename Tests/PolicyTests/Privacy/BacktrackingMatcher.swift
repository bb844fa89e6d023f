import Policy

/// What a pattern means, as plainly as it can be said: every way is tried, from every place.
struct BacktrackingMatcher {
  let text: [UInt8]

  func finds(_ pattern: Pattern) -> Bool {
    (0...text.count).contains { matches(pattern, at: $0) { _ in true } }
  }

  private func isWord(_ place: Int) -> Bool {
    guard text.indices.contains(place) else { return false }
    return ByteSet.word.contains(text[place])
  }

  private func matches(_ pattern: Pattern, at place: Int, _ goOn: (Int) -> Bool) -> Bool {
    switch pattern {
    case .byte(let set): return place < text.count && set.contains(text[place]) && goOn(place + 1)
    case .boundary: return isWord(place - 1) != isWord(place) && goOn(place)
    case .choice(let options): return options.contains { matches($0, at: place, goOn) }
    case .sequence(let parts): return all(parts[...], at: place, goOn)
    case .repeated(let part, let least, let most): return repeats(part, least, most, at: place, goOn)
    }
  }

  private func all(_ parts: ArraySlice<Pattern>, at place: Int, _ goOn: (Int) -> Bool) -> Bool {
    guard let first = parts.first else { return goOn(place) }
    return matches(first, at: place) { all(parts.dropFirst(), at: $0, goOn) }
  }

  private func repeats(
    _ part: Pattern, _ least: Int, _ most: Int?, at place: Int, _ goOn: (Int) -> Bool
  ) -> Bool {
    if least == 0, goOn(place) { return true }
    if let most, most == 0 { return false }
    return matches(part, at: place) { next in
      // Nothing once more is nothing.
      if next == place, least == 0 { return false }
      return repeats(part, max(0, least - 1), most.map { $0 - 1 }, at: next, goOn)
    }
  }
}
