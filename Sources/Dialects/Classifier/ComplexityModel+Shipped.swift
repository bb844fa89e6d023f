package import Policy

extension ComplexityModel {
  /// The one that comes with the router: what `switchyard train` makes of Tests/Classifier/prompts.jsonl.
  package static let shipped: ComplexityModel = {
    do throws(ModelFileError) { return try ComplexityModel(bytes: PackageResources.complexity_sycm) } catch {
      preconditionFailure("the model that was built in is none: \(error)")
    }
  }()
}
