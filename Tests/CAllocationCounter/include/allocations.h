#ifndef SLUICE_ALLOCATIONS_H
#define SLUICE_ALLOCATIONS_H

#include <stdint.h>

// How often the process has asked for memory so far, from any library.
uint64_t allocation_count(void);

#endif
