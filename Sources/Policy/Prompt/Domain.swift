/// What a prompt is about, as far as its words tell.
package enum Domain: String, CaseIterable, Sendable {
  case legal, medical, finance, science, software, general
}
