/* SPDX-License-Identifier: ISC
 *
 * meter: see meter.h.  Addresses are hashed with a random key into slots of
 * 16 bits; two addresses that share a slot are counted together, which with
 * 65,536 slots hardly ever matters and never lets anybody in too many.
 */
#include "server/meter.h"

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

enum { SLOTS = 65536 };

struct row {
	atomic_uint total;
	_Atomic uint16_t slot[SLOTS];
};

struct meter {
	uint64_t key;
	unsigned fronts;
	struct row row[];
};

static size_t
meter_size(unsigned fronts)
{
	return sizeof(struct meter) + fronts * sizeof(struct row);
}

struct meter *
meter_new(unsigned fronts)
{
	struct meter *m = mmap(NULL, meter_size(fronts),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (m == MAP_FAILED)
		return NULL;
	if (getrandom(&m->key, sizeof(m->key), 0) != sizeof(m->key)) {
		(void)munmap(m, meter_size(fronts));
		return NULL;
	}
	m->fronts = fronts;
	return m;
}

void
meter_free(struct meter *m)
{
	if (m != NULL)
		(void)munmap(m, meter_size(m->fronts));
}

unsigned
meter_fronts(const struct meter *m)
{
	return m->fronts;
}

void
meter_reset(struct meter *m, unsigned front)
{
	struct row *r = &m->row[front];

	atomic_store(&r->total, 0);
	for (size_t i = 0; i < SLOTS; i++)
		if (atomic_load_explicit(&r->slot[i], memory_order_relaxed))
			atomic_store(&r->slot[i], 0);
}

static uint64_t
mix(uint64_t v)
{
	v ^= v >> 33;
	v *= 0xff51afd7ed558ccdU;
	v ^= v >> 33;
	v *= 0xc4ceb9fe1a85ec53U;
	return v ^ v >> 33;
}

/* the slot, or -1 for a local peer */
static int
slot_of(const struct meter *m, const unsigned char address[16])
{
	static const unsigned char v4[12] = { [10] = 0xff, [11] = 0xff };
	static const unsigned char local[16];
	uint64_t hi, lo;

	if (memcmp(address, local, sizeof(local)) == 0)
		return -1;
	memcpy(&hi, address, 8);
	memcpy(&lo, address + 8, 8);
	if (memcmp(address, v4, sizeof(v4)) != 0)
		lo = 0;				/* IPv6: the /64 */
	return (int)(mix(mix(hi ^ m->key) ^ lo) % SLOTS);
}

static unsigned
sum_total(const struct meter *m)
{
	unsigned sum = 0;

	for (unsigned f = 0; f < m->fronts; f++)
		sum += atomic_load(&m->row[f].total);
	return sum;
}

static unsigned
sum_slot(const struct meter *m, int slot)
{
	unsigned sum = 0;

	for (unsigned f = 0; f < m->fronts; f++)
		sum += atomic_load(&m->row[f].slot[slot]);
	return sum;
}

enum meter_verdict
meter_enter(struct meter *m, unsigned front, const unsigned char address[16],
    unsigned total_max, unsigned address_max)
{
	int slot = slot_of(m, address);

	/* count first, look then: two fronts at once cannot both be the last */
	atomic_fetch_add(&m->row[front].total, 1);
	if (slot >= 0)
		atomic_fetch_add(&m->row[front].slot[slot], 1);
	if (slot >= 0 && address_max != 0 && sum_slot(m, slot) > address_max) {
		meter_leave(m, front, address);
		return METER_ADDRESS;
	}
	if (total_max != 0 && sum_total(m) > total_max) {
		meter_leave(m, front, address);
		return METER_TOTAL;
	}
	return METER_OK;
}

void
meter_leave(struct meter *m, unsigned front, const unsigned char address[16])
{
	int slot = slot_of(m, address);

	atomic_fetch_sub(&m->row[front].total, 1);
	if (slot >= 0)
		atomic_fetch_sub(&m->row[front].slot[slot], 1);
}
