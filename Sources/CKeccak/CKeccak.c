// SHA3-224 side by side: what all forms share, the forms, and the choice among them.
#include "CKeccak.h"
#include <string.h>

#if defined(__aarch64__)
#include <sys/auxv.h>
#endif

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words are read as they are in memory");

enum {
    WORDS = 25,
    ROUNDS = 24,
    /// The rate of SHA3-224.
    BLOCK_BYTES = 144,
    BLOCK_WORDS = BLOCK_BYTES / 8,
    DIGEST_BYTES = 28,
};

static const uint64_t round_constants[ROUNDS] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000, 0x000000000000808b,
    0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008a, 0x0000000000000088,
    0x0000000080008009, 0x000000008000000a, 0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
    0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
};

/// What an idle lane is given.
static const uint8_t nothing[BLOCK_BYTES];

/// Where one lane is: in which message, and how far.
struct lane {
    const uint8_t *next;
    size_t left;
    size_t index;
    int is_idle, is_new, is_last;
    /// The end of the message, padded.
    uint8_t tail[BLOCK_BYTES];
};

/// Gives the lane the next message; 0 when there is none.
static int begin(struct lane *lane, const uint8_t *bytes, const size_t *ends, size_t count, size_t *next) {
    lane->is_idle = *next == count;
    lane->is_new = 1;
    lane->is_last = 0;
    if (lane->is_idle) return 0;
    size_t start = *next == 0 ? 0 : ends[*next - 1];
    lane->next = bytes + start;
    lane->left = ends[*next] - start;
    lane->index = (*next)++;
    return 1;
}

/// The lane's next block of BLOCK_BYTES.
static const uint8_t *take(struct lane *lane) {
    if (lane->is_idle) return nothing;
    const uint8_t *block = lane->next;
    lane->is_new = 0;
    if (lane->left >= BLOCK_BYTES) {
        lane->next += BLOCK_BYTES;
        lane->left -= BLOCK_BYTES;
        return block;
    }
    lane->is_last = 1;
    memset(lane->tail, 0, BLOCK_BYTES);
    memcpy(lane->tail, block, lane->left);
    // FIPS 202, 6.1 and 5.1: the suffix 01 and the padding 1 0… 1, lowest bit first.
    lane->tail[lane->left] = 0x06;
    lane->tail[BLOCK_BYTES - 1] |= 0x80;
    return lane->tail;
}

#define FORM portable
#define LANES 1
#define TARGET
#include "form.h"

#if defined(__x86_64__)
#define FORM avx2
#define LANES 4
#define TARGET __attribute__((target("avx2")))
#include "form.h"

#define FORM avx512
#define LANES 8
#define TARGET __attribute__((target("avx512f")))
#include "form.h"
#endif

#if defined(__aarch64__)
#define FORM neon
#define LANES 2
#define TARGET
#include "form.h"

#define FORM arm_sha3
#define LANES 2
#define TARGET __attribute__((target("sha3")))
#include "form.h"
#endif

int keccak_runs(enum keccak_form form) {
    switch (form) {
    case keccak_portable: return 1;
#if defined(__x86_64__)
    case keccak_avx2: return !!__builtin_cpu_supports("avx2");
    case keccak_avx512: return !!__builtin_cpu_supports("avx512f");
#endif
#if defined(__aarch64__)
    case keccak_neon: return 1;
    case keccak_arm_sha3: return !!(getauxval(AT_HWCAP) & HWCAP_SHA3);
#endif
    default: return 0;
    }
}

enum keccak_form keccak_fastest(void) {
    enum keccak_form form = keccak_avx512;
    while (!keccak_runs(form)) form--;
    return form;
}

void keccak_sha3_224(
    enum keccak_form form, const uint8_t *bytes, const size_t *ends, size_t count, uint8_t *digests) {
    switch (form) {
#if defined(__x86_64__)
    case keccak_avx2: return hash_avx2(bytes, ends, count, digests);
    case keccak_avx512: return hash_avx512(bytes, ends, count, digests);
#endif
#if defined(__aarch64__)
    case keccak_neon: return hash_neon(bytes, ends, count, digests);
    case keccak_arm_sha3: return hash_arm_sha3(bytes, ends, count, digests);
#endif
    default: return hash_portable(bytes, ends, count, digests);
    }
}
