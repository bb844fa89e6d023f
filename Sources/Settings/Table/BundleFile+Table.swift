extension Form where Value == BundleFile {
  /// What `switchyard bundles export` prints.
  static var bundleFile: Form {
    .record(
      BundleFile(),
      [Field("bundles", \.bundles, .exported, required: true, "Versions by model.")])
  }
}
