// What the library is: compiled from which sources, for which instruction sets.
#include "simd.hpp"

// The digest of all sources, as CMakeLists.txt computes it.
ENGINE_EXPORT const char* engine_sources() { return ENGINE_SOURCES; }

// Those that the library holds and this processor runs, best first.
ENGINE_EXPORT const char* engine_instructions() {
#if defined(ENGINE_HAS_avx2)
    __builtin_cpu_init();
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") &&
                        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
                        __builtin_cpu_supports("avx512vl");
    if (avx512) return "avx512 avx2 baseline";
    if (avx2) return "avx2 baseline";
#endif
    return "baseline";
}
