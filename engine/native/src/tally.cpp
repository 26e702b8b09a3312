// How the values of a column lie: how many are not above each edge, and their sums within bounds.
#include "simd.hpp"

namespace {

constexpr int L = Simd<double>::lanes, V = 8 / L;  // eight sums side by side, whatever the vectors
constexpr int E = 4;                               // edges that a value is held against at a time
constexpr std::int64_t T = 1024;                   // values that are looked through at a time
using vector = Simd<double>::vector;
using numbers = Simd<double>::numbers;

struct Sums {
    double total, moment, square;
};

inline double folded(const vector* sums) {
    double sum = 0;
    for (int v = 0; v < V; ++v)
        for (int l = 0; l < L; ++l) sum += sums[v][l];
    return sum;
}

// Add values up; those that are not finite become NaN, which lies nowhere.
void added(double* values, double low, double high, Sums& sums) {
    const vector from = spread(low), to = spread(high), none = spread(__builtin_nan(""));
    vector total[V] = {}, moment[V] = {}, square[V] = {};
    for (std::int64_t i = 0; i < T; i += V * L)
        for (int v = 0; v < V; ++v) {
            const vector value = load(values + i + v * L);
            const numbers known = value - value == 0;
            store(values + i + v * L, known ? value : none);
            total[v] += known ? value : vector{};
            const vector moved = known & (value >= from) & (value <= to) ? value - from : vector{};
            moment[v] += moved;
            square[v] += moved * moved;
        }
    sums.total += folded(total);
    sums.moment += folded(moment);
    sums.square += folded(square);
}

template <int N> void counted(const double* values, const double* edges, std::int64_t* upto) {
    numbers count[N] = {};
    vector edge[N];
    for (int e = 0; e < N; ++e) edge[e] = spread(edges[e]);
    for (std::int64_t i = 0; i < T; i += L) {
        const vector value = load(values + i);
        for (int e = 0; e < N; ++e) count[e] -= value <= edge[e];
    }
    for (int e = 0; e < N; ++e)
        for (int l = 0; l < L; ++l) upto[e] += count[e][l];
}

template <typename A>
std::int64_t tallied(const A* column, const double* edges, double low, double high, std::int64_t n,
                     std::int64_t m, std::int64_t* upto, double* sums) {
    alignas(BYTES) double values[T];
    Sums all{};
    for (std::int64_t start = 0; start < n; start += T) {
        const std::int64_t some = n - start < T ? n - start : T;
        for (std::int64_t i = 0; i < some; ++i) values[i] = static_cast<double>(column[start + i]);
        for (std::int64_t i = some; i < T; ++i) values[i] = __builtin_nan("");
        added(values, low, high, all);
        std::int64_t e = 0;
        for (; e + E <= m; e += E) counted<E>(values, edges + e, upto + e);
        for (; e < m; ++e) counted<1>(values, edges + e, upto + e);
    }
    sums[0] += all.total;
    sums[1] += all.moment;
    sums[2] += all.square;
    return 0;
}

}  // namespace

// Add to `upto` (m,) how many values are finite and not above each of `edges` (m,), and to `sums`
// (3,) these values, and of those from `low` to `high` what they are more than `low`, and its squares.
#define TALLY(name, A)                                                                            \
    ENGINE_EXPORT std::int64_t KERNEL(name)(const A* column, const double* edges, double low,     \
                                            double high, std::int64_t n, std::int64_t m,          \
                                            std::int64_t* upto, double* sums) {                   \
        return tallied(column, edges, low, high, n, m, upto, sums);      \
    }

TALLY(tally_f64, double)
TALLY(tally_f32, float)
TALLY(tally_i64, std::int64_t)
TALLY(tally_i32, std::int32_t)
