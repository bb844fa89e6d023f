import Dialects
package import Policy
package import Settings

extension Settings.Complexity {
  /// What scores prompts; nil where the heuristic does.
  package var scoringModel: ComplexityModel? {
    method == .learned ? (classifier?.model ?? ComplexityModel.shipped) : nil
  }
}
