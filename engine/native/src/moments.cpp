// Rows by segment, in one reading each: their sums and squares, and what is measured from the means.
//
// Rows are float32, everything else float64, as differences from a point of their own segment.
#include "simd.hpp"

namespace {

constexpr int L = Simd<double>::lanes;
using vector = Simd<double>::vector;
typedef float narrow __attribute__((vector_size(BYTES / 2)));
typedef float loose __attribute__((vector_size(BYTES / 2), aligned(4), may_alias));

inline vector widened(const float* from) {
    const narrow few = *reinterpret_cast<const loose*>(from);
    return __builtin_convertvector(few, vector);
}

// Columns in whole vectors. What is read and added up beyond the last column is the next row's.
inline std::int64_t padded(std::int64_t d) { return (d + L - 1) / L * L; }

// Rows, of which the last are handed out from a copy with room behind it.
class Rows {
  public:
    Rows(const float* rows, std::int64_t n, std::int64_t d)
        : rows_(rows), d_(d), whole_(n), room_(static_cast<std::size_t>((n < L ? n : L) * d + L)) {
        const std::int64_t few = n < L ? n : L;  // L rows hold as many values as are read beyond
        whole_ = n - few;
        if (!room_.data()) return;
        std::memset(room_.data(), 0, static_cast<std::size_t>(few * d + L) * sizeof(float));
        if (few)
            std::memcpy(room_.data(), rows + whole_ * d,
                        static_cast<std::size_t>(few * d) * sizeof(float));
    }
    bool ready() const { return room_.data() != nullptr; }
    const float* operator[](std::int64_t i) const {
        return i < whole_ ? rows_ + i * d_ : room_.data() + (i - whole_) * d_;
    }

  private:
    const float* rows_;
    std::int64_t d_, whole_;
    Room<float> room_;
};

// A table of k rows of d values, with room for whole vectors.
bool laid_out(const double* from, std::int64_t k, std::int64_t d, double* to) {
    const std::int64_t wide = padded(d);
    if (!to) return false;
    std::memset(to, 0, static_cast<std::size_t>(k * wide) * sizeof(double));
    for (std::int64_t s = 0; from && s < k; ++s)
        std::memcpy(to + s * wide, from + s * d, static_cast<std::size_t>(d) * sizeof(double));
    return true;
}

void given_back(const double* from, std::int64_t k, std::int64_t d, double* to) {
    const std::int64_t wide = padded(d);
    for (std::int64_t s = 0; s < k; ++s)
        std::memcpy(to + s * d, from + s * wide, static_cast<std::size_t>(d) * sizeof(double));
}

constexpr int V = 2, R = V * L, C = 4;  // rows and centres measured side by side

// What a row's mean squared distance to others of its segment is: share * own + rest; and whether
// rows of the segment have a silhouette (1) or score 0.
struct Within {
    double share, rest, counts;
};

struct Means {
    const double *centres, *spread;
    const Within* within;
    std::int64_t k, d;
};

struct Sums {
    double *squares, *distance, *silhouette;
};

// N centres from number `first` on: which is a row's own, and which other is nearest so far.
template <int N>
inline void compared(const double* tile, const Means& means, std::int64_t first,
                     const Simd<double>::numbers* of, vector* own, vector* other) {
    const vector infinite = spread<double>(__builtin_inf());
    const double* centres = means.centres + first * means.d;
    vector squares[N][V] = {};
    for (std::int64_t j = 0; j < means.d; ++j) {
        vector rows[V];
        for (int v = 0; v < V; ++v) rows[v] = load(tile + j * R + v * L);
        for (int c = 0; c < N; ++c) {
            const vector at = spread<double>(centres[c * means.d + j]);
            for (int v = 0; v < V; ++v) {
                const vector apart = rows[v] - at;
                squares[c][v] += apart * apart;
            }
        }
    }
    for (int c = 0; c < N; ++c) {
        const vector wide = spread<double>(means.spread[first + c]);
        for (int v = 0; v < V; ++v) {
            const auto mine = of[v] == first + c;
            own[v] = mine ? squares[c][v] : own[v];
            const vector apart = mine ? infinite : squares[c][v] + wide;
            other[v] = apart < other[v] ? apart : other[v];
        }
    }
}

// R rows, turned so that column j of row i stands at tile[j * R + i], and their segments.
void measured(const double* tile, const std::int64_t* labels, std::int64_t m, const Means& means,
              Sums sums) {
    using numbers = Simd<double>::numbers;
    typedef numbers loose_numbers __attribute__((aligned(8), may_alias));
    const vector infinite = spread<double>(__builtin_inf());
    vector own[V], other[V];
    numbers of[V];
    for (int v = 0; v < V; ++v) {
        own[v] = vector{};
        other[v] = infinite;
        of[v] = *reinterpret_cast<const loose_numbers*>(labels + v * L);
    }
    std::int64_t c = 0;
    for (; c + C <= means.k; c += C) compared<C>(tile, means, c, of, own, other);
    for (; c < means.k; ++c) compared<1>(tile, means, c, of, own, other);
    alignas(BYTES) double share[R], rest[R], counts[R], length[R], silhouette[R];
    for (int i = 0; i < R; ++i) {
        const Within& within = means.within[labels[i]];
        share[i] = within.share;
        rest[i] = within.rest;
        counts[i] = within.counts;
    }
    for (int v = 0; v < V; ++v) {
        const vector within = load(share + v * L) * own[v] + load(rest + v * L);
        const vector largest = within > other[v] ? within : other[v];
        const vector by = largest > 0 ? largest : spread<double>(1);
        const vector found = (other[v] - within) / by;
        store(silhouette + v * L, load(counts + v * L) > 0 ? found : vector{});
        store(length + v * L, own[v]);
    }
    for (int i = 0; i < R; ++i) share[i] = __builtin_sqrt(length[i]);
    for (std::int64_t i = 0; i < m; ++i) {
        const std::int64_t s = labels[i];
        sums.squares[s] += length[i];
        sums.distance[s] += share[i];
        sums.silhouette[s] += silhouette[i];
    }
}

}  // namespace

