// PostgreSQL client library.
#include <libpq-fe.h>
