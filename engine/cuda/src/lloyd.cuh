// What passes over rows of d float32 columns share: loads of a tile, the nearest two scores of a
// row, and float64 where they are within rounding.

__device__ __forceinline__ float infinity() { return __int_as_float(0x7f800000); }

// A tile's rows lie `stride` floats apart, an odd number of fours: threads that read a row each do
// it by fours without two of a quarter warp meeting in a bank. BATCH loads of a thread are under way
// together; if ALWAYS, also those beyond the end, of what is last there: what is loaded by a
// condition keeps its registers from one tile to the next.
template <int BATCH, bool ALWAYS>
__device__ void load_fours(const float* __restrict__ from, int rows, int d, int stride,
                           float* tile) {
    const float4* source = reinterpret_cast<const float4*>(from);
    const int fours = d / 4, total = rows * fours, T = blockDim.x;
    const int step = T / fours, rest = T % fours;
    int row = threadIdx.x / fours, column = threadIdx.x % fours;
    for (int base = threadIdx.x; base < total; base += BATCH * T) {
        float4 held[BATCH];
#pragma unroll
        for (int u = 0; u < BATCH; ++u) {
            const int at = ALWAYS ? min(base + u * T, total - 1) : base + u * T;
            if (ALWAYS || at < total) held[u] = source[at];
        }
#pragma unroll
        for (int u = 0; u < BATCH; ++u) {
            if (base + u * T < total)
                *reinterpret_cast<float4*>(tile + row * stride + 4 * column) = held[u];
            row += step, column += rest;
            if (column >= fours) column -= fours, ++row;
        }
    }
}

template <int BATCH, bool ALWAYS>
__device__ void load_plain(const float* __restrict__ from, int rows, int d, int stride,
                           float* tile) {
    const int total = rows * d, T = blockDim.x, step = T / d, rest = T % d;
    int row = threadIdx.x / d, column = threadIdx.x % d;
    for (int base = threadIdx.x; base < total; base += BATCH * T) {
        float held[BATCH];
#pragma unroll
        for (int u = 0; u < BATCH; ++u) {
            const int at = ALWAYS ? min(base + u * T, total - 1) : base + u * T;
            if (ALWAYS || at < total) held[u] = from[at];
        }
#pragma unroll
        for (int u = 0; u < BATCH; ++u) {
            if (base + u * T < total) tile[row * stride + column] = held[u];
            row += step, column += rest;
            if (column >= d) column -= d, ++row;
        }
    }
}

__device__ void copy_fours(const float* __restrict__ from, int n, float* to) {
    for (int i = threadIdx.x; i < n / 4; i += blockDim.x)
        reinterpret_cast<float4*>(to)[i] = reinterpret_cast<const float4*>(from)[i];
}

// Squared distance in float64, from differences, rounded after each step as NumPy does.
__device__ double squared(const float* row, const double* __restrict__ point, int d) {
    double total = 0;
    for (int j = 0; j < d; ++j) {
        const double apart = static_cast<double>(row[j]) - point[j];
        total = __dadd_rn(total, __dmul_rn(apart, apart));
    }
    return total;
}

// The nearest in float64, the first of equals, by the lanes of a warp together; the first of all
// where the row holds a NaN.
__device__ int decided(const float* row, const double* __restrict__ points, int d, int k) {
    constexpr unsigned ALL = 0xffffffffU;
    double least = __longlong_as_double(0x7ff0000000000000LL);
    int nearest = 0x7fffffff;
    for (int c = threadIdx.x % 32; c < k; c += 32) {
        const double here = squared(row, points + static_cast<long long>(c) * d, d);
        if (here < least) least = here, nearest = c;
    }
    for (int by = 16; by; by /= 2) {
        const double other = __shfl_xor_sync(ALL, least, by);
        const int number = __shfl_xor_sync(ALL, nearest, by);
        if (other < least || (other == least && number < nearest)) least = other, nearest = number;
    }
    return nearest < k ? nearest : 0;
}

// A row's nearest and second nearest score so far.
struct Best {
    float best = infinity(), second = infinity();
    int label = 0;

    __device__ __forceinline__ void see(float score, int number) {
        second = fminf(second, fmaxf(best, score));
        label = score < best ? number : label;
        best = fminf(best, score);
    }

    // Take in what was found among other points. Of equals either is as good: float64 decides.
    __device__ __forceinline__ void meet(const Best& other) {
        second = fminf(fminf(second, other.second), fmaxf(best, other.best));
        label = other.best < best ? other.label : label;
        best = fminf(best, other.best);
    }
};

// Whether two scores are clearly apart: else a row is decided in float64. "Not clearly farther", so
// that a NaN or an overflow is as well. The first bound is no less than the second, and no root.
__device__ __forceinline__ bool unsure(const Best& found, float size, float each, float rest,
                                       double norm, double share, double least) {
    if (found.second - found.best > __fmaf_rn(each, size, rest)) return false;
    const double apart = static_cast<double>(found.second) - static_cast<double>(found.best);
    return !(apart > share * norm * (2 * sqrt(static_cast<double>(size)) + norm) + least);
}
