package import Policy

/// What a call came to.
package typealias StateCompletion<Value> = (Result<Value, StateFailure>) -> Void

/// The registry and the rollouts as one event loop reaches them.
///
/// Two engines: `RedisState`, and `EmbeddedState` for a replica alone. Confined to its loop; completions are called there, once each,
/// before the call returns or later. Everything may be repeated and comes to the same.
package protocol ControlRegister: AnyObject {
  /// Whether it makes sense to ask.
  var isAvailable: Bool { get }
  /// The shared state's clock, in milliseconds since 1970, as far as it is known here.
  var now: Int64 { get }
  /// Whether it outlives this process.
  var isShared: Bool { get }

  // The leader's.

  /// Takes the lease for so many milliseconds, or prolongs it.
  func takeLease(_ id: String, for time: Int64, _ completion: @escaping StateCompletion<ControlTake>)
  /// False where it isn't the last leadership.
  func releaseLease(_ leader: ControlLeader, _ completion: @escaping StateCompletion<Bool>)
  func put(_ put: ControlPut, _ completion: @escaping StateCompletion<ControlPut.Reply>)
  /// Says that a leader looks after what is exposed; the count of the stamp.
  func stamp(_ leader: ControlLeader, _ completion: @escaping StateCompletion<ControlGuarded<Int64>>)
  func put(_ put: ControlJudgePut, _ completion: @escaping StateCompletion<ControlJudgePut.Reply>)
  func answer(_ answer: ControlAnswer, _ completion: @escaping StateCompletion<ControlAnswer.Reply>)

  // Anybody's.

  func sync(_ sync: ControlSync, _ completion: @escaping StateCompletion<ControlSync.Reply>)
  func veto(_ veto: ControlVeto, _ completion: @escaping StateCompletion<ControlVeto.Reply>)
  func count(_ count: ControlCount, _ completion: @escaping StateCompletion<ControlCount.Reply>)
  /// Adds to what copies of a model's requests cost today, and says what that is for all replicas.
  func spend(_ spend: ControlSpend, _ completion: @escaping StateCompletion<ControlSpend.Reply>)
  func ask(_ ask: ControlAsk, _ completion: @escaping StateCompletion<ControlAsk.Reply>)
  func register(_ bundle: ControlBundle, _ completion: @escaping StateCompletion<ControlBundle.Reply>)
  func keep(
    _ evaluation: ControlEvaluation, _ completion: @escaping StateCompletion<ControlEvaluation.Reply>)

  /// The last leadership, whether or not it lasts; nil where there was none.
  func readLease(_ completion: @escaping StateCompletion<ControlLease?>)
  /// Nil where there is none.
  func readConfig(_ completion: @escaping StateCompletion<ControlConfig?>)
  /// What each replica told within the last minute.
  func readAcks(_ completion: @escaping StateCompletion<[String: ControlAck]>)
  func readVetoes(_ completion: @escaping StateCompletion<ControlVetoes>)
  func readJudge(_ model: ControlModel, _ completion: @escaping StateCompletion<ControlJudge?>)
  /// At most `ControlCounts.mostSeconds`.
  func readCounts(
    _ model: ControlModel, seconds: [Int64], _ completion: @escaping StateCompletion<ControlCounts>)
  /// What copies of a model's requests cost today, in micro-dollars.
  func readSpent(_ model: ControlModel, _ completion: @escaping StateCompletion<Int64>)
  /// What people want, the oldest first.
  func readAsks(_ completion: @escaping StateCompletion<[ControlWaiting]>)
  /// Nil while it waits, and where nobody knows it.
  func readAnswer(_ ask: String, _ completion: @escaping StateCompletion<String?>)
  func readBundle(_ model: ControlModel, version: Int64, _ completion: @escaping StateCompletion<String?>)
  func readBundles(_ model: ControlModel, _ completion: @escaping StateCompletion<[Int64: String]>)
  /// Of the last evaluation; nil where there was none.
  func readEvaluation(
    _ model: ControlModel, version: Int64, _ completion: @escaping StateCompletion<String?>)
  func readEvaluations(_ model: ControlModel, _ completion: @escaping StateCompletion<[Int64: String]>)
  /// Lines before one, or the last ones, newest first.
  func readAudit(
    before id: String?, count: Int, _ completion: @escaping StateCompletion<[ControlAudit.Entry]>)

  /// Sends what was asked for since the last flush.
  func flush()
}
