/// A request under way. Confined to its loop; calls that come late do nothing.
package protocol Transfer: AnyObject {
  /// Ends the transfer at once; nothing more is delivered.
  func cancel()
  /// Goes on after `TransferFlow.pause`.
  func resume()
}

/// What transfers to one target share: connections, and a request head that is ready but for its length.
package protocol TransferPool: AnyObject {
  /// Sends a request; `consumer` hears of the answer. The first bytes leave before this returns if a connection is free, and the
  /// transfer may have ended by then.
  func start(_ request: TransferRequest, consumer: any TransferConsumer) throws(UpstreamError) -> any Transfer
  /// Lets go of what is kept for further transfers: the target is no longer in the configuration. Running transfers go on.
  func retire()
}

/// Whoever wants an answer. All calls come on the loop; from inside the first three, only `Transfer.cancel()` and
/// `Transfer.resume()` may be called back.
package protocol TransferConsumer: AnyObject {
  /// The final head; once, before any bytes.
  func transferReceivedHead(_ head: borrowing UpstreamHead)
  /// Bytes of the body, valid during the call. `.pause` leaves them where they are until `resume()`.
  func transferReceived(_ bytes: UnsafeRawBufferPointer) -> TransferFlow
  /// The last call, unless the transfer was cancelled: the answer was complete (nil) or failed. It ends the batch too.
  func transferEnded(_ failure: TransferFailure?)
  /// Everything that was ready has been delivered, and more will come: the moment to write onwards.
  func transferBatchEnded()
}

package enum TransferFlow: Sendable { case more, pause }

/// What one transfer sends.
package struct TransferRequest {
  /// Must not move or change until the transfer has ended; `bodyOwner` is held that long.
  package var body: UnsafeRawBufferPointer
  package var bodyOwner: AnyObject?
  /// Whole field lines (`name: value`) besides those of the target, without line ends.
  package var headers: [String]

  package init(body: UnsafeRawBufferPointer, bodyOwner: AnyObject?, headers: [String] = []) {
    self.body = body
    self.bodyOwner = bodyOwner
    self.headers = headers
  }
}

/// Where transfers go, and how.
package struct TransferTarget: Sendable, Hashable {
  package enum Method: String, Sendable {
    case get = "GET"
    case post = "POST"
  }

  /// Who speaks HTTP on the connections that libcurl makes.
  package enum Engine: Sendable {
    /// `http1` where it can, libcurl elsewhere.
    case automatic
    /// libcurl: TLS, HTTP/2, proxies.
    case curl
  }

  /// The whole URL, `https://api.openai.com/v1/chat/completions`.
  package var url: String
  package var method = Method.post
  /// Field lines of every request: content type, credential. Few and short.
  package var headers: [String] = []
  /// PEM files; nil is the system's own authorities, and no client certificate.
  package var caFile: String?
  package var clientCertificateFile: String?
  package var clientKeyFile: String?
  /// `http://host:port`; nil goes there directly, whatever the environment says.
  package var proxy: String?
  package var connectTimeout: Duration = .seconds(5)
  /// `10.0.0.5:8000`, IPv6 in brackets: where to connect instead of to the URL's host, which stays the name that is asked for.
  package var address: String?
  package var engine = Engine.automatic
  /// Over connections that no other target's transfers use, so that nobody finds them taken. On plain HTTP; elsewhere connections are
  /// libcurl's to share.
  package var isAside = false

  package init(url: String) { self.url = url }
}

extension UpstreamHead {
  /// Bytes of field lines that an answer's head may have.
  package static let limit = 64 << 10
}
