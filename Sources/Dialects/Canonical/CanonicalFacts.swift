internal import CSimdjson
package import Policy

/// What the rules of the cache need to know of a request, beside its canonical bytes.
package struct CanonicalFacts: Equatable, Sendable {
  package let surface: Surface
  /// The client wants events: an answer of the other form can't be replayed for it.
  package private(set) var isStream = false
  /// `temperature` is there, and 0.
  package private(set) var isGreedy = false
  /// `seed` is there, and not null.
  package private(set) var hasSeed = false
  /// Tools, functions or a search are offered: what they do is no part of the answer.
  package private(set) var offersTools = false
  /// The provider is to keep something (`store: true`, `background: true`, a `conversation`): an answer from the cache would not do it.
  package private(set) var hasEffects = false
  /// Answers asked for.
  package private(set) var choices = 1
  /// A member was left out that a provider might refuse the request for.
  package private(set) var dropsMembers = false
  /// A whole number is spelled as `5.0` or `5e0`: a provider might refuse the request for that.
  package private(set) var hasOddSpelling = false

  /// The same request has the same answer: embeddings always; others without randomness, tools and effects.
  package var isDeterministic: Bool {
    guard !hasEffects, !offersTools else { return false }
    return !surface.asksForText || isGreedy || hasSeed
  }

  /// A refusal by the provider must be due to the canonical bytes alone.
  package var mayKeepRefusal: Bool { isDeterministic && !dropsMembers && !hasOddSpelling }
}

extension CanonicalFacts {
  /// Reads the members of `root`, an object.
  init(_ root: JSONValue, surface: Surface, hasOddSpelling: Bool) {
    self.surface = surface
    self.hasOddSpelling = hasOddSpelling
    isStream = surface.streamsUnlessTold
    var members = root.members
    while let (key, value) = members.next() {
      read(key, value)
      if !(key == "stream"), NoEffect.covers(key, value, on: surface) { dropsMembers = true }
    }
  }

  private mutating func read(_ key: JSONBytes, _ value: JSONValue) {
    if key == "stream" {
      isStream = value.bool ?? surface.streamsUnlessTold
    } else if key == "temperature" {
      isGreedy = value.int == 0 || value.isZero
    } else if key == "seed" {
      hasSeed = !value.isNull
    } else if key == "options", surface.dialect == .ollama {
      var options = value.members
      while let (name, option) = options.next() {
        if name == "temperature" || name == "seed" { read(name, option) }
      }
    } else if key == "n" {
      choices = value.int ?? 1
    } else if key == "tools" || key == "functions" || key == "web_search_options" || key == "mcp_servers" {
      if !value.isNull, !value.isEmptyArray { offersTools = true }
    } else if key == "store" || key == "background" {
      if value.bool == true { hasEffects = true }
    } else if key == "conversation" || key == "container" {
      if !value.isNull { hasEffects = true }
    }
  }
}

extension JSONValue {
  fileprivate var isZero: Bool { raw.type == CSJ_DOUBLE && csj_double(raw) == 0 }

  fileprivate var isEmptyArray: Bool {
    var elements = elements
    return isArray && elements.next() == nil
  }
}
