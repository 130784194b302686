// How glibc's allocator is told what to keep: mallopt and malloc_trim.
#include <malloc.h>
