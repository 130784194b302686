// What the C library has for Linux alone: mallopt, and what it shows only to programs that define _GNU_SOURCE before its
// first header.
#include <malloc.h>
#include <sys/types.h>

// From unistd.h, since glibc 2.27.
extern ssize_t copy_file_range(int source, __off64_t *source_offset, int target, __off64_t *target_offset, size_t count,
                               unsigned int flags);
