// Snappy raw block format.
#include <snappy-c.h>
