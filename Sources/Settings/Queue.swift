extension Settings {
  /// Waiting for an endpoint where all are full.
  package struct Queue: Sendable, Equatable {
    /// Requests that wait at a replica, over all models; 0: none does.
    package var max = 1_000
    package var maxWait: Duration = .seconds(5)
    package var classes = Classes()

    /// What each class gets of what there is, against the others.
    package struct Classes: Sendable, Equatable {
      package var realtime = 8
      package var standard = 4
      package var batch = 1
    }
  }
}
