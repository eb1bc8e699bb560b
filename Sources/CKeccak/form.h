// SHA3-224 in one form, included once for each with FORM, LANES and TARGET defined: hence no guard.
//
// Vectors are the compiler's own, so that one text becomes vprolq and vpternlogq, EOR3 and BCAX, or shifts, as TARGET
// allows. Word i of a state is the lane (i % 5, i / 5) of FIPS 202.

#define JOINED_(a, b) a##_##b
#define JOINED(a, b) JOINED_(a, b)
#define WORD JOINED(word, FORM)
#define INLINE TARGET static inline __attribute__((always_inline))

#if LANES == 1
typedef uint64_t WORD;
#else
typedef uint64_t WORD __attribute__((vector_size(8 * LANES)));
#endif

#define ROTATED(word, bits) ((word) << (bits) | (word) >> (-(bits) & 63))
/// Theta, rho and pi give the five words of a row, by their places before and their rotations; chi mixes them.
#define ROW(y, i0, n0, i1, n1, i2, n2, i3, n3, i4, n4) \
    { \
        WORD b0 = a[i0] ^ change[i0 % 5], b1 = a[i1] ^ change[i1 % 5], b2 = a[i2] ^ change[i2 % 5]; \
        WORD b3 = a[i3] ^ change[i3 % 5], b4 = a[i4] ^ change[i4 % 5]; \
        b0 = ROTATED(b0, n0), b1 = ROTATED(b1, n1), b2 = ROTATED(b2, n2); \
        b3 = ROTATED(b3, n3), b4 = ROTATED(b4, n4); \
        e[y] = b0 ^ (~b1 & b2), e[y + 1] = b1 ^ (~b2 & b3), e[y + 2] = b2 ^ (~b3 & b4); \
        e[y + 3] = b3 ^ (~b4 & b0), e[y + 4] = b4 ^ (~b0 & b1); \
    }

INLINE void JOINED(round, FORM)(const WORD a[WORDS], WORD e[WORDS], uint64_t constant) {
    WORD parity[5], change[5];
#pragma clang loop unroll(full)
    for (int x = 0; x < 5; x++) parity[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
#pragma clang loop unroll(full)
    for (int x = 0; x < 5; x++) change[x] = parity[(x + 4) % 5] ^ ROTATED(parity[(x + 1) % 5], 1);
    ROW(0, 0, 0, 6, 44, 12, 43, 18, 21, 24, 14)
    ROW(5, 3, 28, 9, 20, 10, 3, 16, 45, 22, 61)
    ROW(10, 1, 1, 7, 6, 13, 25, 19, 8, 20, 18)
    ROW(15, 4, 27, 5, 36, 11, 10, 17, 15, 23, 56)
    ROW(20, 2, 62, 8, 55, 14, 39, 15, 41, 21, 2)
    e[0] ^= constant;
}

/// Puts a block of each lane into its state, which begins anew where `keep` is 0 and not all ones, and permutes.
TARGET static void JOINED(absorb, FORM)(
    uint64_t state[WORDS][LANES], const uint64_t keep[LANES], const uint8_t *const blocks[LANES]) {
    WORD a[WORDS], e[WORDS], kept;
    memcpy(&kept, keep, sizeof kept);
    for (int i = 0; i < WORDS; i++) {
        memcpy(&a[i], state[i], sizeof a[i]);
        a[i] &= kept;
    }
    for (int i = 0; i < BLOCK_WORDS; i++) {
        uint64_t words[LANES];
        for (int lane = 0; lane < LANES; lane++) memcpy(&words[lane], blocks[lane] + 8 * i, 8);
        WORD column;
        memcpy(&column, words, sizeof column);
        a[i] ^= column;
    }
    for (int i = 0; i < ROUNDS; i += 2) {
        JOINED(round, FORM)(a, e, round_constants[i]);
        JOINED(round, FORM)(e, a, round_constants[i + 1]);
    }
    for (int i = 0; i < WORDS; i++) memcpy(state[i], &a[i], sizeof a[i]);
}

static void JOINED(hash, FORM)(
    const uint8_t *bytes, const size_t *ends, size_t count, uint8_t *digests) {
    _Alignas(64) uint64_t state[WORDS][LANES];
    _Alignas(64) uint64_t keep[LANES];
    struct lane lanes[LANES];
    const uint8_t *blocks[LANES];
    size_t next = 0, busy = 0;
    for (int i = 0; i < LANES; i++) busy += begin(&lanes[i], bytes, ends, count, &next);
    memset(state, 0, sizeof state);
    while (busy > 0) {
        for (int i = 0; i < LANES; i++) {
            keep[i] = lanes[i].is_new ? 0 : UINT64_MAX;
            blocks[i] = take(&lanes[i]);
        }
        JOINED(absorb, FORM)(state, keep, blocks);
        for (int i = 0; i < LANES; i++) {
            if (!lanes[i].is_last) continue;
            uint64_t digest[4] = {state[0][i], state[1][i], state[2][i], state[3][i]};
            memcpy(digests + lanes[i].index * DIGEST_BYTES, digest, DIGEST_BYTES);
            busy -= !begin(&lanes[i], bytes, ends, count, &next);
        }
    }
}

#undef WORD
#undef INLINE
#undef ROTATED
#undef ROW
#undef JOINED
#undef JOINED_
#undef FORM
#undef LANES
#undef TARGET
