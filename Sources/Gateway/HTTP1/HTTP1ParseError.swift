/// Why a request was refused. It is always the client's fault, it is not worth trying again unchanged, and the
/// connection must be closed after the answer: where the next request would begin is no longer known.
package struct HTTP1ParseError: Error, Sendable, Equatable {
  package enum Kind: UInt8, Sendable, CaseIterable {
    case notHTTP, bareLineFeed, emptyLines
    case requestLine, method, target, missingVersion, version, connect
    case foldedLine, missingColon, spaceBeforeColon, headerName, headerValue
    case host, hostCount, hostMismatch
    case contentLength, repeatedContentLength, lengthAndCoding
    case transferCoding, repeatedTransferCoding, transferCodingIn10
    case expectation
    case chunkSize, chunkExtension, chunkEnd, trailer
    case targetTooLong, headTooLarge, tooManyHeaders, bodyTooLarge
  }

  package let kind: Kind

  package init(_ kind: Kind) {
    self.kind = kind
  }

  /// The status of the answer.
  package var status: Int {
    switch kind {
    case .targetTooLong: 414
    case .headTooLarge, .tooManyHeaders: 431
    case .bodyTooLarge: 413
    case .expectation: 417
    case .connect, .transferCoding: 501
    case .version: 505
    default: 400
    }
  }
}
