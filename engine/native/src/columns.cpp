// A column of numbers added up by segment: how many are known, their sums, and the squares of all.
#include "simd.hpp"

namespace {

constexpr int U = 4;                 // tables that are filled in turn: equal labels do not wait
constexpr std::int64_t BLOCK = 512;  // numbers that are looked through at a time

template <typename T> inline bool unknown(T value) {
    const double wide = static_cast<double>(value);
    return !(wide - wide == 0);  // NaN, or infinite
}

template <typename T>
std::int64_t summed(const T* values, const std::int32_t* labels, double shift, std::int64_t n,
                    std::int64_t k, double* sums, double* counts, double* squares) {
    Room<double> room(static_cast<std::size_t>(2 * U * k));
    if (!room.data()) return NO_MEMORY;
    std::memset(room.data(), 0, static_cast<std::size_t>(2 * U * k) * sizeof(double));
    double *sum = room.data(), *missing = sum + U * k;
    double total[U] = {};
    bool any = false;
    for (std::int64_t start = 0; start < n; start += BLOCK) {
        const std::int64_t stop = n - start < BLOCK ? n : start + BLOCK;
        int holes = 0;
        if (static_cast<T>(0.5) != 0)  // whole numbers are all known
            for (std::int64_t i = start; i < stop; ++i) holes |= unknown(values[i]);
        any = any || holes;
        if (holes) {
            for (std::int64_t i = start; i < stop; ++i) {
                const int u = static_cast<int>(i % U);
                const bool hole = unknown(values[i]);
                const double apart = hole ? 0.0 : static_cast<double>(values[i]) - shift;
                sum[labels[i] * U + u] += apart;
                missing[labels[i] * U + u] += hole;
                total[u] += apart * apart;
            }
            continue;
        }
        std::int64_t i = start;
        for (; i + U <= stop; i += U)
            for (int u = 0; u < U; ++u) {
                const double apart = static_cast<double>(values[i + u]) - shift;
                sum[labels[i + u] * U + u] += apart;
                total[u] += apart * apart;
            }
        for (int u = 0; i < stop; ++i, ++u) {
            const double apart = static_cast<double>(values[i]) - shift;
            sum[labels[i] * U + u] += apart;
            total[u] += apart * apart;
        }
    }
    for (std::int64_t s = 0; s < k; ++s)
        for (int u = 0; u < U; ++u) {
            sums[s] += sum[s * U + u];
            if (any) counts[s] -= missing[s * U + u];
        }
    for (int u = 0; u < U; ++u) *squares += total[u];
    return 0;
}

}  // namespace

// Add to `sums` (k,) what is known of a column, less the shift, take from `counts` (k,) how many are
// not, and add the squares to `squares`.
#define COLUMN(name, T)                                                                          \
    ENGINE_EXPORT std::int64_t KERNEL(name)(const T* values, const std::int32_t* labels,         \
                                            double shift, std::int64_t n, std::int64_t k,        \
                                            double* sums, double* counts, double* squares) {     \
        return summed(values, labels, shift, n, k, sums, counts, squares);                       \
    }

COLUMN(column_sums_f64, double)
COLUMN(column_sums_f32, float)
COLUMN(column_sums_i64, std::int64_t)
COLUMN(column_sums_i32, std::int32_t)
