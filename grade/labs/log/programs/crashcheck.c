/* crashcheck.c: mounts a disk and tells the harness what is on it. */
#include "../../../../user/tests/crashcheck.c"
