#include "csimdjson.h"

#include <new>
#include <simdjson.h>

using simdjson::internal::tape_ref;

static_assert(CSJ_PADDING >= simdjson::SIMDJSON_PADDING, "simdjson reads past the end by its padding");

struct csj_parser {
  simdjson::dom::parser dom;
  size_t max_depth;
};

namespace {

tape_ref ref(const void *document, size_t position) noexcept {
  return tape_ref(static_cast<const simdjson::dom::document *>(document), position);
}

tape_ref ref(csj_value value) noexcept { return ref(value.document, value.position); }

csj_value value_at(const void *document, size_t position) noexcept {
  auto type = static_cast<csj_type>(ref(document, position).tape_ref_type());
  return csj_value{document, position, type};
}

csj_bytes bytes_at(tape_ref string) noexcept {
  auto view = string.get_string_view();
  return csj_bytes{reinterpret_cast<const uint8_t *>(view.data()), view.size()};
}

csj_error translated(simdjson::error_code error) noexcept {
  switch (error) {
  case simdjson::SUCCESS: return CSJ_OK;
  case simdjson::MEMALLOC: return CSJ_NO_MEMORY;
  case simdjson::CAPACITY: return CSJ_TOO_LARGE;
  case simdjson::DEPTH_ERROR: return CSJ_TOO_DEEP;
  case simdjson::UTF8_ERROR: return CSJ_BAD_UTF8;
  case simdjson::STRING_ERROR:
  case simdjson::UNESCAPED_CHARS:
  case simdjson::UNCLOSED_STRING: return CSJ_BAD_STRING;
  case simdjson::NUMBER_ERROR:
  case simdjson::NUMBER_OUT_OF_RANGE: return CSJ_BAD_NUMBER;
  case simdjson::T_ATOM_ERROR:
  case simdjson::F_ATOM_ERROR:
  case simdjson::N_ATOM_ERROR: return CSJ_BAD_LITERAL;
  case simdjson::EMPTY: return CSJ_EMPTY;
  default: return CSJ_BAD_STRUCTURE;
  }
}

} // namespace

csj_parser *csj_create(size_t max_depth) noexcept {
  auto parser = new (std::nothrow) csj_parser;
  if (parser) { parser->max_depth = max_depth; }
  return parser;
}

void csj_destroy(csj_parser *parser) noexcept { delete parser; }

csj_error csj_parse(csj_parser *parser, const uint8_t *text, size_t count, csj_value *root) noexcept {
  if (parser->dom.capacity() == 0) {
    // simdjson counts the document itself as a level.
    auto error = parser->dom.allocate(16 * 1024, parser->max_depth + 1);
    if (error) { return translated(error); }
  }
  auto result = parser->dom.parse(text, count, false);
  if (result.error()) { return translated(result.error()); }
  *root = value_at(&parser->dom.doc, 1);
  return CSJ_OK;
}

size_t csj_capacity(const csj_parser *parser) noexcept { return parser->dom.capacity(); }

void csj_release(csj_parser *parser) noexcept { parser->dom = simdjson::dom::parser(); }

const uint32_t *csj_structurals(const csj_parser *parser, size_t *count) noexcept {
  *count = parser->dom.implementation->n_structural_indexes;
  return parser->dom.implementation->structural_indexes.get();
}

csj_cursor csj_children(csj_value container) noexcept {
  return csj_cursor{container.document, container.position + 1, ref(container).after_element() - 1};
}

bool csj_next_member(csj_cursor *cursor, csj_bytes *key, csj_value *value) noexcept {
  if (cursor->next >= cursor->end) { return false; }
  *key = bytes_at(ref(cursor->document, cursor->next));
  *value = value_at(cursor->document, cursor->next + 1);
  cursor->next = ref(*value).after_element();
  return true;
}

bool csj_next_element(csj_cursor *cursor, csj_value *value) noexcept {
  if (cursor->next >= cursor->end) { return false; }
  *value = value_at(cursor->document, cursor->next);
  cursor->next = ref(*value).after_element();
  return true;
}

csj_bytes csj_string(csj_value value) noexcept { return bytes_at(ref(value)); }
int64_t csj_int64(csj_value value) noexcept { return ref(value).next_tape_value<int64_t>(); }
uint64_t csj_uint64(csj_value value) noexcept { return ref(value).next_tape_value<uint64_t>(); }
double csj_double(csj_value value) noexcept { return ref(value).next_tape_value<double>(); }
