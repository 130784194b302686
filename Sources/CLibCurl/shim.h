// HTTP client library. `curl_easy_setopt` and `curl_easy_getinfo` are variadic and cannot be called from Swift,
// so each argument type has a function of its own here.
#include <curl/curl.h>
