// Sums and products of centred columns, and rows along directions: float32 in, float64 inside.
#include "simd.hpp"

#if defined(__AVX512F__)
#include <immintrin.h>
#endif

namespace {

constexpr int L = Simd<double>::lanes;
using vector = Simd<double>::vector;
typedef float narrow __attribute__((vector_size(4 * L)));
typedef float loose_narrow __attribute__((vector_size(4 * L), aligned(4), may_alias));

constexpr int ROWS = 4, VECTORS = 2, WIDE = VECTORS * L;  // a tile of projections, in registers
constexpr std::int64_t AHEAD = 1 << 10;                   // numbers that are asked for ahead

// A tile of products, in registers: columns of the one side, and vectors of the other at most.
constexpr int SIDE = L > 4 ? L : 4, MOST = 3;
// Rows of a block, and how many of them are centred together.
constexpr std::int64_t BLOCK = 64;
constexpr int TOGETHER = 8;
// A block stands as panels of L columns each, so that a tile reads on and on. A line lies between
// two: else the same row of all panels would share a few places of the first cache.
constexpr std::int64_t PANEL = BLOCK * L + 64 / static_cast<std::int64_t>(sizeof(double));

inline vector widened(const float* from) {
#if defined(__AVX512F__)
    return _mm512_maskz_cvtps_pd(255, _mm256_loadu_ps(from));  // GCC would convert by halves
#else
    return __builtin_convertvector(*reinterpret_cast<const loose_narrow*>(from), vector);
#endif
}

inline void add(double* to, vector v) { store(to, load(to) + v); }

inline std::int64_t padded(std::int64_t n, std::int64_t unit) { return (n + unit - 1) / unit * unit; }

// Rows less the origin, each on `wide` numbers, of which those beyond d stay zero.
void centre(const float* rows, const double* origin, std::int64_t n, std::int64_t d,
            std::int64_t wide, double* block) {
    for (std::int64_t i = 0; i < n; ++i, rows += d, block += wide) {
        for (std::int64_t j = 0; j < d; j += 16) __builtin_prefetch(rows + j + AHEAD);
        std::int64_t j = 0;
        for (; j + L <= d; j += L) store(block + j, widened(rows + j) - load(origin + j));
        for (; j < d; ++j) block[j] = static_cast<double>(rows[j]) - origin[j];
    }
}

// N rows less the origin, into panels, and added to the sums of columns.
template <int N>
void centre_panels(const float* rows, const double* origin, std::int64_t d, double* panel,
                   double* sums) {
    std::int64_t j = 0;
    for (; j + L <= d; j += L, panel += PANEL) {
        const vector less = load(origin + j);
        vector sum{};
        for (int i = 0; i < N; ++i) {
            const vector x = widened(rows + i * d + j) - less;
            store(panel + i * L, x);
            sum += x;
        }
        add(sums + j, sum);
    }
    for (; j < d; ++j, ++panel) {
        double sum = 0;
#pragma GCC unroll 8
        for (int i = 0; i < N; ++i) {
            const double x = static_cast<double>(rows[i * d + j]) - origin[j];
            panel[i * L] = x;
            sum += x;
        }
        sums[j] += sum;
    }
}

// Memory that is asked for bit by bit while a core computes, which would wait for it otherwise.
struct Ahead {
    const char *line, *end;
    std::int64_t step;

    Ahead(const float* rows, std::int64_t values, std::int64_t times)
        : line(reinterpret_cast<const char*>(rows)),
          end(reinterpret_cast<const char*>(rows + values)),
          step(((end - line) / times / 64 + 1) * 64) {}

