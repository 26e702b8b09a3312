// The nearest of k points for rows of d float32 columns, and the rows added up by it in the same
// reading.
//
// What an H200 has for 100 million x 16, k = 8: 64 B a row at 4.8 TB/s are 3.1 cycles of each of its
// 132 SMs at 1.75 GHz. A row costs k d = 128 fused multiply-adds (1 cycle), of shared memory 64 B
// written, 64 B read by its thread, 64 B by owners of sums, 256 B of their sums read and written, and
// 32 B of centres as a warp of two rows a lane shares them: 480 B (3.8 cycles at 128 B), and 16
// additions and conversions in float64 (1.3). So shared memory bounds it, near four fifths of the
// memory's speed. At k d beyond 500 the multiply-adds do: 128 a cycle.

// What a compilation is for; see `pass`.
#ifndef GROUP
#define GROUP 8
#endif
#ifndef SUMS
#define SUMS 1
#endif
#ifndef WEIGHTED
#define WEIGHTED 0
#endif
#ifndef INERTIA
#define INERTIA 0
#endif

#include "lloyd.cuh"

constexpr int ROWS = 2;   // of a thread
constexpr int BATCH = GROUP == 8 ? 8 : 4;  // loads of a thread that are under way together
constexpr int AHEAD = 4;  // rows whose values are read before their sums are

// Compare a thread's rows, which lie `apart`, with groups of G points: scores are |p|^2 - 2 p x, inside the shift.
template <int G>
__device__ __forceinline__ void compare(const float* row, int apart, const float* shift,
                                        const float* centres, const float* squares, int width,
                                        int groups, int first, Best (&found)[ROWS],
                                        float (&size)[ROWS]) {
    for (int g = 0; g < groups; ++g) {
        float score[ROWS][G];
#pragma unroll
        for (int c = 0; c < G; ++c)
#pragma unroll
            for (int r = 0; r < ROWS; ++r) score[r][c] = squares[g * G + c];
        const bool sized = first + g == 0;
        const float* centre = centres + g * width * G;
        for (int j = 0; j < width; j += 4, centre += 4 * G) {
            const float4 from = *reinterpret_cast<const float4*>(shift + j);
            float x[ROWS][4];
#pragma unroll
            for (int r = 0; r < ROWS; ++r) {
                const float4 value = *reinterpret_cast<const float4*>(row + r * apart + j);
                x[r][0] = __fsub_rn(value.x, from.x), x[r][1] = __fsub_rn(value.y, from.y);
                x[r][2] = __fsub_rn(value.z, from.z), x[r][3] = __fsub_rn(value.w, from.w);
                if (sized)
#pragma unroll
                    for (int q = 0; q < 4; ++q) size[r] = __fmaf_rn(x[r][q], x[r][q], size[r]);
            }
#pragma unroll
            for (int q = 0; q < 4; ++q)
#pragma unroll
                for (int c = 0; c < G; c += 4) {
                    const float4 p = *reinterpret_cast<const float4*>(centre + q * G + c);
#pragma unroll
                    for (int r = 0; r < ROWS; ++r) {
                        score[r][c] = __fmaf_rn(x[r][q], p.x, score[r][c]);
                        score[r][c + 1] = __fmaf_rn(x[r][q], p.y, score[r][c + 1]);
                        score[r][c + 2] = __fmaf_rn(x[r][q], p.z, score[r][c + 2]);
                        score[r][c + 3] = __fmaf_rn(x[r][q], p.w, score[r][c + 3]);
                    }
                }
        }
#pragma unroll
        for (int c = 0; c < G; ++c)
#pragma unroll
            for (int r = 0; r < ROWS; ++r) found[r].see(score[r][c], (first + g) * G + c);
    }
}