// Add up rows less the origin of their segment, and the squares of that: (k, d) each.
ENGINE_EXPORT std::int64_t KERNEL(moments_f32)(const float* rows, const std::int32_t* labels,
                                               const double* origin, std::int64_t n,
                                               std::int64_t d, std::int64_t k, double* sums,
                                               double* squares) {
    const std::int64_t wide = padded(d);
    const Rows all(rows, n, d);
    Room<double> room(static_cast<std::size_t>(3 * k * wide));
    if (!all.ready() || !room.data()) return NO_MEMORY;
    double *from = room.data(), *sum = from + k * wide, *square = sum + k * wide;
    laid_out(origin, k, d, from);
    laid_out(nullptr, k, d, sum);
    laid_out(nullptr, k, d, square);
    for (std::int64_t i = 0; i < n; ++i) {
        const float* row = all[i];
        const std::int64_t at = labels[i] * wide;
        for (std::int64_t j = 0; j < wide; j += L) {
            const vector apart = widened(row + j) - load(from + at + j);
            store(sum + at + j, load(sum + at + j) + apart);
            store(square + at + j, load(square + at + j) + apart * apart);
        }
    }
    given_back(sum, k, d, sums);
    given_back(square, k, d, squares);
    return 0;
}

// Sum up by segment, into (k,) each that begin as zeros: squared distances to the mean, distances,
// and silhouettes by squared distances; `spread` is the mean square about each mean, infinite for
// none, and `scatter` the sum.
ENGINE_EXPORT std::int64_t KERNEL(measure_f32)(
    const float* rows, const std::int32_t* labels, const double* centres, const double* spread,
    const double* sizes, const double* scatter, std::int64_t several, std::int64_t n,
    std::int64_t d, std::int64_t k, double* squares, double* distance, double* silhouette) {
    Room<double> tile(static_cast<std::size_t>(d * R));
    Room<Within> within(static_cast<std::size_t>(k));
    if (!tile.data() || !within.data()) return NO_MEMORY;
    for (std::int64_t s = 0; s < k; ++s) {
        const bool counts = several && sizes[s] > 1;  // a lone row scores 0
        const double others = counts ? sizes[s] - 1 : 1;
        within.data()[s] = {sizes[s] / others, scatter[s] / others, counts ? 1.0 : 0.0};
    }
    const Means means{centres, spread, within.data(), k, d};
    std::int64_t of[R];
    for (std::int64_t start = 0; start < n; start += R) {
        const std::int64_t m = n - start < R ? n - start : R;
        for (std::int64_t i = 0; i < R; ++i) {
            const std::int64_t row = start + (i < m ? i : 0);  // rows that are none: the first one
            of[i] = labels[row];
            for (std::int64_t j = 0; j < d; ++j)
                tile.data()[j * R + i] = static_cast<double>(rows[row * d + j]);
        }
        measured(tile.data(), of, m, means, {squares, distance, silhouette});
    }
    return 0;
}

// The distance of each row to the centre of its segment.
ENGINE_EXPORT std::int64_t KERNEL(own_distances_f32)(const float* rows, const std::int32_t* labels,
                                                     const double* centres, std::int64_t n,
                                                     std::int64_t d, std::int64_t k, float* out) {
    constexpr std::int64_t B = 4 * L;
    Room<double> room(static_cast<std::size_t>(B));
    if (!room.data()) return NO_MEMORY;
    (void)k;
    for (std::int64_t start = 0; start < n; start += B) {
        const std::int64_t m = n - start < B ? n - start : B;
        for (std::int64_t i = 0; i < m; ++i) {
            const float* row = rows + (start + i) * d;
            const double* centre = centres + labels[start + i] * d;
            double sum = 0;
            for (std::int64_t j = 0; j < d; ++j) {
                const double apart = static_cast<double>(row[j]) - centre[j];
                sum += apart * apart;
            }
            room.data()[i] = sum;
        }
        for (std::int64_t i = 0; i < m; ++i)
            out[start + i] = static_cast<float>(__builtin_sqrt(room.data()[i]));
    }
    return 0;
}
