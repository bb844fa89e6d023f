#pragma once

/// How often this process has asked for memory: malloc, calloc and realloc. 0 under a sanitizer, which has its own.
long mallocs_so_far(void);