// Add a tile's rows to the sums of its block. Each thread owns a column of a copy of the sums, of
// those segments whose number ends in its part, and adds its rows in their order: the same bits at
// every run.
__device__ void add_rows(const float* tile, const int* labels, const double* __restrict__ weights,
                         int rows, int d, int k, int stride, int copies, int parts, double* sums) {
    const int owners = copies * parts, T = blockDim.x;
    const int owner = d < T ? threadIdx.x / d : 0;
    if (owner >= owners) return;
    const int copy = owner % copies, part = owner / copies;
    for (int j = threadIdx.x - owner * d; j < d; j += T) {
        double* own = sums + copy * k * d + j;
        for (int base = copy; base < rows; base += AHEAD * copies) {
            int to[AHEAD];
            double x[AHEAD];
#pragma unroll
            for (int u = 0; u < AHEAD; ++u) {
                const int r = base + u * copies;
                to[u] = r < rows ? labels[r] : -1;
                x[u] = r < rows ? static_cast<double>(tile[r * stride + j]) : 0.0;
                if (WEIGHTED && r < rows) x[u] = __dmul_rn(x[u], weights[r]);
            }
#pragma unroll
            for (int u = 0; u < AHEAD; ++u)
                if (to[u] >= 0 && (to[u] & (parts - 1)) == part) own[to[u] * d] += x[u];
        }
        if (d < T) break;
    }
}

// What segments weigh: a thread owns a segment.
__device__ void add_weights(const int* labels, const double* __restrict__ weights, int rows, int k,
                            double* weighed) {
    for (int c = threadIdx.x; c < k; c += blockDim.x) {
        double total = weighed[c];
        for (int r = 0; r < rows; ++r)
            if (labels[r] == c) total += weights[r];
        weighed[c] = total;
    }
}

