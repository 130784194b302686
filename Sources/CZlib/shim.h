// zlib: gzip members and CRC-32. `deflateInit2` and `inflateInit2` are macros.
#include <zlib.h>

static inline int sluice_deflateInit2(z_stream *stream, int level, int method, int windowBits, int memLevel, int strategy) {
    return deflateInit2(stream, level, method, windowBits, memLevel, strategy);
}

static inline int sluice_inflateInit2(z_stream *stream, int windowBits) {
    return inflateInit2(stream, windowBits);
}
