import CCurl
import NIOCore

/// Transfers to one URL over HTTP/1.1 connections of our own.
final class HTTP1Pool: TransferPool {
  let client: UpstreamClient
  let origin: HTTP1Origin
  private let headStart: ByteBuffer
  private let hasBody: Bool
  private var isRetired = false

  /// Nil where this engine can't: TLS, a proxy, or a password in the URL are libcurl's.
  init?(_ target: TransferTarget, url: CurlURL, client: UpstreamClient) {
    guard target.engine == .automatic, target.url.hasPrefix("http://"), target.proxy == nil,
      url.part(CURLUPART_USER) == nil, url.part(CURLUPART_PASSWORD) == nil,
      let host = url.part(CURLUPART_HOST), let path = url.part(CURLUPART_PATH)
    else { return nil }
    self.client = client
    let port = url.part(CURLUPART_PORT) ?? "80"
    origin = client.origin(
      .init(
        host: host, port: port, address: target.address, connectTimeout: target.connectTimeout,
        isAside: target.isAside),
      target: target, url: url)
    origin.users += 1
    hasBody = target.method == .post
    var lines = [
      "\(target.method.rawValue) \(path)\(url.part(CURLUPART_QUERY).map { "?" + $0 } ?? "") HTTP/1.1",
      "Host: \(host)\(port == "80" ? "" : ":\(port)")", "Accept: */*",
    ]
    lines += target.headers
    headStart = ByteBuffer(string: lines.map { $0 + "\r\n" }.joined())
  }

  func start(_ request: TransferRequest, consumer: any TransferConsumer) throws(UpstreamError) -> any Transfer
  {
    var request = request
    if !hasBody { request.body = UnsafeRawBufferPointer(start: nil, count: 0) }
    let transfer = HTTP1Transfer(request, pool: self, consumer: consumer)
    try transfer.begin()
    return transfer
  }

  func retire() {
    guard !isRetired else { return }
    isRetired = true
    origin.users -= 1
    client.released(origin)
  }

  /// The request's head: what is the same for all, its length, and fields of its own.
  func writeHead(of request: TransferRequest, into bytes: inout ByteBuffer) {
    bytes.reserveCapacity(headStart.readableBytes + 256 + min(request.body.count, HTTP1Connection.pieceSize))
    bytes.writeImmutableBuffer(headStart)
    if hasBody {
      bytes.writeStaticString("Content-Length: ")
      bytes.writeString(String(request.body.count))
      bytes.writeStaticString("\r\n")
    }
    for line in request.headers {
      bytes.writeString(line)
      bytes.writeStaticString("\r\n")
    }
    bytes.writeStaticString("\r\n")
  }
}
