// Distances of points to rows, added up by runs of rows: what a silhouette measures.
//
// A squared distance is the dot product of two lines that were laid out for it; P points by V
// vectors of rows are held in registers, and rows are turned, some of a run at a time.
#include "simd.hpp"

namespace {

constexpr int L = Simd<double>::lanes, P = 4, V = BYTES == 64 ? 4 : 2;
constexpr std::int64_t TILE = 256;  // rows that are turned at a time, which stay near a core
using vector = Simd<double>::vector;

// Column j of the rows at turned[j * TILE + i]; beyond the last row zeros, whose product is zero.
std::int64_t turn(const double* rows, std::int64_t n, std::int64_t width, double* turned) {
    const std::int64_t filled = (n + V * L - 1) / (V * L) * (V * L);
    for (std::int64_t j = 0; j < width; ++j) {
        for (std::int64_t i = 0; i < n; ++i) turned[j * TILE + i] = rows[i * width + j];
        for (std::int64_t i = n; i < filled; ++i) turned[j * TILE + i] = 0;
    }
    return filled;
}

template <int N>
void added(const double* points, std::int64_t width, const double* turned, std::int64_t n,
           double* sums, std::int64_t apart) {
    vector total[N] = {};
    for (std::int64_t i = 0; i < n; i += V * L) {
        vector squares[N][V] = {};
        for (std::int64_t j = 0; j < width; ++j) {
            vector rows[V];
            for (int v = 0; v < V; ++v) rows[v] = load(turned + j * TILE + i + v * L);
            for (int p = 0; p < N; ++p) {
                const vector point = spread<double>(points[p * width + j]);
                for (int v = 0; v < V; ++v) squares[p][v] += point * rows[v];
            }
        }
        alignas(BYTES) double each[N * V * L];
        for (int p = 0; p < N; ++p)
            for (int v = 0; v < V; ++v)  // a NaN stays one
                store(each + (p * V + v) * L, squares[p][v] < 0 ? vector{} : squares[p][v]);
        for (int e = 0; e < N * V * L; ++e) each[e] = __builtin_sqrt(each[e]);
        for (int p = 0; p < N; ++p)
            for (int v = 0; v < V; ++v) total[p] += load(each + (p * V + v) * L);
    }
    for (int p = 0; p < N; ++p) {
        double sum = 0;
        for (int l = 0; l < L; ++l) sum += total[p][l];
        sums[p * apart] += sum;
    }
}

}  // namespace

// Add to `sums` (m, n_codes) the distances of points (m, width) to rows; run r of these ends before
// row ends[r] and counts for codes[r].
ENGINE_EXPORT std::int64_t KERNEL(distance_sums_f64)(
    const double* points, const double* rows, const std::int64_t* ends, const std::int64_t* codes,
    std::int64_t m, std::int64_t n_runs, std::int64_t width, std::int64_t n_codes, double* sums) {
    Room<double> turned(static_cast<std::size_t>(width * TILE));
    if (!turned.data()) return NO_MEMORY;
    std::int64_t start = 0;
    for (std::int64_t r = 0; r < n_runs; ++r)
        while (start < ends[r]) {
            const std::int64_t n = ends[r] - start < TILE ? ends[r] - start : TILE;
            const std::int64_t filled = turn(rows + start * width, n, width, turned.data());
            std::int64_t p = 0;
            for (; p + P <= m; p += P)
                added<P>(points + p * width, width, turned.data(), filled,
                         sums + p * n_codes + codes[r], n_codes);
            for (; p < m; ++p)
                added<1>(points + p * width, width, turned.data(), filled,
                         sums + p * n_codes + codes[r], n_codes);
            start += n;
        }
    return 0;
}
