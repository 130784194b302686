// What the C library has for Linux alone and shows only to programs that define _GNU_SOURCE before its first header.
#include <sys/types.h>

// From unistd.h, since glibc 2.27.
extern ssize_t copy_file_range(int source, __off64_t *source_offset, int target, __off64_t *target_offset, size_t count,
                               unsigned int flags);
