// Sums and products of centred columns, and rows along directions: float32 in, float64 inside.
#include "simd.hpp"

namespace {

constexpr int L = Simd<double>::lanes;
using vector = Simd<double>::vector;
typedef float narrow __attribute__((vector_size(4 * L)));
typedef float loose_narrow __attribute__((vector_size(4 * L), aligned(4), may_alias));

constexpr int ROWS = 4, VECTORS = 2, WIDE = VECTORS * L;  // a tile of products, in registers
constexpr std::int64_t BLOCK = 1 << 11;                   // numbers of a block: half a first cache
constexpr std::int64_t AHEAD = 1 << 10;                   // numbers that are asked for ahead

inline vector widened(const float* from) {
    return __builtin_convertvector(*reinterpret_cast<const loose_narrow*>(from), vector);
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

void add_columns(const double* block, std::int64_t n, std::int64_t wide, double* sums) {
    for (std::int64_t j = 0; j < wide; j += L) {
        vector even{}, odd{};
        std::int64_t i = 0;
        for (; i + 2 <= n; i += 2) {
            even += load(block + i * wide + j);
            odd += load(block + (i + 1) * wide + j);
        }
        if (i < n) even += load(block + i * wide + j);
        add(sums + j, even + odd);
    }
}

// Products of columns [i, i + ROWS) with V vectors of columns from j on, over the rows of a block.
template <int V>
void add_tile(const double* block, std::int64_t n, std::int64_t wide, std::int64_t i,
              std::int64_t j, double* products) {
    vector sum[ROWS][V] = {};
    const double *left = block + i, *right = block + j;
    for (std::int64_t row = 0; row < n; ++row, left += wide, right += wide) {
        vector x[V];
        for (int v = 0; v < V; ++v) x[v] = load(right + v * L);
        for (int r = 0; r < ROWS; ++r)
            for (int v = 0; v < V; ++v) sum[r][v] += x[v] * left[r];
    }
    for (int r = 0; r < ROWS; ++r)
        for (int v = 0; v < V; ++v) add(products + (i + r) * wide + j + v * L, sum[r][v]);
}

// The same with all columns that do not lie left of i: twos and threes, as many as registers hold.
void add_tiles(const double* block, std::int64_t n, std::int64_t wide, std::int64_t d,
               std::int64_t i, double* products) {
    std::int64_t j = i / L * L;
    while (j < d) {
        const std::int64_t left = (d - j + L - 1) / L;
        const std::int64_t now = left == 4 ? 2 : left < 3 ? left : 3;
        if (now == 1) add_tile<1>(block, n, wide, i, j, products);
        if (now == 2) add_tile<2>(block, n, wide, i, j, products);
        if (now == 3) add_tile<3>(block, n, wide, i, j, products);
        j += now * L;
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
    const std::int64_t wide = padded(d, L > ROWS ? L : ROWS);
    const std::int64_t block_rows = BLOCK / wide < 32 ? 32 : BLOCK / wide;
    const std::int64_t size = block_rows * wide + wide * wide + wide;
    Room<double> room(size);
    if (!room.data()) return NO_MEMORY;
    std::memset(room.data(), 0, size * sizeof(double));
    double *block = room.data(), *own = block + block_rows * wide, *total = own + wide * wide;
    for (std::int64_t start = 0; start < n; start += block_rows) {
        const std::int64_t m = n - start < block_rows ? n - start : block_rows;
        centre(rows + start * d, origin, m, d, wide, block);
        add_columns(block, m, wide, total);
        for (std::int64_t i = 0; i < d; i += ROWS) add_tiles(block, m, wide, d, i, own);
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
