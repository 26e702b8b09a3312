// The nearest of fixed points for rows, and the rows added up by it in the same reading.
//
// A score is |c|^2 - 2 (x - s).(c - s): its order is that of squared distances. V vectors of rows
// and C points are held in registers; rows are turned so that a vector holds one column of several.
#include "simd.hpp"

namespace {

#if defined(__AVX512F__)
constexpr int V = 4, C = 6;
#else
constexpr int V = 3, C = 4;
#endif

template <typename T> constexpr int tile_rows() { return V * Simd<T>::lanes; }

// Turn up to R rows, less the shift, so that column j of row i stands at tile[j * R + i].
template <typename T>
void turn(const T* rows, const T* shift, std::int64_t n, std::int64_t d, T* tile) {
    constexpr int R = tile_rows<T>();
    constexpr int B = 4;
    typedef T four __attribute__((vector_size(B * sizeof(T))));
    typedef T loose __attribute__((vector_size(B * sizeof(T)), aligned(sizeof(T)), may_alias));
    std::int64_t i = 0;
    for (; i + B <= n; i += B) {
        const T* r0 = rows + i * d;
        const T *r1 = r0 + d, *r2 = r1 + d, *r3 = r2 + d;
        std::int64_t j = 0;
        for (; j + B <= d; j += B) {
            const four s = *reinterpret_cast<const loose*>(shift + j);
            const four a = *reinterpret_cast<const loose*>(r0 + j) - s;
            const four b = *reinterpret_cast<const loose*>(r1 + j) - s;
            const four c = *reinterpret_cast<const loose*>(r2 + j) - s;
            const four e = *reinterpret_cast<const loose*>(r3 + j) - s;
            const four ab = __builtin_shufflevector(a, b, 0, 4, 1, 5);
            const four cd = __builtin_shufflevector(c, e, 0, 4, 1, 5);
            const four AB = __builtin_shufflevector(a, b, 2, 6, 3, 7);
            const four CD = __builtin_shufflevector(c, e, 2, 6, 3, 7);
            T* at = tile + j * R + i;
            *reinterpret_cast<loose*>(at) = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
            *reinterpret_cast<loose*>(at + R) = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
            *reinterpret_cast<loose*>(at + 2 * R) = __builtin_shufflevector(AB, CD, 0, 1, 4, 5);
            *reinterpret_cast<loose*>(at + 3 * R) = __builtin_shufflevector(AB, CD, 2, 3, 6, 7);
        }
        for (; j < d; ++j) {
            T* at = tile + j * R + i;
            at[0] = r0[j] - shift[j];
            at[1] = r1[j] - shift[j];
            at[2] = r2[j] - shift[j];
            at[3] = r3[j] - shift[j];
        }
    }
    for (; i < n; ++i)
        for (std::int64_t j = 0; j < d; ++j) tile[j * R + i] = rows[i * d + j] - shift[j];
    for (; i < R; ++i)  // rows that are none: the first one again
        for (std::int64_t j = 0; j < d; ++j) tile[j * R + i] = tile[j * R];
}

// The best of all points for a tile of rows, its number, and the second best where it is asked for.
template <typename T, bool SECOND>
void score(const T* tile, const T* points, const T* squares, std::int64_t k, std::int64_t d,
           typename Simd<T>::vector* best, typename Simd<T>::vector* second,
           typename Simd<T>::numbers* label) {
    using vector = typename Simd<T>::vector;
    using number = typename Simd<T>::number;
    constexpr int L = Simd<T>::lanes, R = tile_rows<T>();
    const vector infinite = spread<T>(__builtin_inf());
    for (int v = 0; v < V; ++v) {
        best[v] = infinite;
        if (SECOND) second[v] = infinite;
        label[v] = typename Simd<T>::numbers{};
    }
    for (std::int64_t c = 0; c < k; c += C) {
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
                if (SECOND) {
                    const vector other = less ? best[v] : sum[p][v];
                    second[v] = other < second[v] ? other : second[v];
                }
                best[v] = less ? sum[p][v] : best[v];
                label[v] = less ? here : label[v];
            }
        }
    }
}

