/* mmc.h - memory cards as disks: /dev/mmcblk0. */
#ifndef DRIVERS_MMC_MMC_H
#define DRIVERS_MMC_MMC_H

void	mmc_start(void);	/* tasks run: look for the cards of the slots that drivers have found */

#endif
