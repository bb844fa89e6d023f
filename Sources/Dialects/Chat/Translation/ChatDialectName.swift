/// The dialects that chats are translated between, by the names of the configuration.
package enum ChatDialectName: String, Sendable, CaseIterable {
  case openai, anthropic, ollama, gemini
}
