// Rows turned into tiles: a vector holds one column of several rows, less a shift.
#pragma once

#include "simd.hpp"

#if defined(__AVX__)
#include <immintrin.h>
#endif

namespace {

#if defined(__AVX512F__)
constexpr int V = 4, C = 6;
#else
constexpr int V = 3, C = 4;
#endif

template <typename T> constexpr int tile_rows() { return V * Simd<T>::lanes; }

// Where rows come from: some of them, if numbers are given, moved into a frame, if there is one:
// (x - from) * inverse in double, rounded to float where `narrow`, as Python does it.
template <typename IN> struct Source {
    const IN* rows;
    std::int64_t stride;
    const std::int64_t* some;
    const double* from;
    double inverse;
    bool narrow;

    const IN* row(std::int64_t i) const { return rows + (some ? some[i] : i) * stride; }
};

constexpr int B = 4;
template <typename T> struct Four {
    typedef T vector __attribute__((vector_size(B * sizeof(T))));
    typedef T loose __attribute__((vector_size(B * sizeof(T)), aligned(sizeof(T)), may_alias));
};

template <typename T> inline typename Four<T>::vector four(const T* from) {
    return *reinterpret_cast<const typename Four<T>::loose*>(from);
}

// Reads a value, or four of a row, less the shift: plainly, or moved into a frame first.
template <typename T, typename IN> struct Plain {
    const T* shift;
    T one(const IN* row, std::int64_t j) const { return static_cast<T>(row[j] - shift[j]); }
    typename Four<T>::vector many(const IN* row, std::int64_t j) const {
        if (sizeof(IN) == sizeof(T))
            return four(reinterpret_cast<const T*>(row) + j) - four(shift + j);
        using wide = typename Four<double>::vector;
        const wide s = __builtin_convertvector(four(shift + j), wide);
        return __builtin_convertvector(__builtin_convertvector(four(row + j), wide) - s,
                                       typename Four<T>::vector);
    }
};

template <typename T, typename IN, bool NARROW> struct Framed {
    const T* shift;
    const double* from;
    double inverse;
    T one(const IN* row, std::int64_t j) const {
        double x = (static_cast<double>(row[j]) - from[j]) * inverse;
        if (NARROW) x = static_cast<double>(static_cast<float>(x));
        return static_cast<T>(x - static_cast<double>(shift[j]));
    }
    typename Four<T>::vector many(const IN* row, std::int64_t j) const {
        using wide = typename Four<double>::vector;
        using slim = typename Four<float>::vector;
        wide x = (__builtin_convertvector(four(row + j), wide) - four(from + j)) * inverse;
        if (NARROW) x = __builtin_convertvector(__builtin_convertvector(x, slim), wide);
        const wide s = __builtin_convertvector(four(shift + j), wide);
        return __builtin_convertvector(x - s, typename Four<T>::vector);
    }
};

// How many bytes ahead rows that lie one after another are asked for: a core waits for memory at
// the end of each page otherwise, and computes only then.
constexpr std::int64_t AHEAD = 4096;

template <typename IN> inline void ahead(const IN* row, std::int64_t values) {
    const char* line = reinterpret_cast<const char*>(row) + AHEAD;
    const char* last = line + values * static_cast<std::int64_t>(sizeof(IN));
    for (; line < last; line += 64) __builtin_prefetch(line);
}

#if defined(__AVX__)
// Turn 8 float rows by four columns at a time: two rows share a vector, whose halves are turned
// alike. Gives how many columns were.
inline std::int64_t turned_by_eight(const float* const* at, const float* shift, std::int64_t d,
                                    std::int64_t between, float* to) {
    std::int64_t j = 0;
    for (; j + 4 <= d; j += 4, to += 4 * between) {
        const __m256 less = _mm256_broadcast_ps(reinterpret_cast<const __m128*>(shift + j));
        __m256 x[4];
        for (int r = 0; r < 4; ++r) {
            const __m256 low = _mm256_castps128_ps256(_mm_loadu_ps(at[r] + j));
            x[r] = _mm256_insertf128_ps(low, _mm_loadu_ps(at[r + 4] + j), 1) - less;
        }
        const __m256 ab = _mm256_unpacklo_ps(x[0], x[1]), cd = _mm256_unpacklo_ps(x[2], x[3]);
        const __m256 AB = _mm256_unpackhi_ps(x[0], x[1]), CD = _mm256_unpackhi_ps(x[2], x[3]);
        _mm256_storeu_ps(to, _mm256_shuffle_ps(ab, cd, 0x44));
        _mm256_storeu_ps(to + between, _mm256_shuffle_ps(ab, cd, 0xEE));
        _mm256_storeu_ps(to + 2 * between, _mm256_shuffle_ps(AB, CD, 0x44));
        _mm256_storeu_ps(to + 3 * between, _mm256_shuffle_ps(AB, CD, 0xEE));
    }
    return j;
}
#endif

// Turn B rows so that column j of row i stands at to[j * R + i].
template <typename T, typename IN, typename Reader>
void turned_by_four(const IN* const* at, const Reader& read, std::int64_t d, T* to) {
    constexpr int R = tile_rows<T>();
    using vector = typename Four<T>::vector;
    using loose = typename Four<T>::loose;
    std::int64_t j = 0;
    for (; j + B <= d; j += B, to += B * R) {
        const vector a = read.many(at[0], j), b = read.many(at[1], j);
        const vector c = read.many(at[2], j), e = read.many(at[3], j);
        const vector ab = __builtin_shufflevector(a, b, 0, 4, 1, 5);
        const vector cd = __builtin_shufflevector(c, e, 0, 4, 1, 5);
        const vector AB = __builtin_shufflevector(a, b, 2, 6, 3, 7);
        const vector CD = __builtin_shufflevector(c, e, 2, 6, 3, 7);
        *reinterpret_cast<loose*>(to) = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
        *reinterpret_cast<loose*>(to + R) = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
        *reinterpret_cast<loose*>(to + 2 * R) = __builtin_shufflevector(AB, CD, 0, 1, 4, 5);
        *reinterpret_cast<loose*>(to + 3 * R) = __builtin_shufflevector(AB, CD, 2, 3, 6, 7);
    }
    for (; j < d; ++j, to += R)
        for (int r = 0; r < B; ++r) to[r] = read.one(at[r], j);
}

// Turn R rows so that column j of row i stands at tile[j * R + i].
template <typename T, typename IN, typename Reader>
void turned(const IN* const* at, const Reader& read, std::int64_t d, T* tile) {
    constexpr int R = tile_rows<T>();
    int i = 0;
    for (; i + B <= R; i += B) {
        ahead(at[i], B * d);
        turned_by_four(at + i, read, d, tile + i);
    }
    for (; i < R; ++i)
        for (std::int64_t j = 0; j < d; ++j) tile[j * R + i] = read.one(at[i], j);
}

#if defined(__AVX__)
template <>
inline void turned(const float* const* at, const Plain<float, float>& read, std::int64_t d,
                   float* tile) {
    constexpr int R = tile_rows<float>();
    static_assert(R % 8 == 0, "tiles are vectors of 8 floats or more");
    for (int i = 0; i < R; i += 8) {
        ahead(at[i], 8 * d);
        for (std::int64_t j = turned_by_eight(at + i, read.shift, d, R, tile + i); j < d; ++j)
            for (int r = 0; r < 8; ++r) tile[j * R + i + r] = read.one(at[i + r], j);
    }
}
#endif

// Turn rows given by number; those beyond the m first are the first one again.
template <typename T, typename IN>
void turn(const Source<IN>& from, const std::int64_t* numbers, std::int64_t m, const T* shift,
          std::int64_t d, T* tile) {
    constexpr int R = tile_rows<T>();
    const IN* at[R];
    for (int i = 0; i < R; ++i) at[i] = from.row(numbers[i < m ? i : 0]);
    if (!from.from)
        turned(at, Plain<T, IN>{shift}, d, tile);
    else if (from.narrow)
        turned(at, Framed<T, IN, true>{shift, from.from, from.inverse}, d, tile);
    else
        turned(at, Framed<T, IN, false>{shift, from.from, from.inverse}, d, tile);
}

}  // namespace
