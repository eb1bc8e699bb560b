// What Swift sees of isa-l, which compresses and expands gzip.
#pragma once
#include <isa-l/igzip_lib.h>

// A macro made of sums of macros: Swift does not import it.
enum { ISAL_LEVEL1_BUFFER_BYTES = ISAL_DEF_LVL1_DEFAULT };
