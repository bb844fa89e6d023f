/// Which versions of a model a key may ask for by number.
package enum PinRight: String, Sendable, CaseIterable {
  /// The one that serves, and those that did until their sunset.
  case served
  /// Those in STAGING too, and the one that is being tried: for whoever evaluates them.
  case all = "any"
}