template <typename T>
std::int64_t exact(const T* rows, const T* shift, const T* points, const T* squares, double norm,
                   double share, double least, std::int64_t n, std::int64_t d, std::int64_t k,
                   std::int32_t* labels, std::int64_t* unsure) {
    using vector = typename Simd<T>::vector;
    constexpr int L = Simd<T>::lanes, R = tile_rows<T>();
    Room<T> room(d * R);
    if (!room.data()) return NO_MEMORY;
    std::int64_t found = 0;
    for (std::int64_t start = 0; start < n; start += R) {
        const std::int64_t m = n - start < R ? n - start : R;
        turn(rows + start * d, shift, m, d, room.data());
        vector best[V], second[V], size[V] = {};
        typename Simd<T>::numbers label[V];
        score<T, true>(room.data(), points, squares, k, d, best, second, label);
        for (std::int64_t j = 0; j < d; ++j)
            for (int v = 0; v < V; ++v) {
                const vector x = load(room.data() + j * R + v * L);
                size[v] += x * x;
            }
        for (int v = 0; v < V && v * L < m; ++v)
            for (int i = 0; i < L && v * L + i < m; ++i) {
                const std::int64_t row = start + v * L + i;
                labels[row] = static_cast<std::int32_t>(label[v][i]);
                const double length = __builtin_sqrt(static_cast<double>(size[v][i]));
                const double bound = share * norm * (2 * length + norm) + least;
                // "Not clearly farther", so that a NaN or an overflow is unsure as well.
                const double apart =
                    static_cast<double>(second[v][i]) - static_cast<double>(best[v][i]);
                if (!(apart > bound)) unsure[found++] = row;
            }
    }
    return found;
}

template <typename T>
int summed(const T* rows, const double* weights, const T* shift, const T* points, const T* squares,
           std::int64_t n, std::int64_t d, std::int64_t k, double* counts, double* sums) {
    constexpr int L = Simd<T>::lanes, R = tile_rows<T>();
    Room<T> room(d * R);
    if (!room.data()) return NO_MEMORY;
    for (std::int64_t start = 0; start < n; start += R) {
        const std::int64_t m = n - start < R ? n - start : R;
        turn(rows + start * d, shift, m, d, room.data());
        typename Simd<T>::vector best[V];
        typename Simd<T>::numbers label[V];
        score<T, false>(room.data(), points, squares, k, d, best, nullptr, label);
        for (std::int64_t i = 0; i < m; ++i) {
            const std::int64_t to = label[i / L][i % L];
            const T* row = rows + (start + i) * d;
            double* at = sums + to * d;
            const double weight = weights ? weights[start + i] : 1.0;
            counts[to] += weight;
            if (weights)
                for (std::int64_t j = 0; j < d; ++j) at[j] += weight * static_cast<double>(row[j]);
            else
                for (std::int64_t j = 0; j < d; ++j) at[j] += static_cast<double>(row[j]);
        }
    }
    return 0;
}

}  // namespace

// How many points stand side by side in `points`: it is laid out as (k / C, d, C), k padded to a
// multiple of C by points whose square is infinite.
ENGINE_EXPORT std::int64_t KERNEL(nearest_group)() { return C; }

// Label rows; gives how many rows have two points within rounding, and their numbers in `unsure`.
ENGINE_EXPORT std::int64_t KERNEL(nearest_exact_f32)(
    const float* rows, const float* shift, const float* points, const float* squares, double norm,
    double share, double least, std::int64_t n, std::int64_t d, std::int64_t k,
    std::int32_t* labels, std::int64_t* unsure) {
    return exact(rows, shift, points, squares, norm, share, least, n, d, k, labels, unsure);
}

// Add rows up by their nearest point, into `counts` (k,) and `sums` (k, d), which begin as zeros.
ENGINE_EXPORT std::int64_t KERNEL(nearest_sums_f32)(
    const float* rows, const double* weights, const float* shift, const float* points,
    const float* squares, std::int64_t n, std::int64_t d, std::int64_t k, double* counts,
    double* sums) {
    return summed(rows, weights, shift, points, squares, n, d, k, counts, sums);
}
