import CZlib
package import Policy

/// Why a stored body can't be given back: it isn't what was stored, or is more than is allowed.
package enum BodyFault: Error, Equatable {
  /// The declared size is negative or above what a body may have; nothing was read.
  case tooLarge
  /// The bytes aren't what the size and the checksum say.
  case damaged
}

/// Encodes bodies for the cache, with gzip where that pays; `redis-cli --raw get … | gunzip` reads them.
///
/// Owns zlib's state, some 300 KiB, which is used again for each body. Owned by one event loop.
package final class BodyCodec {
  /// Smaller bodies are stored as they are.
  static let threshold = 1_024
  /// zlib's fast end: the hot path pays for each step, and bodies are short.
  private static let level: Int32 = 1

  // Allocated, as zlib keeps the addresses.
  private let deflater: UnsafeMutablePointer<z_stream>
  private let inflater: UnsafeMutablePointer<z_stream>

  package init() {
    deflater = .allocate(capacity: 1)
    inflater = .allocate(capacity: 1)
    deflater.initialize(to: z_stream())
    inflater.initialize(to: z_stream())
    guard czl_deflate_begin(deflater, Self.level) == Z_OK, czl_inflate_begin(inflater) == Z_OK else {
      preconditionFailure("no memory for zlib")
    }
  }

  deinit {
    deflateEnd(deflater)
    inflateEnd(inflater)
    deflater.deallocate()
    inflater.deallocate()
  }

  /// The body as it is stored: compressed where it is long enough and becomes shorter. Below 4 GiB.
  package func encode(_ body: [UInt8]) -> (bytes: [UInt8], encoding: CachedMeta.Encoding) {
    guard body.count > Self.threshold, let bytes = compressed(body) else { return (body, .identity) }
    return (bytes, .gzip)
  }

  /// The body that was stored, of exactly `size` bytes. Never takes more memory than `limit` allows, whatever the bytes would become.
  package func decode(
    _ bytes: [UInt8], _ encoding: CachedMeta.Encoding, size: Int64, limit: Int
  ) throws(BodyFault) -> [UInt8] {
    guard 0...Int64(limit) ~= size else { throw .tooLarge }
    switch encoding {
    case .identity:
      guard bytes.count == size else { throw .damaged }
      return bytes
    case .gzip: return try decompressed(bytes, size: Int(size))
    }
  }

  /// Nil where it doesn't become shorter.
  private func compressed(_ body: [UInt8]) -> [UInt8]? {
    deflateReset(deflater)
    let room = body.count - 1
    let bytes = [UInt8](unsafeUninitializedCapacity: room) { output, count in
      let result = Self.run(deflater, from: body, to: output) { deflate($0, Z_FINISH) }
      count = result == Z_STREAM_END ? room - Int(deflater.pointee.avail_out) : 0
    }
    return bytes.isEmpty ? nil : bytes
  }

  /// One byte more than declared is room enough to see that there are more.
  private func decompressed(_ bytes: [UInt8], size: Int) throws(BodyFault) -> [UInt8] {
    inflateReset(inflater)
    var result = Z_OK
    let body = [UInt8](unsafeUninitializedCapacity: size + 1) { output, count in
      result = Self.run(inflater, from: bytes, to: output) { inflate($0, Z_FINISH) }
      count = size + 1 - Int(inflater.pointee.avail_out)
    }
    guard result == Z_STREAM_END, inflater.pointee.avail_in == 0, body.count == size else { throw .damaged }
    return body
  }

  /// Lends zlib input and output for one call.
  private static func run(
    _ stream: UnsafeMutablePointer<z_stream>, from input: [UInt8],
    to output: UnsafeMutableBufferPointer<UInt8>, _ call: (UnsafeMutablePointer<z_stream>) -> Int32
  ) -> Int32 {
    input.withUnsafeBufferPointer { input in
      // zlib only reads there.
      stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
      stream.pointee.avail_in = UInt32(input.count)
      stream.pointee.next_out = output.baseAddress
      stream.pointee.avail_out = UInt32(output.count)
      defer { (stream.pointee.next_in, stream.pointee.next_out) = (nil, nil) }
      return call(stream)
    }
  }
}
