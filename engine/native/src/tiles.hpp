// Tiles of rows beside points: rows are turned so that a vector holds one column of several rows,
// and the scores of V vectors of rows by C points are held in registers.
//
// A score is |c|^2 - 2 (x - s).(c - s): its order is that of squared distances, and |x - s|^2 more
// is the squared distance.
#pragma once

#include <limits>

#include "turning.hpp"

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

// Score N points of a group, from number c on, for a tile of rows.
template <int N, bool SECOND, typename T>
inline void score_group(const T* tile, const T* factor, const T* squares, std::int64_t c,
                        std::int64_t d, Best<T>& found) {
    using vector = typename Simd<T>::vector;
    using number = typename Simd<T>::number;
    constexpr int L = Simd<T>::lanes, R = tile_rows<T>();
    vector sum[N][V];
    for (int p = 0; p < N; ++p)
        for (int v = 0; v < V; ++v) sum[p][v] = spread<T>(squares[c + p]);
    for (std::int64_t j = 0; j < d; ++j, factor += C) {
        vector x[V];
        for (int v = 0; v < V; ++v) x[v] = load(tile + j * R + v * L);
        for (int p = 0; p < N; ++p) {
            const vector f = spread(factor[p]);
            for (int v = 0; v < V; ++v) sum[p][v] += f * x[v];
        }
    }
    for (int p = 0; p < N; ++p) {
        const auto here = static_cast<number>(c + p) - typename Simd<T>::numbers{};
        for (int v = 0; v < V; ++v) {
            const auto less = sum[p][v] < found.best[v];
            if (SECOND) found.second[v] = least(most(found.best[v], sum[p][v]), found.second[v]);
            found.best[v] = least(sum[p][v], found.best[v]);
            found.label[v] = less ? here : found.label[v];
        }
    }
}

// Whether the second half of a group has no point that could be the nearest of a row.
template <typename T> inline bool half_empty(const T* squares) {
    bool empty = true;
    for (int p = C / 2; p < C; ++p) empty &= squares[p] > std::numeric_limits<T>::max();
    return empty;
}

// Score points `first` to `last`, multiples of C, for a tile of rows, where columns are few.
template <typename T, bool SECOND>
void score(const T* tile, const T* points, const T* squares, std::int64_t first, std::int64_t last,
           std::int64_t d, Best<T>& found) {
    Best<T> best = found;
    for (std::int64_t c = first; c < last; c += C) {
        if (half_empty(squares + c))
            score_group<C / 2, SECOND>(tile, points + c * d, squares, c, d, best);
        else
            score_group<C, SECOND>(tile, points + c * d, squares, c, d, best);
    }
    found = best;
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
