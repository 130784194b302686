// What the C library has for starting programs and shows only to programs that define _GNU_SOURCE before its first
// header.
#include <spawn.h>

// From unistd.h.
extern int pipe2(int ends[2], int flags);

// From spawn.h, since glibc 2.34.
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);
