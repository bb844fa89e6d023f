extension HTTP1ParseError {
  /// What is wrong and what to do about it, for the client. A constant: no byte of the request is repeated in it.
  package var message: String {
    switch kind {
    case .notHTTP:
      "The connection does not begin with an HTTP request. If the client speaks TLS, use an http:// "
        + "address here."
    case .bareLineFeed:
      "A line ends in LF without CR. End every line of the head and of chunk framing in CRLF."
    case .emptyLines:
      "More than one empty line precedes the request line. Send none."
    case .requestLine:
      "The request line is malformed. Send METHOD, one space, target, one space, HTTP/1.1, CRLF."
    case .method:
      "The method is not a token of at most 32 characters. Use a standard method such as POST."
    case .target:
      "The request target is malformed. Send a path that starts with / and percent-encode all but "
        + "visible ASCII."
    case .missingVersion:
      "The request line names no HTTP version. Send HTTP/1.1 at its end; HTTP/0.9 is not spoken."
    case .version:
      "This HTTP version is not spoken here. Use HTTP/1.1."
    case .connect:
      "CONNECT is not supported: this is a gateway, not a forward proxy. Send the request itself."
    case .foldedLine:
      "A header line starts with white space (obsolete folding). Put each header on one line."
    case .missingColon:
      "A header line has no colon. Write it as name: value."
    case .spaceBeforeColon:
      "White space stands between a header's name and its colon. Remove it."
    case .headerName:
      "A header name is empty or has a character that names may not have. Use letters, digits and -."
    case .headerValue:
      "A header value has a control character. Remove it; CR, LF and NUL are never allowed."
    case .host:
      "The Host header is malformed. Send the authority of the address, such as example.com:8080."
    case .hostCount:
      "HTTP/1.1 wants exactly one Host header. Send one."
    case .hostMismatch:
      "The Host header differs from the authority of the request target. Send the same in both."
    case .contentLength:
      "Content-Length is not one plain decimal number. Send the body's size in bytes."
    case .repeatedContentLength:
      "Content-Length is given more than once. Send it once."
    case .lengthAndCoding:
      "Content-Length and Transfer-Encoding are both given. Send only one of them."
    case .transferCoding:
      "The only transfer coding understood is chunked. Send exactly that, or Content-Length."
    case .repeatedTransferCoding:
      "Transfer-Encoding is given more than once. Send it once."
    case .transferCodingIn10:
      "HTTP/1.0 has no Transfer-Encoding. Use HTTP/1.1 or send Content-Length."
    case .expectation:
      "The only expectation understood is 100-continue. Remove the Expect header."
    case .chunkSize:
      "A chunk size is malformed. Send 1 to 16 hexadecimal digits and CRLF."
    case .chunkExtension:
      "Chunk extensions are refused. Send only the size on the line of a chunk's size."
    case .chunkEnd:
      "A chunk's data is not followed by CRLF. Check that chunk sizes equal the data's bytes."
    case .trailer:
      "Trailer fields are refused. End the body in a chunk of size 0 and an empty line."
    case .targetTooLong:
      "The request target is too long. Move data from the query into the body."
    case .headTooLarge:
      "The request's head is too large. Send fewer or shorter headers."
    case .tooManyHeaders:
      "The request has too many headers. Send fewer."
    case .bodyTooLarge:
      "The request's body is larger than this gateway accepts. Send a smaller one."
    }
  }
}
