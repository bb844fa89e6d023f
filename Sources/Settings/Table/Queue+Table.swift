extension Form where Value == Settings.Queue {
  static var queue: Form {
    .record(
      Settings.Queue(),
      [
        Field("max", \.max, .int(0...1_000_000), "Most requests that wait at a replica; 0: none does."),
        Field("max_wait", \.maxWait, .duration(.milliseconds(1)...(.seconds(3_600))), "Longest wait."),
        Field("classes", \.classes, .classes, "What each class gets, against the others."),
      ])
  }
}

extension Form where Value == Settings.Queue.Classes {
  fileprivate static var classes: Form {
    .record(
      Settings.Queue.Classes(),
      [
        Field("realtime", \.realtime, .int(1...10_000), "Weight of the highest class."),
        Field("standard", \.standard, .int(1...10_000), "Weight of keys without a class."),
        Field("batch", \.batch, .int(1...10_000), "Weight of the lowest class."),
      ])
  }
}
