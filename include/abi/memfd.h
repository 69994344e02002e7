/* memfd.h - memfd_create(2), and the seals of its files. Source: Linux include/uapi/linux/memfd.h, fcntl.h. */
#ifndef ABI_MEMFD_H
#define ABI_MEMFD_H

#define MFD_CLOEXEC		0x01
#define MFD_ALLOW_SEALING	0x02
#define MFD_HUGETLB		0x04
#define MFD_NOEXEC_SEAL		0x08	/* not executable, and that is sealed */
#define MFD_EXEC		0x10

#define F_SEAL_SEAL		0x01	/* no more seals */
#define F_SEAL_SHRINK		0x02
#define F_SEAL_GROW		0x04
#define F_SEAL_WRITE		0x08
#define F_SEAL_FUTURE_WRITE	0x10	/* but by mappings there are */
#define F_SEAL_EXEC		0x20	/* the x bits stay as they are */

#endif
