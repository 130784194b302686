// OpenSSL digests and message authentication codes.
#include <openssl/evp.h>
#include <openssl/hmac.h>
