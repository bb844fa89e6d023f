// A typed door to zlib: what begins a stream is a macro in C, which Swift can't call. No logic.
#pragma once

#include <zlib.h>

/// Window bits that say: with gzip's head and checksum.
#define CZL_GZIP (15 + 16)

/// `deflateInit2` for gzip, with the usual memory and strategy.
static inline int czl_deflate_begin(z_stream *stream, int level) {
  return deflateInit2(stream, level, Z_DEFLATED, CZL_GZIP, 8, Z_DEFAULT_STRATEGY);
}

/// `inflateInit2` for gzip.
static inline int czl_inflate_begin(z_stream *stream) { return inflateInit2(stream, CZL_GZIP); }
