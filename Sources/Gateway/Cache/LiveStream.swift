import Policy

/// A stream that one exchange fetches and others are sent too: each gets what came before at once, and then what comes, at its own
/// pace. The provider is read at the pace of the fastest. Confined to a loop.
///
/// As long as the stream can be stored, all of it is kept, and anybody may still join. Beyond that, what the slowest reader has yet
/// to be sent is kept, up to `reach`: whoever falls further behind is sent no more. The client of the exchange that fetches it is
/// not left behind so; the provider waits for it.
final class LiveStream {
  struct Ending {
    let verdict: Classification
    /// The provider has said all that it had to say, be it an error.
    let isWhole: Bool
  }

  /// Bytes that may be kept of any stream for those who fall behind.
  private static let leastReach = 1 << 20

  /// The content type that clients are sent.
  let type: String
  let recording: AnswerRecording
  private let reach: Int
  private var readers: [LiveReader] = []
  private(set) var ending: Ending?
  /// Nobody may join any more: the time is up of the exchange that fetches it.
  private var isClosed = false
  private var lastVerdict = Classification.clientGone
  /// A reader can be sent more, or has left.
  var onChange: () -> Void = {}

  init(_ recording: AnswerRecording, type: String) {
    self.recording = recording
    self.type = type
    reach = max(recording.limit, Self.leastReach)
    recording.isFollowed = true
  }

  var readerCount: Int { readers.count }

  /// Whoever joins can be sent all of it, and what came to nothing is for nobody who comes later.
  var isOpen: Bool {
    !isClosed && !recording.isTooLarge && (ending.map { $0.verdict.kind == .success } ?? true)
  }

  func close() { isClosed = true }

  /// Why the last one left, where no reader is left; also before there is one.
  var desertion: Classification? { readers.isEmpty ? lastVerdict : nil }

  /// Somebody can be sent what the provider sends next.
  var isWanted: Bool {
    if recording.isTooLarge, let leader = readers.first(where: \.leads),
      recording.size(from: leader.next) > reach
    {
      return false
    }
    return readers.contains(where: \.isWritable)
  }

  /// A place for one more; nothing is forgotten that it has yet to be sent. `leads`: for the client of the exchange that fetches it.
  func seat(leads: Bool = false) -> LiveReader {
    precondition(isOpen, "a seat at a stream that can't be sent whole")
    let reader = LiveReader(self, leads: leads)
    readers.append(reader)
    return reader
  }

  /// More has come.
  func advance() {
    for reader in readers { reader.send() }
    guard recording.isTooLarge else { return }
    for reader in readers where !reader.leads && !reader.hasEnded {
      if recording.size(from: reader.next) > reach { reader.leave(.fellBehind) }
    }
    recording.forget(before: readers.map(\.next).min() ?? recording.count)
  }

  /// Nothing more will come: readers end once they have been sent the rest.
  func end(_ verdict: Classification, isWhole: Bool) {
    ending = Ending(verdict: verdict, isWhole: isWhole)
    onChange = {}
    for reader in readers {
      if reader.hasBegun || isWhole { reader.send() } else { reader.leave(verdict) }
    }
  }

  /// A reader has ended.
  func remove(_ reader: LiveReader, _ verdict: Classification) {
    readers.removeAll { $0 === reader }
    lastVerdict = verdict
    onChange()
  }
}
