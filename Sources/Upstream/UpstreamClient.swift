package import NIOCore

/// Everything upstream of one event loop. Connections are libcurl's to make, with or without TLS; on plain ones to `http://` targets
/// HTTP/1.1 is spoken here (a third of the cost), everything else is spoken by libcurl.
///
/// Confined to the loop.
package final class UpstreamClient {
  private let loop: any EventLoop
  private let driver: CurlDriver
  private var origins: [HTTP1Origin.Key: HTTP1Origin] = [:]
  private var ownTransfers = 0
  private var nextLook = NIODeadline.uptimeNanoseconds(0)

  package init(loop: any EventLoop, mode: ReadinessBridge.Mode = .automatic) throws(UpstreamError) {
    self.loop = loop
    driver = try CurlDriver(loop: loop, mode: mode)
  }

  /// Begins to deliver readiness; transfers may start once this has succeeded.
  package func start() -> EventLoopFuture<Void> { driver.start() }

  /// Transfers between start and end; one of the counts that must return to 0.
  package var activeCount: Int { ownTransfers + driver.activeTransfers }
  /// Open sockets, idle ones included.
  package var socketCount: Int { driver.socketCount + origins.values.reduce(0) { $0 + $1.connectionCount } }
  package var wakerName: String { driver.wakerName }

  /// Fails where the URL can't be parsed or has another scheme than http or https, or where a field line isn't one line.
  package func pool(_ target: TransferTarget) throws(UpstreamError) -> any TransferPool {
    let url = try CurlURL(target.url)
    guard target.headers.allSatisfy({ $0.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 } }) else {
      throw UpstreamError(
        "\(target.url): a header to be sent there (the API key's?) has a control character in it")
    }
    return HTTP1Pool(target, url: url, client: self) ?? CurlPool(target, url: url, driver: driver)
  }

  /// Called now and then: closes connections that have been idle for too long.
  package func tick() {
    let now = NIODeadline.now()
    guard now >= nextLook else { return }
    nextLook = now + .seconds(5)
    for origin in origins.values { origin.closeOld(now: now) }
  }

  /// Closes every socket. No transfer may run, and the pools must not be used any more.
  package func close() {
    precondition(activeCount == 0, "close() with transfers running: cancel them first")
    for origin in origins.values { origin.users = 0 }
    origins.removeAll()
    driver.close()
  }

  // MARK: HTTP/1.1 of our own

  func transferStarted() { ownTransfers += 1 }
  func transferEnded() { ownTransfers -= 1 }

  /// Pools of one host share their connections, whatever they call there.
  func origin(_ key: HTTP1Origin.Key, target: TransferTarget, url: CurlURL) -> HTTP1Origin {
    if let origin = origins[key] { return origin }
    let origin = HTTP1Origin(key, loop: loop, driver: driver, target: target, url: url)
    origins[key] = origin
    return origin
  }

  func released(_ origin: HTTP1Origin) {
    if origin.users == 0 { origins[origin.key] = nil }
  }
}
