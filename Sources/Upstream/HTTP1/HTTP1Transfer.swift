/// One request over an HTTP/1.1 connection of ours.
///
///     connecting → running → over
///         ↘︎_________________↗︎
final class HTTP1Transfer: Transfer {
  private enum State {
    case connecting(CurlConnect?)
    case running(HTTP1Connection)
    case over
  }

  let pool: HTTP1Pool
  let request: TransferRequest
  private(set) var consumer: (any TransferConsumer)?
  private var state = State.connecting(nil)

  init(_ request: TransferRequest, pool: HTTP1Pool, consumer: any TransferConsumer) {
    self.request = request
    self.pool = pool
    self.consumer = consumer
    pool.client.transferStarted()
  }

  func cancel() {
    switch state {
    case .over: return
    case .connecting(let connect):
      over()
      connect?.cancel()
    case .running(let connection):
      over()
      connection.abandon()
    }
  }

  func resume() {
    if case .running(let connection) = state { connection.resume() }
  }

  // MARK: What the pool does

  func begin() throws(UpstreamError) {
    if let connection = pool.origin.take() { return run(on: connection) }
    let connect = try pool.origin.connect { [self] result in
      switch (result, state) {
      case (.success(let connection), .connecting): run(on: connection)
      case (.failure(let failure), .connecting): ended(failure)
      case (.success(let connection), _): pool.origin.keep(connection)
      case (.failure, _): break
      }
    }
    if case .connecting = state { state = .connecting(connect) }
    do { try connect.start() } catch {
      over()
      throw error
    }
  }

  private func run(on connection: HTTP1Connection) {
    state = .running(connection)
    connection.send(self)
  }

  // MARK: What the connection does

  func ended(_ failure: TransferFailure?) {
    let consumer = self.consumer
    over()
    consumer?.transferEnded(failure)
  }

  private func over() {
    state = .over
    consumer = nil
    pool.client.transferEnded()
  }
}
