/* types.h - scalar types. */
#ifndef SYS_TYPES_H
#define SYS_TYPES_H

#include <bits/types.h>

#endif
