// SHA3-224 (FIPS 202) of many messages side by side: one message in each lane of a vector register.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// How the permutation is computed; all give the same digests. Greater is faster where it runs at all.
enum keccak_form {
    /// One lane, plain C.
    keccak_portable = 1,
    /// Two lanes, 64-bit Arm.
    keccak_neon = 2,
    /// Two lanes, with the instructions that Arm 8.2 has for it (EOR3, RAX1, XAR, BCAX).
    keccak_arm_sha3 = 3,
    /// Four lanes.
    keccak_avx2 = 4,
    /// Eight lanes.
    keccak_avx512 = 5,
};

/// 1 when this processor and system run `form`, else 0.
int keccak_runs(enum keccak_form form);

/// The fastest form that runs here.
enum keccak_form keccak_fastest(void);

/// Hashes `count` messages with a form that runs here. They stand one behind the other in `bytes`: message i ends in
/// front of byte `ends[i]`. Their digests are put one behind the other, too.
void keccak_sha3_224(
    enum keccak_form form, const uint8_t *bytes, const size_t *ends, size_t count, uint8_t *digests);
