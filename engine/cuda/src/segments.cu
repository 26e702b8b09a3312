// Rows of float32 columns added up by a label that they have, in float64 and a fixed order.
//
// Rows are read once, 128 B of them at a time, and labels once for every 32 columns: n (4 d + 4 d / 32)
// bytes. Each row is two reads and writes of 256 B in shared memory for 128 B of global memory.

constexpr int AHEAD = 4;  // rows that are read before their sums are

// Add rows (n, d) up by labels (n,): a block has 32 columns and so many `segments` of its own, each
// of its eight warps those segments whose number ends in its own, and adds their rows in order.
// Of a block, by its first number: sums (k, d) and counts (k,).
extern "C" __global__ void __launch_bounds__(256) segment_sums(
    const float* __restrict__ rows, const int* __restrict__ labels,
    const double* __restrict__ weights, long long n, int d, int k, int segments,
    long long rows_of_block, double* sums_of, double* counts_of) {
    extern __shared__ double memory[];
    double* const sums = memory;
    double* const counts = memory + segments * 32;
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    const int column = blockIdx.y * 32 + lane, first = blockIdx.z * segments;
    for (int i = threadIdx.x; i < segments * 33; i += blockDim.x) memory[i] = 0;
    __syncthreads();
    const long long start = blockIdx.x * rows_of_block;
    const long long stop = min(start + rows_of_block, n);
    for (long long base = start; base < stop; base += 32) {
        const int label = base + lane < stop ? labels[base + lane] - first : -1;
        const bool mine = label >= 0 && label < segments && (label & 7) == warp;
        unsigned left = __ballot_sync(0xffffffffU, mine);
        while (left) {
            int from[AHEAD], to[AHEAD];
            double x[AHEAD], weight[AHEAD];
#pragma unroll
            for (int u = 0; u < AHEAD; ++u) {
                from[u] = left ? __ffs(static_cast<int>(left)) - 1 : -1;
                left &= left - 1;
                to[u] = __shfl_sync(0xffffffffU, label, from[u] & 31);
                if (from[u] < 0) continue;
                const long long row = base + from[u];
                x[u] = column < d ? static_cast<double>(rows[row * d + column]) : 0.0;
                weight[u] = weights ? weights[row] : 1.0;
            }
#pragma unroll
            for (int u = 0; u < AHEAD; ++u) {
                if (from[u] < 0) continue;
                sums[to[u] * 32 + lane] += weights ? __dmul_rn(x[u], weight[u]) : x[u];
                if (lane == 0) counts[to[u]] += weight[u];
            }
        }
    }
    __syncthreads();
    double* const total = sums_of + static_cast<long long>(blockIdx.x) * k * d;
    for (int c = warp; c < segments && first + c < k; c += 8)
        if (column < d) total[static_cast<long long>(first + c) * d + column] = sums[c * 32 + lane];
    if (blockIdx.y == 0)
        for (int c = threadIdx.x; c < segments && first + c < k; c += blockDim.x)
            counts_of[static_cast<long long>(blockIdx.x) * k + first + c] = counts[c];
}
