// The nearest of fixed points for rows, and the rows added up by it in the same reading.
#include "tiles.hpp"

namespace {

// Rows farther out than this are decided otherwise: a frame draws them in.
constexpr float OUTSIDE = 1e29F;

// Write the labels of a tile's rows: the numbers of the points, or their names.
void name(const Best<float>& found, const std::int32_t* names, std::int64_t m, std::int32_t* to) {
    constexpr int L = Simd<float>::lanes;
    if (names)
        for (std::int64_t i = 0; i < m; ++i) to[i] = names[found.label[i / L][i % L]];
    else
        std::memcpy(to, found.label, static_cast<std::size_t>(m) * sizeof(std::int32_t));
}

// Whether a row of a tile may be unsure: by a bound that is no less and takes no roots, for
// 2 |x| norm is at most |x|^2 + norm^2.
bool doubtful(const Best<float>& found, const Simd<float>::vector* size, double norm, double share,
              double least) {
    const auto each = spread<float>(static_cast<float>(1.001 * share));
    const auto rest = spread<float>(static_cast<float>(1.001 * (2 * share * norm * norm + least)));
    Simd<float>::numbers sure = size[0] < spread(OUTSIDE);
    for (int v = 0; v < V; ++v)
        sure &= (found.second[v] - found.best[v] > each * size[v] + rest) &
                (size[v] < spread(OUTSIDE));
    return !everywhere(sure);
}

template <typename IN>
std::int64_t exact(const Source<IN>& from, const Sweep<float>& sweep, double norm, double share,
                   double least, std::int64_t n, const std::int32_t* names, std::int32_t* labels,
                   std::int64_t* unsure) {
    constexpr int L = Simd<float>::lanes, R = tile_rows<float>();
    Room<float> room(sweep.room());
    if (!room.data()) return NO_MEMORY;
    Best<float> found[MOST_TILES];
    std::int64_t numbers[MOST_TILES * R], close = 0;
    const std::int64_t step = sweep.rows();
    for (std::int64_t start = 0; start < n; start += step) {
        const std::int64_t m = n - start < step ? n - start : step;
        for (std::int64_t i = 0; i < m; ++i) numbers[i] = start + i;
        sweep.template operator()<true>(from, numbers, m, room.data(), found);
        for (std::int64_t t = 0; t * R < m; ++t) {
            Simd<float>::vector size[V];
            norms(room.data() + t * sweep.d * R, sweep.d, size);
            std::int32_t* to = labels + start + t * R;
            const std::int64_t some = m - t * R < R ? m - t * R : R;
            name(found[t], names, some, to);
            if (!doubtful(found[t], size, norm, share, least)) continue;
            for (std::int64_t i = 0; i < some; ++i) {
                const float own = size[i / L][i % L];
                const double length = __builtin_sqrt(static_cast<double>(own));
                const double bound = share * norm * (2 * length + norm) + least;
                // "Not clearly farther", so that a NaN or an overflow is unsure as well.
                const double apart = static_cast<double>(found[t].second[i / L][i % L]) -
                                     static_cast<double>(found[t].best[i / L][i % L]);
                if (!(apart > bound) || !(own < OUTSIDE)) unsure[close++] = start + t * R + i;
            }
        }
    }
    return close;
}

template <typename T>
int summed(const T* rows, const double* weights, const Sweep<T>& sweep, std::int64_t n,
           double* counts, double* sums) {
    constexpr int L = Simd<T>::lanes, R = tile_rows<T>();
    const std::int64_t d = sweep.d, step = sweep.rows();
    const Source<T> from{rows, d, nullptr, nullptr, 1.0, false};
    Room<T> room(sweep.room());
    if (!room.data()) return NO_MEMORY;
    Best<T> found[MOST_TILES];
    std::int64_t numbers[MOST_TILES * R];
    for (std::int64_t start = 0; start < n; start += step) {
        const std::int64_t m = n - start < step ? n - start : step;
        for (std::int64_t i = 0; i < m; ++i) numbers[i] = start + i;
        sweep.template operator()<false>(from, numbers, m, room.data(), found);
        for (std::int64_t i = 0; i < m; ++i) {
            const std::int64_t to = found[i / R].label[i % R / L][i % L];
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

// Label rows, by `names` of the points if there are any; gives how many rows have two points within
// rounding, and their numbers in `unsure`. Rows are moved into a frame first where `from` is given.
ENGINE_EXPORT std::int64_t KERNEL(nearest_exact_f32)(
    const float* rows, const double* from, double inverse, std::int64_t narrow, const float* shift,
    const float* points, const float* squares, double norm, double share, double least,
    std::int64_t n, std::int64_t d, std::int64_t k, const std::int32_t* names,
    std::int32_t* labels, std::int64_t* unsure) {
    return exact(Source<float>{rows, d, nullptr, from, inverse, narrow != 0},
                 Sweep<float>(shift, points, squares, k, d), norm, share, least, n, names, labels,
                 unsure);
}

ENGINE_EXPORT std::int64_t KERNEL(nearest_exact_f64)(
    const double* rows, const double* from, double inverse, std::int64_t narrow,
    const float* shift, const float* points, const float* squares, double norm, double share,
    double least, std::int64_t n, std::int64_t d, std::int64_t k, const std::int32_t* names,
    std::int32_t* labels, std::int64_t* unsure) {
    return exact(Source<double>{rows, d, nullptr, from, inverse, narrow != 0},
                 Sweep<float>(shift, points, squares, k, d), norm, share, least, n, names, labels,
                 unsure);
}

// Add rows up by their nearest point, into `counts` (k,) and `sums` (k, d), which begin as zeros.
ENGINE_EXPORT std::int64_t KERNEL(nearest_sums_f32)(
    const float* rows, const double* weights, const float* shift, const float* points,
    const float* squares, std::int64_t n, std::int64_t d, std::int64_t k, double* counts,
    double* sums) {
    return summed(rows, weights, Sweep<float>(shift, points, squares, k, d), n, counts, sums);
}
