/* random.h - getrandom's flags. Source: Linux include/uapi/linux/random.h. */
#ifndef ABI_RANDOM_H
#define ABI_RANDOM_H

#define GRND_NONBLOCK	1
#define GRND_RANDOM	2
#define GRND_INSECURE	4

#endif
