/// Why a file is no model that can be used.
package enum ModelFileError: Error, Equatable, Sendable, CustomStringConvertible {
  /// It does not begin as models do.
  case foreign
  /// It was written by another release.
  case version(Int)
  case size(bytes: Int, expected: Int)
  /// Its bytes are not those that were written.
  case damaged

  package var description: String {
    switch self {
    case .foreign: "this is no model: `switchyard train --out` writes one"
    case .version(let version):
      "the model's format is \(version), this release reads \(ComplexityModel.version): train it anew"
    case .size(let bytes, let expected):
      "the model has \(bytes) bytes and should have \(expected): copy it again"
    case .damaged: "the model is damaged, its checksum is another: copy it again, or train it anew"
    }
  }
}
