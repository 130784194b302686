// LZ4 block format.
#include <lz4.h>
