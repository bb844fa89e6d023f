#pragma once

/// How often `malloc`, `calloc`, `realloc` and `posix_memalign` were called in this process so far.
unsigned long counted_mallocs(void);