    void more() {
        const char* last = end - line < step ? end : line + step;
        for (; line < last; line += 64) __builtin_prefetch(line);
    }
};

// Products of SIDE columns from i on with V panels of columns from p on, over the rows of a block.
// By itself, so that all registers are its own.
template <int V>
__attribute__((noinline)) void add_tile(const double* block, std::int64_t n, std::int64_t wide,
                                        std::int64_t i, std::int64_t p, double* products) {
    vector sum[SIDE][V];
#pragma GCC unroll 8
    for (int r = 0; r < SIDE; ++r)  // not all at once: GCC would keep it in memory
        for (int v = 0; v < V; ++v) sum[r][v] = vector{};
    const double *left = block + i / L * PANEL, *right = block + p * PANEL;
    for (std::int64_t row = 0; row < n; ++row, left += L, right += L) {
        vector x[V];
        for (int v = 0; v < V; ++v) x[v] = load(right + v * PANEL);
        for (int r = 0; r < SIDE; ++r)
            for (int v = 0; v < V; ++v) sum[r][v] += x[v] * left[r / L * PANEL + r % L];
    }
#pragma GCC unroll 8
    for (int r = 0; r < SIDE; ++r)
        for (int v = 0; v < V; ++v) add(products + (i + r) * wide + (p + v) * L, sum[r][v]);
}

// Products of all columns with those that do not lie left of them: twos and threes of panels, each
// beside all columns while it is in the first cache.
void add_tiles(const double* block, std::int64_t n, std::int64_t wide, std::int64_t d, Ahead ahead,
               double* products) {
    const std::int64_t panels = (d + L - 1) / L;
    std::int64_t now;
    for (std::int64_t first = 0; first < panels; first += now) {
        const std::int64_t left = panels - first;
        now = left == 4 ? 2 : left < MOST ? left : MOST;
        for (std::int64_t i = 0; i < d && i / L < first + now; i += SIDE) {
            const std::int64_t p = i / L > first ? i / L : first, some = first + now - p;
            ahead.more();
            if (some == 1) add_tile<1>(block, n, wide, i, p, products);
            if (some == 2) add_tile<2>(block, n, wide, i, p, products);
            if (some == 3) add_tile<3>(block, n, wide, i, p, products);
        }
    }
}

// A row along WIDE directions, for ROWS rows: column by column, each product rounded, so that the
// bits are those of NumPy and of every instruction set, whatever rows stand beside it.
template <int N>
UNFUSED void along(const double* block, const double* directions, std::int64_t d, std::int64_t wide,
                   std::int64_t n_wide, double* to) {
    UNFUSED_BODY
    vector sum[N][VECTORS];
    for (int r = 0; r < N; ++r)
        for (int v = 0; v < VECTORS; ++v) sum[r][v] = load(directions + v * L) * block[r * wide];
    for (std::int64_t j = 1; j < d; ++j) {
        vector w[VECTORS];
        for (int v = 0; v < VECTORS; ++v) w[v] = load(directions + j * n_wide + v * L);
        for (int r = 0; r < N; ++r)
            for (int v = 0; v < VECTORS; ++v) sum[r][v] += w[v] * block[r * wide + j];
    }
    for (int r = 0; r < N; ++r)
        for (int v = 0; v < VECTORS; ++v) store(to + r * WIDE + v * L, sum[r][v]);
}

}  // namespace

// Sums (d,) of columns less `origin`, and products (d, d) of those.
ENGINE_EXPORT std::int64_t KERNEL(covariance_products_f32)(const float* rows, const double* origin,
                                                           std::int64_t n, std::int64_t d,
                                                           double* sums, double* products) {
    const std::int64_t wide = padded(d, SIDE), panels = wide / L;
    const std::int64_t size = panels * PANEL + wide * wide + wide;
    Room<double> room(size);
    if (!room.data()) return NO_MEMORY;
    std::memset(room.data(), 0, size * sizeof(double));
    double *block = room.data(), *own = block + panels * PANEL, *total = own + wide * wide;
    const std::int64_t tiles = wide * (panels + 1) / (2 * SIDE * MOST) + 1;  // no more than are
    for (std::int64_t start = 0; start < n; start += BLOCK) {
        const std::int64_t left = n - start, m = left < BLOCK ? left : BLOCK;
        const float* from = rows + start * d;
        std::int64_t i = 0;
        for (; i + TOGETHER <= m; i += TOGETHER)
            centre_panels<TOGETHER>(from + i * d, origin, d, block + i * L, total);
        for (; i < m; ++i) centre_panels<1>(from + i * d, origin, d, block + i * L, total);
        const std::int64_t after = left - m < BLOCK ? left - m : BLOCK;
        add_tiles(block, m, wide, d, Ahead(from + m * d, after * d, tiles), own);
    }
    for (std::int64_t i = 0; i < d; ++i) {
        sums[i] = total[i];
        for (std::int64_t j = i; j < d; ++j)
            products[i * d + j] = products[j * d + i] = own[i * wide + j];
    }
    return 0;
}

// Rows less `mean` along c directions, which lie by column: (d, c) in, (n, c) out in float32.
ENGINE_EXPORT std::int64_t KERNEL(covariance_project_f32)(const float* rows, const double* mean,
                                                          const double* directions,
                                                          std::int64_t n, std::int64_t d,
                                                          std::int64_t c, float* to) {
    const std::int64_t wide = padded(d, L), n_wide = padded(c, WIDE);
    Room<double> room(ROWS * wide + d * n_wide + ROWS * WIDE);
    if (!room.data()) return NO_MEMORY;
    double *block = room.data(), *turned = block + ROWS * wide, *tile = turned + d * n_wide;
    for (std::int64_t j = 0; j < d; ++j)
        for (std::int64_t k = 0; k < n_wide; ++k)
            turned[j * n_wide + k] = k < c ? directions[j * c + k] : 0.0;
    for (std::int64_t start = 0; start < n; start += ROWS) {
        const std::int64_t m = n - start < ROWS ? n - start : ROWS;
        centre(rows + start * d, mean, m, d, wide, block);
        for (std::int64_t k = 0; k < c; k += WIDE) {
            if (m == ROWS)
                along<ROWS>(block, turned + k, d, wide, n_wide, tile);
            else
                for (std::int64_t r = 0; r < m; ++r)
                    along<1>(block + r * wide, turned + k, d, wide, n_wide, tile + r * WIDE);
            const std::int64_t last = c - k < WIDE ? c - k : WIDE;
            for (std::int64_t r = 0; r < m; ++r)
                for (std::int64_t v = 0; v < last; ++v)
                    to[(start + r) * c + k + v] = static_cast<float>(tile[r * WIDE + v]);
        }
    }
    return 0;
}
