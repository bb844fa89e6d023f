#pragma once

// A typed door to simdjson's DOM parser; no logic. No function throws. Values, cursors and the bytes that
// they lead to belong to the parser and are valid until its next parse, release or destruction.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define CSJ_NOEXCEPT noexcept
extern "C" {
#else
#define CSJ_NOEXCEPT
#endif

/// Bytes that the text must have behind its end, readable; their content does not matter.
#define CSJ_PADDING 64

/// A parser with its buffers; reused from document to document.
typedef struct csj_parser csj_parser;

typedef enum csj_error {
  CSJ_OK = 0,
  CSJ_NO_MEMORY,
  CSJ_TOO_LARGE,
  CSJ_TOO_DEEP,
  CSJ_BAD_UTF8,
  CSJ_BAD_STRING,
  CSJ_BAD_NUMBER,
  CSJ_BAD_LITERAL,
  CSJ_BAD_STRUCTURE,
  CSJ_EMPTY,
} csj_error;

/// The type of a value: simdjson's tape characters.
typedef enum csj_type {
  CSJ_ARRAY = '[',
  CSJ_OBJECT = '{',
  CSJ_STRING = '"',
  CSJ_INT64 = 'l',
  CSJ_UINT64 = 'u',
  CSJ_DOUBLE = 'd',
  CSJ_TRUE = 't',
  CSJ_FALSE = 'f',
  CSJ_NULL = 'n',
} csj_type;

/// One value of the parsed document.
typedef struct csj_value {
  const void *document;
  size_t position;
  csj_type type;
} csj_value;

/// Unescaped UTF-8; not terminated.
typedef struct csj_bytes {
  const uint8_t *start;
  size_t count;
} csj_bytes;

/// Where an iteration over an array or object stands.
typedef struct csj_cursor {
  const void *document;
  size_t next;
  size_t end;
} csj_cursor;

/// Makes a parser that refuses documents nested deeper than `max_depth` containers; NULL without memory.
csj_parser *csj_create(size_t max_depth) CSJ_NOEXCEPT;
void csj_destroy(csj_parser *parser) CSJ_NOEXCEPT;

/// Parses and validates a whole document in place. `text` must have CSJ_PADDING readable bytes behind
/// `count`.
csj_error csj_parse(csj_parser *parser, const uint8_t *text, size_t count, csj_value *root) CSJ_NOEXCEPT;

/// The size of document that the parser's buffers are made for, in bytes.
size_t csj_capacity(const csj_parser *parser) CSJ_NOEXCEPT;

/// Gives the parser's buffers back to the system; values become invalid.
void csj_release(csj_parser *parser) CSJ_NOEXCEPT;

/// Where the structural characters (`{}[]:,`) and the first bytes of strings and scalars of the last parsed
/// document stand in its text, in order.
const uint32_t *csj_structurals(const csj_parser *parser, size_t *count) CSJ_NOEXCEPT;

/// Begins an iteration over an array or object.
csj_cursor csj_children(csj_value container) CSJ_NOEXCEPT;
/// Takes the next member of an object; false at its end.
bool csj_next_member(csj_cursor *cursor, csj_bytes *key, csj_value *value) CSJ_NOEXCEPT;
/// Takes the next element of an array; false at its end.
bool csj_next_element(csj_cursor *cursor, csj_value *value) CSJ_NOEXCEPT;

csj_bytes csj_string(csj_value value) CSJ_NOEXCEPT;
int64_t csj_int64(csj_value value) CSJ_NOEXCEPT;
uint64_t csj_uint64(csj_value value) CSJ_NOEXCEPT;
double csj_double(csj_value value) CSJ_NOEXCEPT;

#ifdef __cplusplus
}
#endif
