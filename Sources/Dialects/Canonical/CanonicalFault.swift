/// Why a request has no canonical form, and so no cached answer. No client's fault: the request itself goes on.
package enum CanonicalFault: Error, Equatable, Sendable {
  /// Not one whole JSON object.
  case malformed
  /// Some object, at any depth, names a key twice: readers differ in which one counts.
  case duplicateKey
  /// A double doesn't hold exactly what a number says: two requests that differ would look the same.
  case inexactNumber
}
