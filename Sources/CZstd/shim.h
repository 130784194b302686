// Zstandard frames.
#include <zstd.h>