// Label rows, and where SUMS is defined as 1 add them up by their label.
//
// rows (n, d), at addresses of 16 bytes and d % 4 == 0 where `fours`; centres (groups, width, G):
// points less the shift, times -2, zero beyond d columns; squares (groups, G): infinite beyond k
// points; points (k, d). A row whose two best scores differ by no more than their rounding, which is
// at most share * norm * (2 |x| + norm) + least and by no root each * |x|^2 + rest, is decided in
// float64. Of a block, by its number: sums (k, d), counts (k,) and, if INERTIA is 1, inertia.
template <int G>
__device__ void pass(const float* __restrict__ rows, long long n, int d, int k, int width,
                     int stride, int fours, const float* __restrict__ shift_of,
                     const float* __restrict__ centres_of, const float* __restrict__ squares_of,
                     const double* __restrict__ points, double norm, double share, double least,
                     float each, float rest, const int* __restrict__ names, int* labels_of,
                     const double* __restrict__ weights, double* sums_of, double* counts_of,
                     double* inertia_of, long long rows_of_block, int held, int copies,
                     int parts) {
    extern __shared__ double memory[];
    const int T = blockDim.x, most = ROWS * T, groups = (k + G - 1) / G;
    double* const sums = memory;
    double* const weighed = sums + (SUMS ? copies * k * d : 0);
    double* const own = weighed + (SUMS && WEIGHTED ? k : 0);
    const int wide = static_cast<int>(own - memory) + (INERTIA ? T : 0);
    float* const centres = reinterpret_cast<float*>(memory + wide + wide % 2);
    float* const squares = centres + held * width * G;
    float* const shift = squares + held * G;
    float* const tile = shift + width;
    int* const labels = reinterpret_cast<int*>(tile + most * stride);
    unsigned* const counts = reinterpret_cast<unsigned*>(labels + most);

    for (int i = threadIdx.x; i < wide; i += T) memory[i] = 0;
    if (SUMS)
        for (int c = threadIdx.x; c < k; c += T) counts[c] = 0;
    for (int i = threadIdx.x; i < most * (width - d); i += T)  // what no row writes
        tile[i / (width - d) * stride + d + i % (width - d)] = 0;
    copy_fours(shift_of, width, shift);
    if (held >= groups) {
        copy_fours(centres_of, groups * width * G, centres);
        copy_fours(squares_of, groups * G, squares);
    }
    double inertia = 0;
    const long long start = blockIdx.x * rows_of_block;
    const long long stop = min(start + rows_of_block, n);
    for (long long first = start; first < stop; first += most) {
        const int m = static_cast<int>(min(static_cast<long long>(most), stop - first));
        __syncthreads();  // the tile before is done with
        if (fours)
            load_fours<BATCH, false>(rows + first * d, m, d, stride, tile);
        else
            load_plain<BATCH, false>(rows + first * d, m, d, stride, tile);
        Best found[ROWS];
        float size[ROWS] = {};
        const float* const row = tile + threadIdx.x * stride;
        for (int g = 0; g < groups; g += held) {
            const int some = min(held, groups - g);
            if (held < groups) {
                if (g) __syncthreads();
                copy_fours(centres_of + static_cast<long long>(g) * width * G, some * width * G,
                           centres);
                copy_fours(squares_of + g * G, some * G, squares);
            }
            __syncthreads();
            compare<G>(row, T * stride, shift, centres, squares, width, some, g, found, size);
        }
#pragma unroll
        for (int r = 0; r < ROWS; ++r) {
            const int i = threadIdx.x + r * T, lane = threadIdx.x % 32;
            int label = found[r].label;
            unsigned left = __ballot_sync(
                0xffffffffU, i < m && unsure(found[r], size[r], each, rest, norm, share, least));
            for (; left; left &= left - 1) {
                const int other = __ffs(static_cast<int>(left)) - 1;
                const int nearest = decided(tile + (i - lane + other) * stride, points, d, k);
                if (lane == other) label = nearest;
            }
            if (i >= m) continue;
            if (labels_of) labels_of[first + i] = names ? names[label] : label;
            if (!SUMS) continue;
            labels[i] = label;
            if (!WEIGHTED) atomicAdd(counts + label, 1U);
            if (INERTIA) {
                const double* point = points + static_cast<long long>(label) * d;
                const double here = squared(row + r * T * stride, point, d);
                inertia += WEIGHTED ? here * weights[first + i] : here;
            }
        }
        if (!SUMS) continue;
        __syncthreads();
        add_rows(tile, labels, weights + first, m, d, k, stride, copies, parts, sums);
        if (WEIGHTED) add_weights(labels, weights + first, m, k, weighed);
    }
    if (!SUMS) return;
    if (INERTIA) own[threadIdx.x] = inertia;
    __syncthreads();
    double* const total = sums_of + static_cast<long long>(blockIdx.x) * k * d;
    for (int e = threadIdx.x; e < k * d; e += T) {
        double sum = sums[e];
        for (int copy = 1; copy < copies; ++copy) sum += sums[copy * k * d + e];
        total[e] = sum;
    }
    for (int c = threadIdx.x; c < k; c += T)
        counts_of[static_cast<long long>(blockIdx.x) * k + c] =
            WEIGHTED ? weighed[c] : static_cast<double>(counts[c]);
    if (INERTIA && threadIdx.x == 0) {
        double sum = own[0];
        for (int t = 1; t < T; ++t) sum += own[t];
        inertia_of[blockIdx.x] = sum;
    }
}

extern "C" __global__ void __launch_bounds__(128) lloyd_pass(
    const float* rows, long long n, int d, int k, int width, int stride, int fours,
    const float* shift, const float* centres, const float* squares, const double* points,
    double norm, double share, double least, float each, float rest, const int* names, int* labels,
    const double* weights, double* sums, double* counts, double* inertia, long long rows_of_block,
    int held, int copies, int parts) {
    pass<GROUP>(rows, n, d, k, width, stride, fours, shift, centres, squares, points, norm, share,
                least, each, rest, names, labels, weights, sums, counts, inertia, rows_of_block,
                held, copies, parts);
}
