// The nearest other rows of each of few rows, exactly: by float64 differences of float32 rows.
//
// Rows stand by column, so that a vector holds one column of several; Q rows are measured against V
// vectors of others at a time. What is nearer than the farthest of those kept takes its place.
#include "simd.hpp"

namespace {

#if defined(__AVX512F__)
constexpr int Q = 4, V = 4;
#else
constexpr int Q = 3, V = 2;
#endif
constexpr int L = Simd<double>::lanes, R = V * L;
using vector = Simd<double>::vector;

template <int B> struct Doubles {
    typedef double vector __attribute__((vector_size(B)));
};

// The least of a vector of B bytes.
template <int B> inline double least(typename Doubles<B>::vector v) {
    if constexpr (B == 16) {
        return v[0] < v[1] ? v[0] : v[1];
    } else {
        typename Doubles<B / 2>::vector low, high;
        std::memcpy(&low, &v, B / 2);
        std::memcpy(&high, reinterpret_cast<const char*>(&v) + B / 2, B / 2);
        return least<B / 2>(low < high ? low : high);
    }
}

// The m nearest so far, the farthest of them last; of equals the first that came.
struct Kept {
    double* squares;
    std::int64_t* rows;
    std::int64_t m;

    double farthest() const { return squares[m - 1]; }

    void take(double square, std::int64_t row) {
        std::int64_t at = m - 1;
        for (; at > 0 && squares[at - 1] > square; --at) {
            squares[at] = squares[at - 1];
            rows[at] = rows[at - 1];
        }
        squares[at] = square;
        rows[at] = row;
    }
};

// Squared distances of Q rows, whose columns stand in `from` (d, Q), to R rows from `at` on.
inline void measure(const double* columns, std::int64_t apart, const double* from, std::int64_t d,
                    vector sum[Q][V]) {
    for (int q = 0; q < Q; ++q)
        for (int v = 0; v < V; ++v) sum[q][v] = vector{};
    for (std::int64_t j = 0; j < d; ++j) {
        vector x[V];
        for (int v = 0; v < V; ++v) x[v] = load(columns + j * apart + v * L);
        for (int q = 0; q < Q; ++q) {
            const vector own = spread(from[j * Q + q]);
            for (int v = 0; v < V; ++v) {
                const vector difference = x[v] - own;
                sum[q][v] += difference * difference;
            }
        }
    }
}

std::int64_t others(const float* rows, std::int64_t n, std::int64_t d, std::int64_t m,
                    std::int64_t* found) {
    const std::int64_t apart = (n + R - 1) / R * R;
    Room<double> columns(d * apart), from(d * Q), squares(Q * m);
    if (!columns.data() || !from.data() || !squares.data()) return NO_MEMORY;
    for (std::int64_t j = 0; j < d; ++j) {
        double* column = columns.data() + j * apart;
        for (std::int64_t i = 0; i < n; ++i) column[i] = static_cast<double>(rows[i * d + j]);
        for (std::int64_t i = n; i < apart; ++i) column[i] = 0;
    }
    for (std::int64_t start = 0; start < n; start += Q) {
        Kept kept[Q];
        const std::int64_t some = n - start < Q ? n - start : Q;
        for (std::int64_t q = 0; q < Q; ++q) {
            const std::int64_t row = start + (q < some ? q : 0);
            for (std::int64_t j = 0; j < d; ++j)
                from.data()[j * Q + q] = columns.data()[j * apart + row];
            kept[q] = {squares.data() + q * m, found + row * m, m};
            for (std::int64_t i = 0; i < m; ++i) kept[q].squares[i] = __builtin_inf();
        }
        for (std::int64_t at = 0; at < n; at += R) {
            vector sum[Q][V];
            measure(columns.data() + at, apart, from.data(), d, sum);
            for (std::int64_t q = 0; q < some; ++q) {
                vector nearest = sum[q][0];
                for (int v = 1; v < V; ++v) nearest = sum[q][v] < nearest ? sum[q][v] : nearest;
                if (!(least<BYTES>(nearest) < kept[q].farthest())) continue;
                for (int v = 0; v < V; ++v) {
                    if (!(least<BYTES>(sum[q][v]) < kept[q].farthest())) continue;
                    double squares_here[L];
                    store(squares_here, sum[q][v]);
                    for (int i = 0; i < L; ++i) {
                        const std::int64_t row = at + v * L + i;
                        if (squares_here[i] < kept[q].farthest() && row < n && row != start + q)
                            kept[q].take(squares_here[i], row);
                    }
                }
            }
        }
    }
    return 0;
}

}  // namespace

// Give the numbers of the `m` < n nearest others of each of the rows (n, d), nearest first.
ENGINE_EXPORT std::int64_t KERNEL(neighbours_f32)(const float* rows, std::int64_t n, std::int64_t d,
                                                  std::int64_t m, std::int64_t* found) {
    return others(rows, n, d, m, found);
}
