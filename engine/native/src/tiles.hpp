// Tiles of rows beside points: rows are turned so that a vector holds one column of several rows,
// and the scores of V vectors of rows by C points are held in registers.
//
// A score is |c|^2 - 2 (x - s).(c - s): its order is that of squared distances, and |x - s|^2 more
// is the squared distance.
#pragma once

#include "simd.hpp"

#if defined(__AVX__)
#include <immintrin.h>
#endif

namespace {

// The less, and the greater, of two; the second where one is no number. One instruction where
// compilers, which heed that in vectors, take two.
template <typename V> inline V least(V a, V b) { return a < b ? a : b; }
template <typename V> inline V most(V a, V b) { return a > b ? a : b; }
#if defined(__AVX512F__)
template <> inline Simd<float>::vector least(Simd<float>::vector a, Simd<float>::vector b) {
    return _mm512_min_ps(a, b);
}
template <> inline Simd<float>::vector most(Simd<float>::vector a, Simd<float>::vector b) {
    return _mm512_max_ps(a, b);
}
#elif defined(__AVX__)
template <> inline Simd<float>::vector least(Simd<float>::vector a, Simd<float>::vector b) {
    return _mm256_min_ps(a, b);
}
template <> inline Simd<float>::vector most(Simd<float>::vector a, Simd<float>::vector b) {
    return _mm256_max_ps(a, b);
}
#endif

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

// Turn R rows so that column j of row i stands at tile[j * R + i].
template <typename T, typename IN, typename Reader>
void turned(const IN* const* at, const Reader& read, std::int64_t d, T* tile) {
    constexpr int R = tile_rows<T>();
    using vector = typename Four<T>::vector;
    using loose = typename Four<T>::loose;
    int i = 0;
    for (; i + B <= R; i += B) {
        std::int64_t j = 0;
        for (; j + B <= d; j += B) {
            const vector a = read.many(at[i], j), b = read.many(at[i + 1], j);
            const vector c = read.many(at[i + 2], j), e = read.many(at[i + 3], j);
            const vector ab = __builtin_shufflevector(a, b, 0, 4, 1, 5);
            const vector cd = __builtin_shufflevector(c, e, 0, 4, 1, 5);
            const vector AB = __builtin_shufflevector(a, b, 2, 6, 3, 7);
            const vector CD = __builtin_shufflevector(c, e, 2, 6, 3, 7);
            T* to = tile + j * R + i;
            *reinterpret_cast<loose*>(to) = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
            *reinterpret_cast<loose*>(to + R) = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
            *reinterpret_cast<loose*>(to + 2 * R) = __builtin_shufflevector(AB, CD, 0, 1, 4, 5);
            *reinterpret_cast<loose*>(to + 3 * R) = __builtin_shufflevector(AB, CD, 2, 3, 6, 7);
        }
        for (; j < d; ++j)
            for (int r = 0; r < B; ++r) tile[j * R + i + r] = read.one(at[i + r], j);
    }
    for (; i < R; ++i)
        for (std::int64_t j = 0; j < d; ++j) tile[j * R + i] = read.one(at[i], j);
}

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

// The best of the points so far for a tile of rows, its number, and the second best.
template <typename T> struct Best {
    typename Simd<T>::vector best[V], second[V];
    typename Simd<T>::numbers label[V];

    void none() {
        for (int v = 0; v < V; ++v) {
            best[v] = second[v] = spread<T>(static_cast<T>(__builtin_inf()));
            label[v] = typename Simd<T>::numbers{};
        }
    }
};

// Columns of a tile that stay in a core's first cache, and groups of points that are summed beside.
constexpr std::int64_t PANEL = 192;
constexpr int GROUPS = 8;

// Score points `first` to `last`, multiples of C, for a tile of rows, where columns are few.
template <typename T, bool SECOND>
void score(const T* tile, const T* points, const T* squares, std::int64_t first, std::int64_t last,
           std::int64_t d, Best<T>& found) {
    using vector = typename Simd<T>::vector;
    using number = typename Simd<T>::number;
    constexpr int L = Simd<T>::lanes, R = tile_rows<T>();
    vector best[V], second[V];
    typename Simd<T>::numbers label[V];
    for (int v = 0; v < V; ++v) {
        best[v] = found.best[v];
        label[v] = found.label[v];
        if (SECOND) second[v] = found.second[v];
    }
    for (std::int64_t c = first; c < last; c += C) {
        vector sum[C][V];
        for (int p = 0; p < C; ++p)
            for (int v = 0; v < V; ++v) sum[p][v] = spread<T>(squares[c + p]);
        const T* factor = points + c * d;
        for (std::int64_t j = 0; j < d; ++j, factor += C) {
            vector x[V];
            for (int v = 0; v < V; ++v) x[v] = load(tile + j * R + v * L);
            for (int p = 0; p < C; ++p) {
                const vector f = spread(factor[p]);
                for (int v = 0; v < V; ++v) sum[p][v] += f * x[v];
            }
        }
        for (int p = 0; p < C; ++p) {
            const auto here = static_cast<number>(c + p) - typename Simd<T>::numbers{};
            for (int v = 0; v < V; ++v) {
                const auto less = sum[p][v] < best[v];
                if (SECOND) second[v] = least(most(best[v], sum[p][v]), second[v]);
                best[v] = least(sum[p][v], best[v]);
                label[v] = less ? here : label[v];
            }
        }
    }
    for (int v = 0; v < V; ++v) {
        found.best[v] = best[v];
        found.label[v] = label[v];
        if (SECOND) found.second[v] = second[v];
    }
}

// Add up products of C points and a tile's rows over some columns, to what `sums` (C, R) holds.
template <typename T>
void add_products(const T* tile, const T* factor, std::int64_t columns, T* sums) {
    using vector = typename Simd<T>::vector;
    constexpr int L = Simd<T>::lanes, R = tile_rows<T>();
    vector sum[C][V];
    for (int p = 0; p < C; ++p)
        for (int v = 0; v < V; ++v) sum[p][v] = load(sums + p * R + v * L);
    for (std::int64_t j = 0; j < columns; ++j, factor += C) {
        vector x[V];
        for (int v = 0; v < V; ++v) x[v] = load(tile + j * R + v * L);
        for (int p = 0; p < C; ++p) {
            const vector f = spread(factor[p]);
            for (int v = 0; v < V; ++v) sum[p][v] += f * x[v];
        }
    }
    for (int p = 0; p < C; ++p)
        for (int v = 0; v < V; ++v) store(sums + p * R + v * L, sum[p][v]);
}

// The same as `score` where columns are many: by panels of them, for several groups of points.
template <typename T, bool SECOND>
void score_wide(const T* tile, const T* points, const T* squares, std::int64_t first,
                std::int64_t last, std::int64_t d, Best<T>& found) {
    using number = typename Simd<T>::number;
    constexpr int L = Simd<T>::lanes, R = tile_rows<T>();
    T sums[GROUPS * C * R];
    for (std::int64_t from = first; from < last; from += GROUPS * C) {
        const std::int64_t m = last - from < GROUPS * C ? last - from : GROUPS * C;
        for (std::int64_t p = 0; p < m; ++p)
            for (int v = 0; v < V; ++v) store(sums + p * R + v * L, spread<T>(squares[from + p]));
        for (std::int64_t j = 0; j < d; j += PANEL)
            for (std::int64_t p = 0; p < m; p += C)
                add_products(tile + j * R, points + (from + p) * d + j * C,
                             d - j < PANEL ? d - j : PANEL, sums + p * R);
        for (std::int64_t p = 0; p < m; ++p) {
            const auto here = static_cast<number>(from + p) - typename Simd<T>::numbers{};
            for (int v = 0; v < V; ++v) {
                const auto sum = load(sums + p * R + v * L);
                const auto less = sum < found.best[v];
                if (SECOND) found.second[v] = least(most(found.best[v], sum), found.second[v]);
                found.best[v] = least(sum, found.best[v]);
                found.label[v] = less ? here : found.label[v];
            }
        }
    }
}

// Squared norms of the rows of a tile.
template <typename T> void norms(const T* tile, std::int64_t d, typename Simd<T>::vector* size) {
    constexpr int L = Simd<T>::lanes, R = tile_rows<T>();
    for (int v = 0; v < V; ++v) size[v] = typename Simd<T>::vector{};
    for (std::int64_t j = 0; j < d; ++j)
        for (int v = 0; v < V; ++v) {
            const auto x = load(tile + j * R + v * L);
            size[v] += x * x;
        }
}

// How points and tiles are gone over: where points do not stay in a core's cache, by blocks of them
// that do, for several tiles each.
constexpr std::int64_t POINT_BYTES = 128 << 10, TILE_BYTES = 192 << 10;
constexpr int MOST_TILES = 16;

template <typename T> struct Sweep {
    const T* shift;
    const T* points;
    const T* squares;
    std::int64_t k, d, block;
    int tiles;

    Sweep(const T* shift_, const T* points_, const T* squares_, std::int64_t k_, std::int64_t d_)
        : shift(shift_), points(points_), squares(squares_), k(k_), d(d_), block(k_), tiles(1) {
        const std::int64_t each = d * static_cast<std::int64_t>(sizeof(T));
        if (k * each <= 2 * POINT_BYTES) return;
        const std::int64_t fit = TILE_BYTES / (each * tile_rows<T>());
        tiles = static_cast<int>(fit < 1 ? 1 : fit > MOST_TILES ? MOST_TILES : fit);
        const std::int64_t groups = POINT_BYTES / (each * C);
        block = (groups < 1 ? 1 : groups) * C;
    }

    // Rows that are gone over together, and the room that they take.
    int rows() const { return tiles * tile_rows<T>(); }
    std::size_t room() const { return static_cast<std::size_t>(d) * rows(); }

    // Turn up to `rows()` rows, given by number, and find the best points for each tile of them.
    template <bool SECOND, typename IN>
    void operator()(const Source<IN>& from, const std::int64_t* numbers, std::int64_t m, T* room,
                    Best<T>* found) const {
        constexpr std::int64_t R = tile_rows<T>();
        const std::int64_t used = (m + R - 1) / R;
        for (std::int64_t t = 0; t < used; ++t) {
            found[t].none();
            turn(from, numbers + t * R, m - t * R < R ? m - t * R : R, shift, d, room + t * d * R);
        }
        for (std::int64_t first = 0; first < k; first += block) {
            const std::int64_t last = first + block < k ? first + block : k;
            for (std::int64_t t = 0; t < used; ++t)
                (d > PANEL ? score_wide<T, SECOND> : score<T, SECOND>)(
                    room + t * d * R, points, squares, first, last, d, found[t]);
        }
    }
};

}  // namespace
