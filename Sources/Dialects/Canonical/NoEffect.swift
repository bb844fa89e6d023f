internal import Policy

/// The top-level members that have no effect on an answer, and are no part of the canonical request.
///
/// Left out: `stream` and `stream_options` (the form of the answer, not its text: a cache keeps the forms apart by
/// `CanonicalFacts.isStream`); `user`, `safety_identifier`, `metadata`, `prompt_cache_key` and `prompt_cache_retention` (who asks, and
/// what the provider keeps for itself); `store` (whether it keeps it, see `hasEffects`); `n` where it is 1, as it is where it is absent.
///
/// Kept: `service_tier` (another tier may answer otherwise, and says its name), `model` (an answer names it), all other defaults
/// (each provider has its own), members that are null, and all strangers. An answer of the responses API repeats what it was asked,
/// so there only the first two are left out.
enum NoEffect {
  static func covers(_ key: JSONBytes, _ value: JSONValue, on surface: Surface) -> Bool {
    switch surface {
    case .embeddings: key == "user"
    case .messages, .countTokens: key == "stream" || key == "metadata"
    case .ollamaChat, .ollamaGenerate, .ollamaEmbed: key == "stream" || key == "keep_alive"
    case .responses: isForm(key)
    case .chatCompletions, .completions:
      isForm(key) || key == "n" && value.int == 1 || key == "store" || isCaller(key)
    }
  }

  private static func isForm(_ key: JSONBytes) -> Bool { key == "stream" || key == "stream_options" }

  private static func isCaller(_ key: JSONBytes) -> Bool {
    key == "user" || key == "safety_identifier" || key == "metadata" || key == "prompt_cache_key"
      || key == "prompt_cache_retention"
  }
}
