/* crashwork.c: changes a file system, telling the harness each step before it is taken. */
#include "../../../../user/tests/crashwork.c"
